# How our own targets are made: mm_library, mm_executable, mm_test, mm_fuzzer.
include(GoogleTest)

add_library(mm_warnings INTERFACE)
target_compile_options(mm_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)

# A build from nothing spends most of its time on headers, so it compiles them less often: several sources of a target as
# one, and before all sources the headers that most of them include. Names in anonymous namespaces must differ within a
# target for this (scripts/check_names.py).
set(MM_SOURCES_AT_ONCE 8 CACHE STRING "How many sources of a target MM_BUILD_ONCE compiles as one; 0: all of them")

# The headers that most sources include, compiled once for libraries (-fPIC) and once for tests (-fPIE). A source includes
# what it uses all the same: builds without this option, and clang-tidy, do not see these.
if(MM_BUILD_ONCE)
  file(WRITE "${CMAKE_BINARY_DIR}/precompiled/empty.cpp" "")
  file(WRITE "${CMAKE_BINARY_DIR}/precompiled/main.cpp" "int main() {}\n")
  set(common <algorithm> <array> <chrono> <cstdint> <filesystem> <functional> <map> <memory> <optional> <set> <span> <sstream>
    <string> <string_view> <utility> <variant> <vector> <fmt/format.h>)
  add_library(mm_precompiled STATIC "${CMAKE_BINARY_DIR}/precompiled/empty.cpp")
  target_link_libraries(mm_precompiled PRIVATE mm_warnings)  # -Wpedantic changes what a header sees
  target_precompile_headers(mm_precompiled PRIVATE ${common})
  add_executable(mm_precompiled_tests EXCLUDE_FROM_ALL "${CMAKE_BINARY_DIR}/precompiled/main.cpp")
  if(BUILD_TESTING)
    target_link_libraries(mm_precompiled_tests PRIVATE mm_warnings GTest::gmock)
    target_precompile_headers(mm_precompiled_tests PRIVATE ${common} <gmock/gmock.h>)
    # Tests run once: what they spend in the libraries is optimised, they are not.
    target_compile_options(mm_precompiled_tests PRIVATE -O0)
  endif()
endif()

# mm_build_once(<target> [<target whose precompiled headers it uses>])
function(mm_build_once target)
  if(MM_BUILD_ONCE)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${MM_SOURCES_AT_ONCE})
    if(ARGN)
      target_precompile_headers(${target} REUSE_FROM ${ARGN})
    endif()
  endif()
endfunction()

# mm_library(<target> <sources...>): a static library of lib/. Includes are written from lib/ ("base/error.hpp").
function(mm_library target)
  add_library(${target} STATIC ${ARGN})
  target_include_directories(${target} PUBLIC "${PROJECT_SOURCE_DIR}/lib")
  target_link_libraries(${target} PRIVATE mm_warnings)
  mm_build_once(${target} mm_precompiled)
endfunction()

# mm_executable(<target> <sources...>)
function(mm_executable target)
  add_executable(${target} ${ARGN})
  target_link_libraries(${target} PRIVATE mm_warnings)
  mm_build_once(${target})
endfunction()

# mm_test(<target> SOURCES <...> LIBRARIES <...> [LABELS <...>] [TIMEOUT <seconds>] [FIXTURE <name>]): a GoogleTest
# program; each of its tests becomes a ctest test called <target>.<Subject>.<Claim>, which needs that fixture. Includes may
# also be written from tests/.
function(mm_test target)
  cmake_parse_arguments(arg "" "TIMEOUT;FIXTURE" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  mm_executable(${target} ${arg_SOURCES})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/lib" "${PROJECT_SOURCE_DIR}/tests")
  target_link_libraries(${target} PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main)
  mm_build_once(${target} mm_precompiled_tests)
  if(MM_BUILD_ONCE)
    target_compile_options(${target} PRIVATE -O0)
  endif()
  set(fixture)
  if(arg_FIXTURE)
    set(fixture FIXTURES_REQUIRED ${arg_FIXTURE})
  endif()
  # Discovery when ctest starts, not while building: a test program that cannot start fails as a test.
  gtest_discover_tests(${target} TEST_PREFIX "${target}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    TEST_LIST ${target}_tests PROPERTIES TIMEOUT ${arg_TIMEOUT} ${fixture})
  if(arg_LABELS)
    # gtest_discover_tests passes a list of labels on as its first element only.
    set(script "${CMAKE_CURRENT_BINARY_DIR}/${target}_labels.cmake")
    file(CONFIGURE OUTPUT "${script}" CONTENT
      "if(${target}_tests)\n  set_tests_properties(\${${target}_tests} PROPERTIES LABELS \"@arg_LABELS@\")\nendif()\n" @ONLY)
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${script}")
  endif()
endfunction()

# mm_fuzzer(<target> SOURCES <...> LIBRARIES <...> CORPUS <folder>): a libFuzzer program and a test that replays the
# corpus, then fuzzes for MM_FUZZ_SECONDS. Only with MM_FUZZ; `cmake --build --preset fuzz` builds these alone.
add_custom_target(fuzzers)
function(mm_fuzzer target)
  cmake_parse_arguments(arg "" "CORPUS" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT MM_FUZZ)
    return()
  endif()
  add_executable(${target} ${arg_SOURCES})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/lib")
  target_link_libraries(${target} PRIVATE mm_warnings ${arg_LIBRARIES})
  target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${target})
  set(findings "${CMAKE_CURRENT_BINARY_DIR}/${target}.findings")
  file(MAKE_DIRECTORY "${findings}")
  add_test(NAME fuzz.${target}.replay COMMAND ${target} -runs=0 -timeout=20 "${arg_CORPUS}")
  add_test(NAME fuzz.${target}.search
    COMMAND ${target} -max_total_time=${MM_FUZZ_SECONDS} -timeout=20 -rss_limit_mb=2048 -print_final_stats=1
            "-artifact_prefix=${findings}/" "${findings}" "${arg_CORPUS}")
  set_tests_properties(fuzz.${target}.replay fuzz.${target}.search PROPERTIES LABELS fuzz)
endfunction()
