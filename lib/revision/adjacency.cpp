#include "revision/adjacency.hpp"

#include <algorithm>

namespace metaxy::migrate {

Adjacency::Adjacency(std::size_t size, std::span<const Edge> edges) : begins_(size + 1, 0) {
  for (const Edge& edge : edges) {
    ++begins_[edge.first + 1];
  }
  for (std::size_t i = 1; i < begins_.size(); ++i) {
    begins_[i] += begins_[i - 1];
  }
  std::vector<Node> sorted(edges.size());
  std::vector<std::size_t> next(begins_.begin(), begins_.end() - 1);
  for (const Edge& edge : edges) {
    sorted[next[edge.first]++] = edge.second;
  }
  // Close the gaps that repeated edges leave. `seen_by` says which source met a target last.
  std::vector<Node> seen_by(size, kNone);
  targets_.reserve(sorted.size());
  std::size_t begin = 0;
  for (Node node = 0; node < size; ++node) {
    const std::size_t end = begins_[node + 1];
    for (std::size_t i = begin; i < end; ++i) {
      if (seen_by[sorted[i]] != node) {
        seen_by[sorted[i]] = node;
        targets_.push_back(sorted[i]);
      }
    }
    begin = end;
    begins_[node + 1] = targets_.size();
  }
}

Adjacency Adjacency::reversed() const {
  std::vector<Edge> edges;
  edges.reserve(targets_.size());
  for (Node node = 0; node < size(); ++node) {
    for (const Node target : of(node)) {
      edges.emplace_back(target, node);
    }
  }
  return Adjacency(size(), edges);
}

}  // namespace metaxy::migrate
