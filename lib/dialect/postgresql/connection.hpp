#pragma once
// PostgreSQL's side of the Connection door: settings that are the same for every run, the advisory lock, what
// must surround statements that run outside a transaction.

#include <memory>

#include "dialect/dialect.hpp"

namespace metaxy::migrate::postgresql {

/// Throws as Dialect::connect says.
std::unique_ptr<Connection> connect(const Target& target, const ConnectOptions& options);

}  // namespace metaxy::migrate::postgresql
