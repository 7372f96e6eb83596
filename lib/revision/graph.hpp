#pragma once
// The graph of revisions: pure, immutable, and valid once it exists. Dependencies (`depends_on`) are edges of order that
// do not merge; parents (`down_revision`) are edges of descent.

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "revision/revision.hpp"

namespace metaxy::migrate {

class RevisionGraph {
 public:
  /// `revisions` in load order (bytewise by file name), which is the tie-break of every traversal, as in Alembic.
  /// Throws Error(integrity) that lists ALL problems: missing parents and dependencies, duplicate ids (both files), cycles (with the path), label clashes, bad ids and labels.
  explicit RevisionGraph(std::vector<Revision> revisions);

  /// The same checks without throwing.
  static std::vector<Problem> problems_of(std::span<const Revision> revisions);

  bool empty() const;
  std::size_t size() const;
  /// In load order.
  const std::vector<Revision>& revisions() const;
  /// Exact id only. nullptr when there is none.
  const Revision* find(std::string_view id) const;

  /// Sorted as loaded. `heads` has no children; `effective_heads` leaves out those that another revision depends on, which
  /// are implied and never stored in the version table.
  std::vector<std::string> heads() const;
  std::vector<std::string> effective_heads() const;
  std::vector<std::string> bases() const;
  std::vector<std::string> children(std::string_view id) const;
  /// Parents and resolved dependencies.
  std::vector<std::string> parents_and_dependencies(std::string_view id) const;
  /// `ids` and everything they need (parents and dependencies), in an order in which they can be applied.
  std::vector<std::string> ancestors_in_order(std::span<const std::string> ids) const;
  /// Labels that lead to this revision, sorted: a label belongs to its revision, its descendants, and upwards to the branch point.
  std::vector<std::string> labels(std::string_view id) const;
  bool is_branch_point(std::string_view id) const;
  bool is_merge_point(std::string_view id) const;

 private:
  // Defined by the implementation.
};

}  // namespace metaxy::migrate
