# Every dependency is a Debian 12 package; scripts/packages.txt names them.
if(NORMRUN_SELF_CONTAINED)
  list(PREPEND CMAKE_FIND_LIBRARY_SUFFIXES .a)
  # Without --gc-sections, an unused function of libstdc++ asks for the arc4random of glibc 2.36.
  add_link_options(-static-libstdc++ -static-libgcc -Wl,--as-needed -Wl,--gc-sections)
endif()

find_package(fmt 9 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)
find_package(Eigen3 3.4 REQUIRED)

# Debian has no static libraries of these two, but they can be compiled into whatever includes them.
add_library(normrun_fmt INTERFACE)
add_library(normrun_spdlog INTERFACE)
if(NORMRUN_SELF_CONTAINED)
  target_link_libraries(normrun_fmt INTERFACE fmt::fmt-header-only)
  target_compile_definitions(normrun_spdlog INTERFACE SPDLOG_FMT_EXTERNAL)
  target_include_directories(normrun_spdlog SYSTEM INTERFACE
    $<TARGET_PROPERTY:spdlog::spdlog_header_only,INTERFACE_INCLUDE_DIRECTORIES>)
  target_link_libraries(normrun_spdlog INTERFACE normrun_fmt Threads::Threads)
else()
  target_link_libraries(normrun_fmt INTERFACE fmt::fmt)
  target_link_libraries(normrun_spdlog INTERFACE spdlog::spdlog)
endif()

# Highway, XXH, protozero and Random123 have no CMake package in Debian 12.
find_path(HIGHWAY_INCLUDE_DIR hwy/highway.h REQUIRED)
find_library(HIGHWAY_LIBRARY hwy REQUIRED)
add_library(normrun_highway INTERFACE)
target_include_directories(normrun_highway SYSTEM INTERFACE ${HIGHWAY_INCLUDE_DIR})
target_link_libraries(normrun_highway INTERFACE ${HIGHWAY_LIBRARY})

find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
find_library(XXHASH_LIBRARY xxhash REQUIRED)
add_library(normrun_xxhash INTERFACE)
target_include_directories(normrun_xxhash SYSTEM INTERFACE ${XXHASH_INCLUDE_DIR})
target_link_libraries(normrun_xxhash INTERFACE ${XXHASH_LIBRARY})

find_path(PROTOZERO_INCLUDE_DIR protozero/pbf_reader.hpp REQUIRED)
add_library(normrun_protozero INTERFACE)
target_include_directories(normrun_protozero SYSTEM INTERFACE ${PROTOZERO_INCLUDE_DIR})

find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
add_library(normrun_random123 INTERFACE)
target_include_directories(normrun_random123 SYSTEM INTERFACE ${RANDOM123_INCLUDE_DIR})

if(NORMRUN_BUILD_TESTS)
  find_package(doctest REQUIRED)
endif()
