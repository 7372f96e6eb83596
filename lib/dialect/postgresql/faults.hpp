#pragma once
// What is wrong with a server besides its tables: rights of the role, a standby, the encoding.

#include <vector>

#include "dialect/dialect.hpp"

namespace metaxy::migrate::postgresql {

/// As Dialect::faults says.
std::vector<ServerFault> faults(Connection& connection, const std::vector<TableName>& tables);

}  // namespace metaxy::migrate::postgresql
