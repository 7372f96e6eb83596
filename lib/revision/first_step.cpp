#include <algorithm>

#include "revision/traversal.hpp"
#include "revision/version_rows.hpp"

namespace metaxy::migrate {

std::vector<Step> with_first_step(const RevisionGraph& graph, std::span<const std::string> current,
                                  std::vector<Step> steps, const std::string& revision) {
  const auto first =
      std::find_if(steps.begin(), steps.end(), [&](const Step& step) { return step.revision == revision; });
  if (first == steps.end()) {
    return {};
  }
  if (first == steps.begin()) {
    return steps;
  }
  const std::vector<RevisionGraph::Node> node = {*graph.node_of_id(revision)};
  const bool is_upgrade = first->direction == Direction::upgrade;
  const NodeSet before = closure(graph, node, is_upgrade ? Along::needs : Along::needed_by);
  if (std::any_of(steps.begin(), first,
                  [&](const Step& step) { return before.contains(*graph.node_of_id(step.revision)); })) {
    return {};
  }
  std::rotate(steps.begin(), first, first + 1);
  VersionRows rows(graph, nodes_of_rows(graph, current));
  for (Step& step : steps) {
    const RevisionGraph::Node moved = *graph.node_of_id(step.revision);
    step = is_upgrade ? rows.apply(moved) : rows.revert(moved);
  }
  return steps;
}

}  // namespace metaxy::migrate
