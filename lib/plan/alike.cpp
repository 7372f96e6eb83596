#include "plan/alike.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& there, const std::string& wanted) {
  throw Error(
      ErrorKind::usage,
      fmt::format("the database has {} '{}', whose name differs from '{}' in case only", what, there, wanted),
      {.where = {},
       .hint = fmt::format("the database cannot have both, and Metaxy looks for '{}': rename the {} there",
                           wanted, what),
       .notes = {}});
}

void require_no_column_alike(const AddColumn& add, const Schema& live, const Schema& scripted) {
  const Table* there = find_table(live, add.table);
  const Table* before = find_table(scripted, add.table);
  if (there == nullptr || find_column(*there, add.column.name) != nullptr) {
    return;
  }
  for (const Column& column : there->columns) {
    const bool is_known = before != nullptr && find_column(*before, column.name) != nullptr;
    if (!is_known && equal_ignoring_case(column.name, add.column.name)) {
      refuse("column", fmt::format("{}.{}", to_text(add.table), column.name),
             fmt::format("{}.{}", to_text(add.table), add.column.name));
    }
  }
}

}  // namespace

void require_no_table_alike(const TableName& wanted, const Schema& live, const Schema& scripted,
                            const Dialect& dialect) {
  if (dialect.capabilities().has_case_sensitive_names || live.count(wanted) != 0) {
    return;
  }
  for (const auto& [name, table] : live) {
    if (scripted.count(name) == 0 && name.schema == wanted.schema &&
        equal_ignoring_case(name.name, wanted.name)) {
      refuse("table", to_text(name), to_text(wanted));
    }
  }
}

void require_nothing_alike(const std::vector<Operation>& operations, const Schema& live,
                           const Schema& scripted, const Dialect& dialect) {
  if (dialect.capabilities().has_case_sensitive_names) {
    return;
  }
  for (const Operation& operation : operations) {
    if (const auto* create = std::get_if<CreateTable>(&operation)) {
      require_no_table_alike(create->table.name, live, scripted, dialect);
    } else if (const auto* add = std::get_if<AddColumn>(&operation)) {
      require_no_column_alike(*add, live, scripted);
    }
  }
}

}  // namespace metaxy::migrate
