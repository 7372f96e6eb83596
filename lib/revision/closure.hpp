#pragma once
// Sets of revisions, and everything above or below some of them. By node; pure.

#include <cstddef>
#include <span>
#include <vector>

#include "revision/graph.hpp"

namespace metaxy::migrate {

/// Some of a graph's revisions: a flag each.
class NodeSet {
 public:
  using Node = RevisionGraph::Node;

  explicit NodeSet(std::size_t graph_size) : flags_(graph_size, 0) {}

  bool contains(Node node) const { return flags_[node] != 0; }
  /// Whether it was not in the set before.
  bool insert(Node node) {
    const bool is_new = flags_[node] == 0;
    size_ += is_new ? 1 : 0;
    flags_[node] = 1;
    return is_new;
  }
  void erase(Node node) {
    size_ -= flags_[node];
    flags_[node] = 0;
  }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  /// In load order.
  std::vector<Node> nodes() const;

 private:
  std::vector<unsigned char> flags_;
  std::size_t size_ = 0;
};

/// Which edges to follow: down over parents and dependencies or parents alone, up to children and dependents
/// or children alone.
enum class Along { needs, parents, needed_by, children };

std::span<const RevisionGraph::Node> neighbours(const RevisionGraph& graph, RevisionGraph::Node node,
                                                Along along);

/// `from` and all that can be reached from there.
NodeSet closure(const RevisionGraph& graph, std::span<const RevisionGraph::Node> from, Along along);

/// Throws Error(usage), naming both, when one of `nodes` can be reached from another.
void refuse_overlap(const RevisionGraph& graph, std::span<const RevisionGraph::Node> nodes, Along along);

}  // namespace metaxy::migrate
