#pragma once
// From operations to a script: both directions, rendered by the dialect. Pure.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "dialect/dialect.hpp"
#include "revision/script.hpp"

namespace metaxy::migrate {

struct PlanInput {
  Schema before;
  Schema after;
  std::vector<Operation> operations;
  /// Tables whose statements carry `-- adopt: table`.
  std::set<TableName> adopted;
  /// Columns whose ADD COLUMN carries `-- adopt: table.column`.
  std::map<TableName, std::set<std::string>> adopted_columns{};
  /// Tables that the downgrade leaves alone, with the reason.
  std::map<TableName, std::string> kept_on_downgrade;
  RenderOptions render;
};

struct Plan {
  std::vector<Section> sections;
  std::vector<Operation> changes;
  /// Summaries of what will happen, one line each, for people.
  std::vector<std::string> summary;
};

/// `down` undoes `up`; where something is kept instead, a comment in the downgrade section says so.
Plan plan(const Dialect& dialect, const PlanInput& input);

}  // namespace metaxy::migrate
