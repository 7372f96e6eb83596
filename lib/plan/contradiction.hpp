#pragma once
// Whether two branches of scripts can both be applied, in either order, to one database: by their typed
// changes, without one. Pure.

#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "plan/fold.hpp"

namespace metaxy::migrate {

struct BranchComparison {
  /// Each names the scripts and the change or the table.
  std::vector<Problem> contradictions;
  /// What could not be compared, because a script lacks its changes section; what cannot be undone as it is.
  std::vector<std::string> notes;
};

/// Whether a database may get either branch before the other one, or what is on the left comes first.
enum class BranchOrder { any, left_first };

/// `common` is what both branches stand on; all three in an order in which they can be applied. Throws
/// Error(integrity) when one branch does not fit `common` by itself.
BranchComparison compare_branches(std::span<const ScriptChanges> common, std::span<const ScriptChanges> left,
                                  std::span<const ScriptChanges> right, BranchOrder order = BranchOrder::any);

/// The tables among `rebuilt`, as messages show them, that the `others` changed, each with how: a rebuild
/// that does not stand on those scripts would take their changes back.
std::vector<std::string> unknown_to_rebuild(const std::set<std::string>& rebuilt,
                                            std::span<const ScriptChanges> others);

}  // namespace metaxy::migrate
