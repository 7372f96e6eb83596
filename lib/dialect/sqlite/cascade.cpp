#include "dialect/sqlite/cascade.hpp"

#include <fmt/format.h>

#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/sqlite/catalog_queries.hpp"
#include "dialect/sqlite/quoting.hpp"

namespace metaxy::migrate::sqlite {

std::vector<std::string> changed_by_drop(Connection& connection, const std::string& table) {
  std::set<std::string> changed;
  const Cell name = table;
  for (const Row& key : connection.query(kChangingKeys, std::span(&name, 1))) {
    const std::string child = key[0].value_or("");
    if (!connection
             .query(fmt::format("SELECT 1 FROM main.{} WHERE {} IS NOT NULL LIMIT 1", quoted_name(child),
                                quoted_name(key[1].value_or(""))))
             .empty()) {
      changed.insert(child);
    }
  }
  return {changed.begin(), changed.end()};
}

void require_no_cascade(Connection& connection, const std::string& table, std::string_view sql) {
  const std::vector<std::string> changed = changed_by_drop(connection, table);
  if (!changed.empty()) {
    throw StatementFailed(
        fmt::format("with foreign keys on, DROP TABLE of '{}' would delete or change the rows of '{}' that "
                    "refer to it",
                    table, join(changed, "', '")),
        std::string(sql), "",
        {.where = std::nullopt,
         .hint = "put the DROP TABLE, with the whole rebuild that it may belong to, into a section of its "
                 "own, without foreign_keys=on and transaction=off",
         .notes = {}});
  }
}

}  // namespace metaxy::migrate::sqlite
