#pragma once
// The one order of revisions: from the heads down, in the order in which Alembic lists them.

#include <span>
#include <vector>

#include "revision/closure.hpp"
#include "revision/graph.hpp"

namespace metaxy::migrate {

/// `selected` from `heads` downwards, every revision before all that it needs: heads in load order, one
/// branch as far as it goes, changing to another one only where that one still depends on the next revision.
/// What comes out reversed is the order of an upgrade. Throws Error(usage) when a part of `selected` cannot
/// be reached from `heads` without leaving it.
std::vector<RevisionGraph::Node> newest_first(const RevisionGraph& graph, const NodeSet& selected,
                                              std::span<const RevisionGraph::Node> heads);

}  // namespace metaxy::migrate
