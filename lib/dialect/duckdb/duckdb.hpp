#pragma once
// The DuckDB dialect.

#include "dialect/dialect.hpp"

namespace metaxy::migrate {

/// Lives as long as the process; libduckdb is loaded by the first `connect` only.
const Dialect& duckdb_dialect();

}  // namespace metaxy::migrate
