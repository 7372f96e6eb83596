#pragma once
// What the target of an upgrade or downgrade stands for, seen from where the database (or the other end of a
// range) is.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "revision/identifier.hpp"

namespace metaxy::migrate {

/// One end of a range: rows of a version table, or an identifier.
struct RangeEnd {
  std::vector<RevisionGraph::Node> rows;
  std::optional<std::string> typed;

  std::vector<Place> places(const RevisionGraph& graph) const;
};

/// Several for `heads`, none for `base`. A walk beyond the graph ends nowhere.
std::vector<Place> upgrade_target(const RevisionGraph& graph, const RangeEnd& current,
                                  std::string_view target, Overwalk overwalk);

struct DowngradeTarget {
  /// Limits the downgrade to a branch; empty: does not.
  std::string branch;
  /// A revision or the base.
  Place place;
};
DowngradeTarget downgrade_target(const RevisionGraph& graph, const RangeEnd& current, std::string_view target,
                                 Overwalk overwalk);

/// The tips by parents of everything at or below `nodes`.
std::vector<RevisionGraph::Node> branch_tips(const RevisionGraph& graph,
                                             std::span<const RevisionGraph::Node> nodes);

}  // namespace metaxy::migrate
