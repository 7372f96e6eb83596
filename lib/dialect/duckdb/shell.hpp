#pragma once
// DuckDB's side of `--sql`.

#include "dialect/shell.hpp"

namespace metaxy::migrate::duckdb {

const Shell& shell();

/// An ALTER whose record in the write-ahead log may not be replayable after a crash: DuckDB then no longer
/// opens the file (dialect facts: matrix, 5). Which ALTERs are safe depends on the table's other columns, so
/// all of them count.
bool is_risky_in_log(std::string_view sql);

}  // namespace metaxy::migrate::duckdb
