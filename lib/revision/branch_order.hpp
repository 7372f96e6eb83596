#pragma once
// The order in which a merge wants its branches: one that depends on some of its own parents says that their
// branches come before those of the others. Edges of order alone, which make no revision needed. Pure.

#include <span>
#include <vector>

#include "revision/adjacency.hpp"

namespace metaxy::migrate {

/// From the beginning of each later branch to the tips of the earlier ones. What two merges want in
/// contradiction, or what a need forbids, the first one gets: with these edges there is no cycle.
std::vector<Adjacency::Edge> branch_order(const Adjacency& parents,
                                          std::span<const Adjacency::Edge> dependencies,
                                          const Adjacency& all_needs);

Adjacency with_edges(const Adjacency& edges, std::span<const Adjacency::Edge> more);

}  // namespace metaxy::migrate
