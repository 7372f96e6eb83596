#pragma once
// What a RevisionGraph is made of, and how it is made: names turned into nodes, edges, and everything that is
// wrong with them. Only the graph uses it; all others ask the graph.

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "revision/adjacency.hpp"
#include "revision/revision.hpp"

namespace metaxy::migrate {

struct GraphParts {
  using Node = Adjacency::Node;

  /// Views into the revisions that the parts were built from, which must outlive them in place.
  std::unordered_map<std::string_view, Node> ids;
  std::unordered_map<std::string_view, Node> labels;

  Adjacency parents;
  Adjacency children;
  /// Parents, then dependencies as the headers list them, labels resolved.
  Adjacency all_needs;
  /// The same without dependencies that an ancestor lists already (Alembic's "normalized" edges): leads to
  /// the same ancestors, and decides their order.
  Adjacency needs;
  /// `all_needs` turned round.
  Adjacency needed_by;
  /// `needs`, and what only has to come earlier: a merge that depends on one of its own parents says that
  /// this one's branch comes first. For the order alone; nothing here makes a revision needed.
  Adjacency comes_after;
  /// The same turned round, with the dependencies that `needs` leaves out.
  Adjacency comes_before;
};

/// Every fault in `revisions`; `parts` is complete only when there is none.
struct BuiltParts {
  GraphParts parts;
  std::vector<Problem> problems;
};
BuiltParts build_parts(std::span<const Revision> revisions);

}  // namespace metaxy::migrate
