#pragma once
// libduckdb as this program uses it: opened with dlopen when a DuckDB store is first connected to, because
// linking it costs milliseconds at every start (decision 18). Includes the vendor's header: only the driver's
// .cpp files may include this one.

#include <duckdb.h>

#include <string>

namespace metaxy::migrate::duckdb {

/// The functions of libduckdb that the driver calls, under their own names without `duckdb_`.
struct Library {
#define MM_DUCKDB_FUNCTIONS(apply)                                                                      \
  apply(library_version) apply(create_config) apply(set_config) apply(destroy_config) apply(open_ext)   \
      apply(close) apply(connect) apply(disconnect) apply(interrupt) apply(query_progress) apply(query) \
          apply(destroy_result) apply(result_error) apply(column_count) apply(column_name)              \
              apply(column_type) apply(rows_changed) apply(prepare) apply(prepare_error)                \
                  apply(destroy_prepare) apply(nparams) apply(bind_varchar_length) apply(bind_null)     \
                      apply(execute_prepared) apply(prepared_statement_type)                            \
                          apply(prepared_statement_column_count) apply(prepared_statement_column_type)  \
                              apply(fetch_chunk) apply(destroy_data_chunk) apply(data_chunk_get_size)   \
                                  apply(data_chunk_get_vector) apply(vector_get_data)                   \
                                      apply(vector_get_validity) apply(free)
// NOLINTNEXTLINE(bugprone-macro-parentheses): a name that is declared cannot stand in parentheses
#define MM_DUCKDB_POINTER(function) decltype(&duckdb_##function) function = nullptr;
  MM_DUCKDB_FUNCTIONS(MM_DUCKDB_POINTER)
#undef MM_DUCKDB_POINTER

  /// Where it was found, for messages.
  std::string path;
  /// "1.5.6"
  std::string version;
};

/// The library, loaded at the first call and kept for good: DuckDB's threads outlive any caller. Searched for
/// in this order: the file named by METAXY_MIGRATE_DUCKDB_LIBRARY, the program's own library folder, the
/// system's search path. Throws Error(failure) naming every place that was tried.
const Library& library();

}  // namespace metaxy::migrate::duckdb
