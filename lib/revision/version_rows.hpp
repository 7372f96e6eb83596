#pragma once
// The rows of the version table as steps change them, in memory. One row a revision that is applied and that
// no other applied revision implies.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "revision/closure.hpp"
#include "revision/graph.hpp"
#include "revision/traversal.hpp"

namespace metaxy::migrate {

bool contains(std::span<const RevisionGraph::Node> nodes, RevisionGraph::Node node);

/// The revisions that `rows` name, each once, in the order of the rows. Throws Error(integrity) for an id
/// that the graph lacks.
std::vector<RevisionGraph::Node> nodes_of_rows(const RevisionGraph& graph, std::span<const std::string> rows);

/// The nodes of `applied` that no other one needs, sorted by id. `applied` holds the ancestors of each of its
/// nodes.
std::vector<RevisionGraph::Node> highest_of(const RevisionGraph& graph, const NodeSet& applied);

/// The changes that turn the rows `before` into `after`, as few as possible, in an order in which they can be
/// carried out.
std::vector<RowChange> row_changes(const RevisionGraph& graph, std::span<const RevisionGraph::Node> before,
                                   std::span<const RevisionGraph::Node> after);

class VersionRows {
 public:
  VersionRows(const RevisionGraph& graph, std::span<const RevisionGraph::Node> rows);

  /// One step up or down and what it does to the rows. Rows that another row implies (left by another tool)
  /// go with the first step.
  Step apply(RevisionGraph::Node node);
  Step revert(RevisionGraph::Node node);

 private:
  Step step(RevisionGraph::Node node, Direction direction, std::span<const RevisionGraph::Node> removed,
            std::span<const RevisionGraph::Node> added);
  void insert_row(RevisionGraph::Node node);
  void erase_row(RevisionGraph::Node node);

  const RevisionGraph& graph_;
  NodeSet applied_;
  /// How many applied revisions need a node directly.
  std::vector<std::uint32_t> users_;
  /// Sorted by id.
  std::vector<RevisionGraph::Node> rows_;
  /// Rows that were there at first though others imply them.
  std::vector<RevisionGraph::Node> surplus_;
};

}  // namespace metaxy::migrate
