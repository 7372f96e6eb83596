#include <algorithm>

#include "revision/target.hpp"
#include "revision/traversal.hpp"
#include "revision/version_rows.hpp"

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

}  // namespace

std::set<std::string> applied_ids(const RevisionGraph& graph, std::span<const std::string> rows) {
  std::vector<std::string> ids = graph.ids(closure(graph, nodes_of_rows(graph, rows), Along::needs).nodes());
  std::sort(ids.begin(), ids.end());
  return {std::make_move_iterator(ids.begin()), std::make_move_iterator(ids.end())};
}

std::vector<std::string> minimal_heads(const RevisionGraph& graph, std::span<const std::string> rows) {
  const std::vector<Node> nodes = nodes_of_rows(graph, rows);
  const std::vector<Node> highest = highest_of(graph, closure(graph, nodes, Along::needs));
  std::vector<std::string> minimal;
  for (const Node node : nodes) {
    if (std::find(highest.begin(), highest.end(), node) != highest.end()) {
      minimal.push_back(graph.id(node));
    }
  }
  return minimal;
}

std::vector<std::string> current_tips(const RevisionGraph& graph, std::span<const std::string> rows) {
  return graph.ids(branch_tips(graph, nodes_of_rows(graph, rows)));
}

bool is_at_heads(const RevisionGraph& graph, std::span<const std::string> rows) {
  std::vector<Node> nodes = nodes_of_rows(graph, rows);
  std::sort(nodes.begin(), nodes.end());
  return nodes == graph.head_nodes();
}

}  // namespace metaxy::migrate
