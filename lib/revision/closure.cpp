#include "revision/closure.hpp"

#include <fmt/format.h>

#include <string>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

}  // namespace

std::vector<Node> NodeSet::nodes() const {
  std::vector<Node> nodes;
  nodes.reserve(size_);
  for (Node node = 0; node < flags_.size(); ++node) {
    if (contains(node)) {
      nodes.push_back(node);
    }
  }
  return nodes;
}

std::span<const Node> neighbours(const RevisionGraph& graph, Node node, Along along) {
  switch (along) {
    case Along::needs:
      return graph.needs(node);
    case Along::parents:
      return graph.parents(node);
    case Along::needed_by:
      return graph.needed_by(node);
    case Along::children:
      return graph.children(node);
  }
  return {};
}

NodeSet closure(const RevisionGraph& graph, std::span<const Node> from, Along along) {
  NodeSet reached(graph.size());
  std::vector<Node> todo;
  for (const Node node : from) {
    if (reached.insert(node)) {
      todo.push_back(node);
    }
  }
  while (!todo.empty()) {
    const Node node = todo.back();
    todo.pop_back();
    for (const Node next : neighbours(graph, node, along)) {
      if (reached.insert(next)) {
        todo.push_back(next);
      }
    }
  }
  return reached;
}

void refuse_overlap(const RevisionGraph& graph, std::span<const Node> nodes, Along along) {
  NodeSet asked(graph.size());
  for (const Node node : nodes) {
    asked.insert(node);
  }
  if (asked.size() < 2) {
    return;
  }
  // One `reached` for all is enough: what an earlier node reached and found clean need not be walked again.
  NodeSet reached(graph.size());
  for (const Node start : nodes) {
    std::vector<Node> todo = {start};
    std::vector<std::string> others;
    while (!todo.empty()) {
      const Node node = todo.back();
      todo.pop_back();
      if (node != start && asked.contains(node)) {
        others.push_back(in_quotes(graph.id(node)));
      }
      if (reached.insert(node)) {
        const std::span<const Node> next = neighbours(graph, node, along);
        todo.insert(todo.end(), next.begin(), next.end());
      }
    }
    if (!others.empty()) {
      throw Error(ErrorKind::usage,
                  fmt::format("requested revision '{}' overlaps with other requested revisions: {}",
                              graph.id(start), join(others, ", ")));
    }
  }
}

}  // namespace metaxy::migrate
