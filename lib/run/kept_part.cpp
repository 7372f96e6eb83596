#include "run/kept_part.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace metaxy::migrate {

namespace {

/// The table of which the script says that the statement is a step of its rebuild.
std::string rebuilt_table(const Statement& statement, const std::set<std::string>& rebuilt) {
  const auto table = std::find_if(rebuilt.begin(), rebuilt.end(), [&](const std::string& one) {
    const std::string mark = fmt::format("rebuild {}: ", one);
    return std::any_of(statement.comments.begin(), statement.comments.end(),
                       [&](const std::string& comment) { return comment.starts_with(mark); });
  });
  return table == rebuilt.end() ? std::string() : *table;
}

}  // namespace

std::string part_kept_from(const Statement& statement, const RunStep& step, const SplitterOptions& options) {
  if (step.adopted.empty() || step.step.direction != Direction::downgrade) {
    return {};
  }
  if (std::string dropped = dropped_part(statement, step.adopted, options); !dropped.empty()) {
    return dropped;
  }
  const ScriptChanges& script = step.facts->changes;
  const std::string table = rebuilt_table(statement, script.rebuilt_by_downgrade);
  std::string kept;
  for (const Operation& operation : script.changes) {
    if (table.empty() || to_text(table_of(operation)) != table) {
      continue;
    }
    const auto* add = std::get_if<AddColumn>(&operation);
    const std::string part = add == nullptr ? "" : fmt::format("{}.{}", table, add->column.name);
    if (step.adopted.count(part) == 0) {
      return {};
    }
    kept = part;
  }
  return kept;
}

}  // namespace metaxy::migrate
