#pragma once
// The graph of revisions: pure, immutable, and valid once it exists. Dependencies (`depends_on`) are edges of
// order that do not merge; parents (`down_revision`) are edges of descent.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "revision/graph_parts.hpp"
#include "revision/revision.hpp"

namespace metaxy::migrate {

class RevisionGraph {
 public:
  /// A revision's place in load order. Traversals work on nodes, so that they copy and compare no text.
  using Node = Adjacency::Node;

  /// `revisions` in load order (bytewise by file name), which is the tie-break of every traversal, as in
  /// Alembic. Throws Error(integrity) that lists ALL problems: missing parents and dependencies, duplicate
  /// ids (both files), cycles (with the path), label clashes, bad ids and labels.
  explicit RevisionGraph(std::vector<Revision> revisions);
  RevisionGraph(RevisionGraph&&) noexcept = default;
  RevisionGraph& operator=(RevisionGraph&&) noexcept = default;
  // Not copied: the tables of names are views into the revisions.
  RevisionGraph(const RevisionGraph&) = delete;
  RevisionGraph& operator=(const RevisionGraph&) = delete;
  ~RevisionGraph() = default;

  /// The same checks without throwing.
  static std::vector<Problem> problems_of(std::span<const Revision> revisions);

  bool empty() const { return revisions_.empty(); }
  std::size_t size() const { return revisions_.size(); }
  /// In load order.
  const std::vector<Revision>& revisions() const { return revisions_; }
  /// Exact id only. nullptr when there is none.
  const Revision* find(std::string_view id) const;

  /// Sorted as loaded. `heads` has no children; `effective_heads` leaves out those that another revision
  /// depends on, which are implied and never stored in the version table.
  std::vector<std::string> heads() const;
  std::vector<std::string> effective_heads() const;
  std::vector<std::string> bases() const;
  // The functions below that take an id throw Error(usage) when there is no such revision.
  std::vector<std::string> children(std::string_view id) const;
  /// Parents and resolved dependencies.
  std::vector<std::string> parents_and_dependencies(std::string_view id) const;
  /// `ids` and everything they need (parents and dependencies), in an order in which they can be applied:
  /// Alembic's.
  std::vector<std::string> ancestors_in_order(std::span<const std::string> ids) const;
  /// Labels that lead to this revision, sorted: a label belongs to its revision, to all descendants, and
  /// upwards to the branch or merge point above while the revision's descendants are one line.
  std::vector<std::string> labels(std::string_view id) const;
  bool is_branch_point(std::string_view id) const;
  bool is_merge_point(std::string_view id) const;

  // The same by node.
  const Revision& revision(Node node) const { return revisions_[node]; }
  const std::string& id(Node node) const { return revisions_[node].id; }
  std::optional<Node> node_of_id(std::string_view id) const;
  std::optional<Node> node_of_label(std::string_view label) const;
  std::span<const Node> parents(Node node) const { return parts_.parents.of(node); }
  std::span<const Node> children(Node node) const { return parts_.children.of(node); }
  /// Parents, then all dependencies.
  std::span<const Node> all_needs(Node node) const { return parts_.all_needs.of(node); }
  /// Parents, then the dependencies that no ancestor lists already.
  std::span<const Node> needs(Node node) const { return parts_.needs.of(node); }
  /// Children and all that list it as a dependency.
  std::span<const Node> needed_by(Node node) const { return parts_.needed_by.of(node); }
  /// `needs` and `needed_by` with the order that merges ask for: see GraphParts.
  std::span<const Node> comes_after(Node node) const { return parts_.comes_after.of(node); }
  std::span<const Node> comes_before(Node node) const { return parts_.comes_before.of(node); }
  bool is_head(Node node) const { return children(node).empty(); }
  bool is_effective_head(Node node) const { return needed_by(node).empty(); }
  bool is_base(Node node) const { return parents(node).empty(); }
  bool is_branch_point(Node node) const { return children(node).size() > 1; }
  bool is_merge_point(Node node) const { return parents(node).size() > 1; }
  std::vector<Node> head_nodes() const;
  std::vector<Node> effective_head_nodes() const;
  std::vector<Node> base_nodes() const;
  std::vector<std::string> labels(Node node) const;
  std::vector<std::string> ids(std::span<const Node> nodes) const;

 private:
  Node existing(std::string_view id) const;
  template <typename Claim>
  std::vector<Node> nodes_that(Claim claim) const;

  std::vector<Revision> revisions_;
  GraphParts parts_;
};

}  // namespace metaxy::migrate
