#include "revision/branch_labels.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "revision/closure.hpp"

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

bool is_passed_upwards(const RevisionGraph& graph, Node node) {
  return graph.needed_by(node).size() <= 1 && !graph.is_merge_point(node);
}

/// The end of the single line that `node` lies on; nothing when there is a branch or merge on the way down.
std::optional<Node> end_of_line(const RevisionGraph& graph, Node node) {
  while (is_passed_upwards(graph, node)) {
    if (graph.is_head(node)) {
      return node;
    }
    node = graph.children(node).front();
  }
  return std::nullopt;
}

using LabelSet = std::vector<std::string>;

LabelSet sorted_unique(LabelSet labels) {
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

}  // namespace

LabelSet branch_labels_of(const RevisionGraph& graph, Node node) {
  const std::vector<Node> from = {end_of_line(graph, node).value_or(node)};
  LabelSet labels;
  for (const Node ancestor : closure(graph, from, Along::parents).nodes()) {
    const LabelSet& own = graph.revision(ancestor).branch_labels;
    labels.insert(labels.end(), own.begin(), own.end());
  }
  return sorted_unique(std::move(labels));
}

BranchLabels::BranchLabels(const RevisionGraph& graph) : sets_(1), set_of_(graph.size(), 0) {
  std::map<LabelSet, std::uint32_t> known = {{LabelSet{}, 0}};
  // Nodes after their parents; dependencies do not matter here.
  std::vector<std::size_t> missing(graph.size());
  std::vector<Node> order = graph.base_nodes();
  for (Node node = 0; node < graph.size(); ++node) {
    missing[node] = graph.parents(node).size();
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Node node = order[i];
    const std::span<const Node> parents = graph.parents(node);
    const bool is_inherited_whole = graph.revision(node).branch_labels.empty() &&
                                    std::all_of(parents.begin(), parents.end(), [&](Node parent) {
                                      return set_of_[parent] == set_of_[parents.front()];
                                    });
    if (is_inherited_whole) {
      set_of_[node] = parents.empty() ? 0 : set_of_[parents.front()];
    } else {
      LabelSet labels = graph.revision(node).branch_labels;
      for (const Node parent : parents) {
        labels.insert(labels.end(), sets_[set_of_[parent]].begin(), sets_[set_of_[parent]].end());
      }
      labels = sorted_unique(std::move(labels));
      const auto [entry, is_new] = known.emplace(labels, static_cast<std::uint32_t>(sets_.size()));
      if (is_new) {
        sets_.push_back(std::move(labels));
      }
      set_of_[node] = entry->second;
    }
    for (const Node child : graph.children(node)) {
      if (--missing[child] == 0) {
        order.push_back(child);
      }
    }
  }
  for (const Node head : graph.head_nodes()) {
    for (Node node = head; is_passed_upwards(graph, node); node = graph.parents(node).front()) {
      set_of_[node] = set_of_[head];
      if (graph.is_base(node)) {
        break;
      }
    }
  }
}

}  // namespace metaxy::migrate
