# Writes OUTPUT with the git revision of SOURCE_DIR ("" outside a checkout) and its date, and only where they changed.
execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --dirty --abbrev=12
                OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
execute_process(COMMAND git -C ${SOURCE_DIR} log -1 --format=%cs
                OUTPUT_VARIABLE date OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(DEFINED ENV{SOURCE_DATE_EPOCH} OR date STREQUAL "")
  string(TIMESTAMP date "%Y-%m-%d" UTC)  # SOURCE_DATE_EPOCH, else today
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#pragma once\n#define NORMRUN_REVISION \"${revision}\"\n#define NORMRUN_DATE \"${date}\"\n" @ONLY)
