# Finds DuckDB's C header, and the library that the program loads at run time. Nothing links against DuckDB: the driver
# opens it with dlopen when a DuckDB store is first used, because linking it costs milliseconds at every start.
#
# Looks in DUCKDB_ROOT (CMake variable or environment: an official C/C++ archive, flat or with lib/ and include/), else
# in the cache that scripts/setup fills from duckdb.pins.
#
# Gives
#   DuckDB::headers         include directory of duckdb.h, and MM_DUCKDB_INSTALL_DIR, the folder of libduckdb.so relative
#                           to the folder of the running executable: "../lib/metaxy-migrate". The driver tries that
#                           folder, then the system's usual library search. The build tree has the same shape (build/X/bin and
#                           build/X/lib/metaxy-migrate), so no path of the building machine is ever compiled in.
#   DuckDB::test_libraries  for tests only: MM_DUCKDB_LIBRARY and MM_DUCKDB_OLDEST_LIBRARY, absolute paths of the
#                           library that we ship and of the oldest one that must be able to read our files
#   DUCKDB_LIBRARY, DUCKDB_OLDEST_LIBRARY, DUCKDB_INCLUDE_DIR  cache variables
include(FindPackageHandleStandardArgs)

file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/duckdb.pins" _pins REGEX "^[^#]")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/duckdb.pins")

# Sets `result` to the folder in which scripts/setup keeps the DuckDB of this role for this machine.
function(_duckdb_cache_folder role result)
  set(home "$ENV{HOME}")
  if(NOT home)
    set(home /tmp)
  endif()
  set(cache "$ENV{XDG_CACHE_HOME}")
  if(NOT cache)
    set(cache "${home}/.cache")
  endif()
  set(${result} "" PARENT_SCOPE)
  foreach(line IN LISTS _pins)
    if(line MATCHES "^${role} +${CMAKE_HOST_SYSTEM_PROCESSOR} +([0-9.]+) ")
      set(${result} "${cache}/metaxy-migrate/duckdb-${CMAKE_MATCH_1}" PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

_duckdb_cache_folder(current _current)
_duckdb_cache_folder(oldest _oldest)
foreach(_variable DUCKDB_ROOT DUCKDB_OLDEST_ROOT)
  if(NOT ${_variable})
    set(${_variable} "$ENV{${_variable}}")
  endif()
endforeach()
if(DUCKDB_ROOT)
  set(_current "${DUCKDB_ROOT}")
endif()
if(DUCKDB_OLDEST_ROOT)
  set(_oldest "${DUCKDB_OLDEST_ROOT}")
endif()

# Another pin or another root is looked for again, in a build tree that has found the former one.
if(NOT "${_current};${_oldest}" STREQUAL "${DUCKDB_SEARCHED}")
  unset(DUCKDB_INCLUDE_DIR CACHE)
  unset(DUCKDB_LIBRARY CACHE)
  unset(DUCKDB_OLDEST_LIBRARY CACHE)
  set(DUCKDB_SEARCHED "${_current};${_oldest}" CACHE INTERNAL "Where DuckDB was looked for")
endif()
find_path(DUCKDB_INCLUDE_DIR duckdb.h PATHS "${_current}" PATH_SUFFIXES include NO_DEFAULT_PATH)
find_library(DUCKDB_LIBRARY duckdb PATHS "${_current}" PATH_SUFFIXES lib NO_DEFAULT_PATH)
find_library(DUCKDB_OLDEST_LIBRARY duckdb PATHS "${_oldest}" PATH_SUFFIXES lib NO_DEFAULT_PATH)
find_package_handle_standard_args(DuckDB
  REQUIRED_VARS DUCKDB_LIBRARY DUCKDB_INCLUDE_DIR DUCKDB_OLDEST_LIBRARY
  REASON_FAILURE_MESSAGE "run scripts/setup, or point DUCKDB_ROOT at a DuckDB C/C++ archive")

if(DuckDB_FOUND AND NOT TARGET DuckDB::headers)
  add_library(DuckDB::headers INTERFACE IMPORTED)
  target_include_directories(DuckDB::headers SYSTEM INTERFACE "${DUCKDB_INCLUDE_DIR}")
  target_compile_definitions(DuckDB::headers INTERFACE MM_DUCKDB_INSTALL_DIR="../lib/metaxy-migrate")
  target_link_libraries(DuckDB::headers INTERFACE ${CMAKE_DL_LIBS})

  add_library(DuckDB::test_libraries INTERFACE IMPORTED)
  target_compile_definitions(DuckDB::test_libraries INTERFACE
    MM_DUCKDB_LIBRARY="${DUCKDB_LIBRARY}" MM_DUCKDB_OLDEST_LIBRARY="${DUCKDB_OLDEST_LIBRARY}")

  # The build tree in the shape of an installation.
  file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/lib/metaxy-migrate")
  file(CREATE_LINK "${DUCKDB_LIBRARY}" "${CMAKE_BINARY_DIR}/lib/metaxy-migrate/libduckdb.so" SYMBOLIC)
endif()
mark_as_advanced(DUCKDB_INCLUDE_DIR DUCKDB_LIBRARY DUCKDB_OLDEST_LIBRARY)
