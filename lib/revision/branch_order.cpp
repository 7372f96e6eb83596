#include "revision/branch_order.hpp"

#include <algorithm>
#include <map>

namespace metaxy::migrate {

namespace {

using Node = Adjacency::Node;
using Edges = std::vector<Adjacency::Edge>;

bool holds(std::span<const Node> nodes, Node node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

/// The node and all below it.
std::vector<bool> reached_from(std::span<const Node> from, const Adjacency& edges,
                               const std::map<Node, std::vector<Node>>& more) {
  std::vector<bool> reached(edges.size(), false);
  std::vector<Node> todo(from.begin(), from.end());
  while (!todo.empty()) {
    const Node node = todo.back();
    todo.pop_back();
    if (reached[node]) {
      continue;
    }
    reached[node] = true;
    todo.insert(todo.end(), edges.of(node).begin(), edges.of(node).end());
    if (const auto found = more.find(node); found != more.end()) {
      todo.insert(todo.end(), found->second.begin(), found->second.end());
    }
  }
  return reached;
}

/// Merges that say an order, each with its parents in that order.
std::map<Node, std::vector<Node>> ordered_parents(const Adjacency& parents,
                                                  std::span<const Adjacency::Edge> dependencies) {
  std::map<Node, std::vector<Node>> ordered;
  for (const auto& [node, dependency] : dependencies) {
    if (parents.of(node).size() > 1 && holds(parents.of(node), dependency) &&
        !holds(ordered[node], dependency)) {
      ordered[node].push_back(dependency);
    }
  }
  std::erase_if(ordered, [](const auto& entry) { return entry.second.empty(); });
  for (auto& [node, sequence] : ordered) {
    for (const Node parent : parents.of(node)) {
      if (!holds(sequence, parent)) {
        sequence.push_back(parent);
      }
    }
  }
  return ordered;
}

}  // namespace

Edges branch_order(const Adjacency& parents, std::span<const Adjacency::Edge> dependencies,
                   const Adjacency& all_needs) {
  Edges order;
  std::map<Node, std::vector<Node>> earlier;
  for (const auto& [merge, sequence] : ordered_parents(parents, dependencies)) {
    for (std::size_t i = 1; i < sequence.size(); ++i) {
      const std::span<const Node> before(sequence.data(), i);
      const std::span<const Node> later(sequence.data() + i, 1);
      const std::vector<bool> first = reached_from(before, all_needs, earlier);
      const std::vector<bool> branch = reached_from(later, all_needs, {});
      for (Node node = 0; node < branch.size(); ++node) {
        const std::span<const Node> needed = all_needs.of(node);
        const auto is_of_branch = [&](Node one) { return branch[one] && !first[one]; };
        if (is_of_branch(node) && std::none_of(needed.begin(), needed.end(), is_of_branch)) {
          earlier[node].insert(earlier[node].end(), before.begin(), before.end());
          for (const Node tip : before) {
            order.emplace_back(node, tip);
          }
        }
      }
    }
  }
  return order;
}

Adjacency with_edges(const Adjacency& edges, std::span<const Adjacency::Edge> more) {
  Edges all;
  for (Node node = 0; node < edges.size(); ++node) {
    for (const Node target : edges.of(node)) {
      all.emplace_back(node, target);
    }
  }
  all.insert(all.end(), more.begin(), more.end());
  return Adjacency(edges.size(), all);
}

}  // namespace metaxy::migrate
