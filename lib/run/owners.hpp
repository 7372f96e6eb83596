#pragma once
// Which project has which table, where several share a database: by the scripts that the log kept, the newest
// one wins. Only reads.

#include <cstdint>
#include <map>
#include <string>

#include "dialect/dialect.hpp"
#include "dialect/state_sql.hpp"

namespace metaxy::migrate {

struct TableOwner {
  std::string project;
  /// Of the log row whose script made the table or took it over.
  std::int64_t sequence = 0;
};

/// The tables of all projects but `project`. Precondition: the log is there.
std::map<TableName, TableOwner> tables_of_others(Connection& connection, const StateSql& sql,
                                                 const Dialect& dialect, const std::string& project);

}  // namespace metaxy::migrate
