#include "dialect/postgresql/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "dialect/postgresql/catalog_queries.hpp"
#include "dialect/postgresql/quoting.hpp"

namespace metaxy::migrate::postgresql {

namespace {

std::vector<std::string> missing_rights(const Row& row) {
  static constexpr std::array<const char*, 3> kRights = {"SELECT", "INSERT", "DELETE"};
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < kRights.size(); ++i) {
    if (!is_true(row.at(i + 1))) missing.emplace_back(kRights.at(i));
  }
  return missing;
}

void add_table_faults(Connection& connection, const std::vector<TableName>& tables, const std::string& role,
                      std::vector<ServerFault>& found) {
  for (const Row& row : connection.query(kTableRightsQuery)) {
    const std::string name = row.at(0).value_or("");
    const bool is_used =
        std::any_of(tables.begin(), tables.end(), [&](const TableName& table) { return table.name == name; });
    const std::vector<std::string> missing = missing_rights(row);
    if (!is_used || missing.empty()) continue;
    found.push_back({.stops_metaxy = true,
                     .message = fmt::format("role '{}' lacks {} on '{}'", role, join(missing, ", "), name),
                     .fix = fmt::format("as its owner: GRANT {} ON TABLE {} TO {}", join(missing, ", "),
                                        quoted_name(name), quoted_name(role))});
  }
}

}  // namespace

std::vector<ServerFault> server_faults(Connection& connection, const std::vector<TableName>& tables) {
  std::vector<ServerFault> found;
  const Row facts = connection.query(kRoleQuery).at(0);
  const std::string role = facts.at(0).value_or("");
  if (is_true(facts.at(3))) {
    found.push_back({.stops_metaxy = true,
                     .message = "the server is a standby, which only reads: Metaxy's writes fail",
                     .fix = "name the primary; target_session_attrs=read-write finds it"});
  }
  if (facts.at(4) != "UTF8") {
    found.push_back({.stops_metaxy = false,
                     .message = fmt::format("the database's encoding is {}: texts beyond it cannot be stored",
                                            facts.at(4).value_or("")),
                     .fix = "make a database with ENCODING 'UTF8' and copy the tables over"});
  }
  if (!is_true(facts.at(2))) {
    found.push_back({.stops_metaxy = false,
                     .message = fmt::format("role '{}' may not create tables in schema '{}': `upgrade` fails",
                                            role, facts.at(1).value_or("")),
                     .fix = "migrate as another role: url under [ext.migrate.environments.NAME]"});
  }
  add_table_faults(connection, tables, role, found);
  return found;
}

}  // namespace metaxy::migrate::postgresql
