#pragma once
// What is wrong with a server besides its tables: rights of the role, a standby, the encoding.

#include <vector>

#include "dialect/connection.hpp"

namespace metaxy::migrate::postgresql {

/// As Connection::faults says, but for a pooler, which only the connection knows.
std::vector<ServerFault> server_faults(Connection& connection, const std::vector<TableName>& tables);

}  // namespace metaxy::migrate::postgresql
