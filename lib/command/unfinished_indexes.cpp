#include "command/unfinished_indexes.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "dialect/interrupted_indexes.hpp"

namespace metaxy::migrate {

namespace {

/// Whether a step makes or drops that index: either works beside one that is not valid.
bool is_about_index(const std::vector<RunStep>& steps, const std::string& index) {
  const auto names = [&index](const Operation& operation) {
    const auto* create = std::get_if<CreateIndex>(&operation);
    const auto* drop = std::get_if<DropIndex>(&operation);
    return (create != nullptr && create->index.name == index) ||
           (drop != nullptr && drop->index.name == index);
  };
  return std::any_of(steps.begin(), steps.end(), [&names](const RunStep& step) {
    const std::vector<Operation>& changes = step.facts->changes.changes;
    return std::any_of(changes.begin(), changes.end(), names);
  });
}

}  // namespace

std::vector<TableDrift> without_unfinished(const std::vector<TableDrift>& drift,
                                           const std::vector<RunStep>& steps, Session& session,
                                           const Dialect& dialect) {
  const auto* indexes = dynamic_cast<const InterruptedIndexes*>(&dialect);
  if (indexes == nullptr || drift.empty()) {
    return drift;
  }
  const std::set<std::string> unfinished = indexes->unfinished_indexes(*session.connection);
  const auto is_on_its_way = [&](const Operation& operation) {
    const auto* create = std::get_if<CreateIndex>(&operation);
    return create != nullptr && unfinished.count(create->index.name) != 0 &&
           is_about_index(steps, create->index.name);
  };
  std::vector<TableDrift> rest;
  for (const TableDrift& table : drift) {
    TableDrift kept{.table = table.table, .differences = {}, .operations = {}};
    for (const Operation& operation : table.operations) {
      if (is_on_its_way(operation)) continue;
      kept.differences.push_back(summary(operation));
      kept.operations.push_back(operation);
    }
    if (!kept.operations.empty()) rest.push_back(std::move(kept));
  }
  return rest;
}

}  // namespace metaxy::migrate
