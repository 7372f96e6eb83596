#pragma once
// Edges between numbered nodes in two flat arrays: no allocation a node, and neighbours lie side by side.
// Built once.

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace metaxy::migrate {

class Adjacency {
 public:
  /// A revision's place in load order.
  using Node = std::uint32_t;
  static constexpr Node kNone = ~Node{0};
  using Edge = std::pair<Node, Node>;

  Adjacency() = default;
  /// Edges of one node keep the order in which they are given; an edge given twice counts once. All nodes are
  /// below `size`.
  Adjacency(std::size_t size, std::span<const Edge> edges);

  std::span<const Node> of(Node node) const {
    return {targets_.data() + begins_[node], targets_.data() + begins_[node + 1]};
  }
  std::size_t size() const { return begins_.size() - 1; }

  /// Every edge turned round; the sources of a node come in ascending order.
  Adjacency reversed() const;

 private:
  std::vector<std::size_t> begins_ = {0};
  std::vector<Node> targets_;
};

}  // namespace metaxy::migrate
