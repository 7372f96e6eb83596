#pragma once
// DuckDB's side of the Connection door. What it adds to the interface: a transaction in which something
// failed can only be rolled back, and a transaction with an ALTER leaves nothing in the write-ahead log.

#include <memory>
#include <string>

#include "dialect/dialect.hpp"

namespace metaxy::migrate::duckdb {

/// Throws as Dialect::connect says.
std::unique_ptr<Connection> connect(const Target& target, const ConnectOptions& options);

}  // namespace metaxy::migrate::duckdb
