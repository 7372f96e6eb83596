#pragma once
// Which branch labels lead to a revision. A label belongs to the revision that declares it and to all its
// descendants; and while those are one line without branch or merge (counting dependents as branches), also
// upwards, to the branch or merge point above, exclusive. That is Alembic's rule.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "revision/graph.hpp"

namespace metaxy::migrate {

/// Of one revision, sorted. A walk over its ancestors.
std::vector<std::string> branch_labels_of(const RevisionGraph& graph, RevisionGraph::Node node);

/// Of every revision, for listings: one pass over the graph. Revisions of one branch share a set.
class BranchLabels {
 public:
  explicit BranchLabels(const RevisionGraph& graph);

  /// Sorted.
  const std::vector<std::string>& of(RevisionGraph::Node node) const { return sets_[set_of_[node]]; }

 private:
  std::vector<std::vector<std::string>> sets_;
  std::vector<std::uint32_t> set_of_;
};

}  // namespace metaxy::migrate
