#pragma once
// A live DuckDB schema as a value, in canonical form, from a constant number of catalog queries.

#include "dialect/dialect.hpp"

namespace metaxy::migrate::duckdb {

/// Runs in the transaction that is open, else in one of its own.
Reflected reflect(Connection& connection, const ReflectScope& scope);

}  // namespace metaxy::migrate::duckdb
