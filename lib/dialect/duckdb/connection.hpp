#pragma once
// DuckDB's side of the Connection door. What it adds to the interface: a transaction in which something
// failed can only be rolled back, and a transaction with an ALTER leaves nothing in the write-ahead log.

#include <memory>
#include <string>

#include "dialect/dialect.hpp"

namespace metaxy::migrate::duckdb {

/// Throws as Dialect::connect says.
std::unique_ptr<Connection> connect(const Target& target, const ConnectOptions& options);

/// The file behind a connection that `connect` made; empty for a database in memory. Throws Error(failure)
/// for a connection of another dialect.
const std::string& file_of(const Connection& connection);

}  // namespace metaxy::migrate::duckdb
