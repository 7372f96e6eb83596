#include "run/compare.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <utility>

#include "diff/diff.hpp"
#include "metaxy/accept.hpp"

namespace metaxy::migrate {

namespace {

bool is_ignored(const Operation& operation, const std::vector<std::string>& patterns) {
  const std::string table = to_text(table_of(operation));
  const std::string column = column_of(operation);
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return fnmatch(pattern.c_str(), table.c_str(), 0) == 0 ||
           (!column.empty() && fnmatch(pattern.c_str(), fmt::format("{}.{}", table, column).c_str(), 0) == 0);
  });
}

/// Takes the tables out of `scripted`.
Schema comparable(ScriptedSchema& scripted, const std::optional<std::set<TableName>>& only) {
  Schema schema = std::move(scripted.schema);
  std::erase_if(schema, [&](const auto& entry) {
    return scripted.opaque.count(entry.first) != 0 || (only && only->count(entry.first) == 0);
  });
  return schema;
}

}  // namespace

Comparison compare_live(ScriptedSchema scripted, Reflected live, const Dialect& dialect,
                        const std::optional<std::set<TableName>>& only,
                        const std::vector<std::string>& ignored) {
  const Accepted accepted = accept_alternatives(comparable(scripted, only), std::move(live.schema), dialect);
  Comparison comparison;
  std::map<TableName, TableDrift> drift;
  for (Operation& operation : diff(accepted.live, accepted.wanted)) {
    if (is_ignored(operation, ignored)) {
      continue;
    }
    TableDrift& table = drift[table_of(operation)];
    table.table = table_of(operation);
    table.differences.push_back(summary(operation));
    table.operations.push_back(std::move(operation));
  }
  for (auto& [name, table] : drift) {
    comparison.drift.push_back(std::move(table));
  }
  for (const AcceptNote& note : accepted.notes) {
    if (note.severity != Severity::info) {
      comparison.notes.push_back(to_text(note));
    }
  }
  for (const TableName& name : scripted.opaque) {
    if (!only || only->count(name) != 0) {
      comparison.notes.push_back(not_compared(name));
    }
  }
  comparison.notes.insert(comparison.notes.end(), live.not_compared.begin(), live.not_compared.end());
  return comparison;
}

}  // namespace metaxy::migrate
