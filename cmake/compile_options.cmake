# Warnings are errors of ours, never of a dependency (SYSTEM includes).  Results are the same bits everywhere: no fast-math
# and no contraction of a*b+c that the code does not ask for.
add_library(normrun_options INTERFACE)
target_compile_options(normrun_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wpedantic -ffp-contract=off -fno-math-errno)
if(NORMRUN_SANITIZE)
  target_compile_options(normrun_options INTERFACE -fsanitize=${NORMRUN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(normrun_options INTERFACE -fsanitize=${NORMRUN_SANITIZE})
endif()
if(NORMRUN_BUILD_FUZZERS)
  target_compile_options(normrun_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

# one_unit_per_folder(TARGET): where CMAKE_UNITY_BUILD is on (presets release, clang, bench), all files of a folder are one translation unit, so
# that headers are read once.  The names in a folder's unnamed namespaces must therefore differ.
function(one_unit_per_folder target)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    get_filename_component(folder ${source} DIRECTORY)
    string(MAKE_C_IDENTIFIER "${folder}" group)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP "${target}${group}")
  endforeach()
  set_target_properties(${target} PROPERTIES
    UNITY_BUILD_MODE GROUP UNITY_BUILD_CODE_BEFORE_INCLUDE "// NOLINTNEXTLINE(bugprone-suspicious-include)")
endfunction()

# normrun_library(NAME SOURCES… DEPENDS …): one static library per folder of lib.
function(normrun_library name)
  cmake_parse_arguments(LIBRARY "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(${name} STATIC ${LIBRARY_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/lib)
  target_link_libraries(${name} PUBLIC ${LIBRARY_DEPENDS} PRIVATE normrun_options ${LIBRARY_PRIVATE_DEPENDS})
  one_unit_per_folder(${name})
endfunction()

# normrun_test(NAME SOURCES… DEPENDS …): one doctest executable, one ctest entry, label unit.  The target unit_tests builds all of them
# without the program.
function(normrun_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${TEST_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE NORMRUN_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE normrun_options normrun_doctest_main ${TEST_DEPENDS})
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS unit)
  if(NOT TARGET unit_tests)
    add_custom_target(unit_tests)
  endif()
  add_dependencies(unit_tests ${name})
endfunction()
