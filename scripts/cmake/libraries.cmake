# The libraries that we use, as the targets that their own CMake files would give.
#
# Every shared library costs start-up time, and this program starts often (in CI, in completions). So all but mimalloc
# and the C and C++ run time are linked statically. Debian has static archives of SQLite, SQLiteCpp and libcrypto; fmt,
# spdlog and toml++ come as headers that can be compiled into an archive by one file each.
find_package(Threads REQUIRED)

set(OPENSSL_USE_STATIC_LIBS ON)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)

find_library(SQLite3_LIBRARY NAMES libsqlite3.a sqlite3)
find_package(SQLite3 3.38 REQUIRED)
find_package(SQLiteCpp REQUIRED)
target_link_libraries(SQLite::SQLite3 INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)

find_package(CLI11 2.1 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)

# mm_archive(<target> <package's own target name> <source>): an archive of what a header library can compile once.
function(mm_archive target alias source)
  add_library(${target} STATIC "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/${source}")
  add_library(${alias} ALIAS ${target})
endfunction()

find_path(MM_FMT_INCLUDE_DIR fmt/format-inl.h REQUIRED)
mm_archive(mm_fmt fmt::fmt archives/fmt.cpp)

find_path(MM_SPDLOG_INCLUDE_DIR spdlog/spdlog-inl.h REQUIRED)
mm_archive(mm_spdlog spdlog::spdlog archives/spdlog.cpp)
target_compile_definitions(mm_spdlog PUBLIC SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL)
target_link_libraries(mm_spdlog PUBLIC fmt::fmt Threads::Threads)

find_path(MM_TOML_INCLUDE_DIR toml++/toml.h REQUIRED)
mm_archive(mm_toml tomlplusplus::tomlplusplus archives/toml.cpp)
target_compile_definitions(mm_toml PUBLIC TOML_HEADER_ONLY=0)

# Debian has no archive of it. It costs less than a millisecond at the start and saves a fifth of a downgrade on DuckDB.
if(MM_MIMALLOC)
  find_package(mimalloc 2.0 REQUIRED)
endif()

# For the PostgreSQL module alone, which is loaded when it is needed: these may be shared.
find_package(PkgConfig REQUIRED)
pkg_check_modules(pqxx REQUIRED IMPORTED_TARGET libpqxx>=6.4)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq>=14)

list(APPEND CMAKE_MODULE_PATH "${PROJECT_SOURCE_DIR}/lib/dialect/duckdb")
find_package(DuckDB REQUIRED)

if(BUILD_TESTING)
  find_package(GTest 1.12 REQUIRED)
  find_package(rapidcheck REQUIRED)
endif()
