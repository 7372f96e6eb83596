#pragma once
// Live against scripted: drift before a run, proof after it. Accepted alternatives are no difference (metaxy
// contract, E4).

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dialect/dialect.hpp"
#include "plan/fold.hpp"

namespace metaxy::migrate {

struct TableDrift {
  TableName table;
  /// What would bring live back to what the scripts say, in words ("add column t.c").
  std::vector<std::string> differences;
  /// The same as operations from live to scripted.
  std::vector<Operation> operations;
};

struct Comparison {
  std::vector<TableDrift> drift;
  /// Accepted with a warning, unmanaged, not compared: for people.
  std::vector<std::string> notes;
};

/// `only`: look at no other tables. `ignored`: patterns of `drift_ignore` ("table", "table.column", with
/// `*`).
Comparison compare_live(ScriptedSchema scripted, Reflected live, const Dialect& dialect,
                        const std::optional<std::set<TableName>>& only,
                        const std::vector<std::string>& ignored);

}  // namespace metaxy::migrate
