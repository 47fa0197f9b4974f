# Writes OUTPUT with the git revision of SOURCE_DIR ("" outside a checkout), and only where it changed.
execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --dirty --abbrev=12
                OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#pragma once\n#define NORMRUN_REVISION \"${revision}\"\n" @ONLY)
