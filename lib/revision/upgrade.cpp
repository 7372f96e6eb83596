#include <algorithm>

#include "revision/descent.hpp"
#include "revision/target.hpp"
#include "revision/traversal.hpp"
#include "revision/version_rows.hpp"

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

}  // namespace

std::vector<Step> upgrade_steps(const RevisionGraph& graph, std::span<const std::string> current,
                                std::string_view target) {
  const RangeEnd here{nodes_of_rows(graph, current), std::nullopt};
  const std::vector<Node> wanted =
      revisions_at(upgrade_target(graph, here, target, Overwalk::refuse), target);
  refuse_overlap(graph, wanted, Along::needs);
  // Rows of which one implies another were not left by a finished run.
  refuse_overlap(graph, here.rows, Along::needs);

  NodeSet missing = closure(graph, wanted, Along::needs);
  for (const Node applied : closure(graph, here.rows, Along::needs).nodes()) {
    missing.erase(applied);
  }
  std::vector<Node> order = newest_first(graph, missing, wanted);
  std::reverse(order.begin(), order.end());
  std::vector<Step> steps;
  steps.reserve(order.size());
  VersionRows rows(graph, here.rows);
  for (const Node node : order) {
    steps.push_back(rows.apply(node));
  }
  return steps;
}

}  // namespace metaxy::migrate
