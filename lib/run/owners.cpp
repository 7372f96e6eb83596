#include "run/owners.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "revision/script.hpp"

namespace metaxy::migrate {

namespace {

using Owners = std::map<TableName, TableOwner>;

void forget(Owners& owners, const TableName& table, const std::string& project) {
  const auto found = owners.find(table);
  if (found != owners.end() && found->second.project == project) {
    owners.erase(found);
  }
}

void record_change(Owners& owners, const Operation& operation, const TableOwner& by, bool is_undone) {
  if (const auto* create = std::get_if<CreateTable>(&operation)) {
    if (is_undone) {
      forget(owners, create->table.name, by.project);
    } else {
      owners[create->table.name] = by;
    }
  } else if (const auto* drop = std::get_if<DropTable>(&operation)) {
    if (is_undone) {
      owners[drop->table.name] = by;
    } else {
      forget(owners, drop->table.name, by.project);
    }
  } else if (const auto* rename = std::get_if<RenameTable>(&operation)) {
    forget(owners, is_undone ? rename->to : rename->from, by.project);
    owners[is_undone ? rename->from : rename->to] = by;
  }
}

/// A text that cannot be read tells nothing; the project that wrote it will say so.
std::vector<Operation> changes_in(const std::string& text, const Dialect& dialect) {
  try {
    return parse_script(text, "a script in the log", dialect.splitter_options()).changes;
  } catch (const Error&) {
    return {};
  }
}

std::int64_t number_in(const Cell& cell) {
  std::int64_t number = 0;
  const std::string text = cell.value_or("");
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Owners tables_of_others(Connection& connection, const StateSql& sql, const Dialect& dialect,
                        const std::string& project) {
  Owners owners;
  const std::vector<Cell> parameters = {project};
  for (const Row& row : connection.query(sql.select_scripts_of_others(), parameters)) {
    const TableOwner by{.project = row.at(1).value_or(""), .sequence = number_in(row.at(0))};
    const std::string action = row.at(2).value_or("");
    const bool is_undone = action == "downgrade" || action == "undo";
    std::vector<Operation> changes = changes_in(row.at(3).value_or(""), dialect);
    if (is_undone) {
      std::reverse(changes.begin(), changes.end());
    }
    for (const Operation& operation : changes) {
      record_change(owners, operation, by, is_undone);
    }
  }
  return owners;
}

}  // namespace metaxy::migrate
