#pragma once
// Order and cycles of a directed graph given by its edges. No recursion anywhere: a chain may be of any
// length.

#include <vector>

#include "revision/adjacency.hpp"

namespace metaxy::migrate {

/// For each group of nodes that need each other (or one that needs itself) one closed path, from what is
/// needed to what needs it, the first node repeated at the end. Groups in the order of their first node.
std::vector<std::vector<Adjacency::Node>> cycles_in(const Adjacency& needs);

/// Every node after all that it needs; nodes on or above a cycle are left out. `needed_by` is `needs` turned
/// round.
std::vector<Adjacency::Node> in_order_of_need(const Adjacency& needs, const Adjacency& needed_by);

}  // namespace metaxy::migrate
