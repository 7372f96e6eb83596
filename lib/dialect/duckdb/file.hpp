#pragma once
// What can be done to a DuckDB database as a file: copying it while it is open, and healing one that no
// longer opens.

#include "dialect/dialect.hpp"

namespace metaxy::migrate::duckdb {

const FileDatabase& files();

}  // namespace metaxy::migrate::duckdb
