#pragma once
// Running one statement through DuckDB's C interface, and turning what it gives back into text. Includes the
// vendor's header through library.hpp: only the driver's .cpp files may include this one.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dialect/connection.hpp"
#include "dialect/duckdb/library.hpp"

namespace metaxy::migrate::duckdb {

/// Runs a statement and drops its rows; the number of rows it changed. Throws StatementFailed.
std::int64_t run_statement(const Library& library, duckdb_connection connection, std::string_view sql,
                           std::span<const Cell> parameters);

/// All rows as text, as DuckDB itself casts values to VARCHAR. Throws StatementFailed, also for a statement
/// that is no SELECT and gives columns of other types than text, booleans and integers: those it cannot cast.
std::vector<Row> rows_of(const Library& library, duckdb_connection connection, std::string_view sql,
                         std::span<const Cell> parameters);

/// Why DuckDB does not prepare the statement, in its words; empty: it does.
std::string why_not_prepared(const Library& library, duckdb_connection connection, std::string_view sql);

}  // namespace metaxy::migrate::duckdb
