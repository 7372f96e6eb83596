#include "revision/version_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

std::vector<Node> without(std::span<const Node> nodes, std::span<const Node> others) {
  std::vector<Node> left;
  std::copy_if(nodes.begin(), nodes.end(), std::back_inserter(left),
               [&](Node node) { return !contains(others, node); });
  return left;
}

/// The last row removed is updated to the last one added; before that the others are deleted or inserted.
std::vector<RowChange> changes_between(const RevisionGraph& graph, std::span<const Node> removed,
                                       std::span<const Node> added) {
  std::vector<RowChange> changes;
  const bool has_update = !removed.empty() && !added.empty();
  for (std::size_t i = 0; i + (has_update ? 1 : 0) < removed.size(); ++i) {
    changes.push_back({RowChange::Kind::remove, graph.id(removed[i]), {}});
  }
  for (std::size_t i = 0; i + (has_update ? 1 : 0) < added.size(); ++i) {
    changes.push_back({RowChange::Kind::insert, {}, graph.id(added[i])});
  }
  if (has_update) {
    changes.push_back({RowChange::Kind::update, graph.id(removed.back()), graph.id(added.back())});
  }
  return changes;
}

}  // namespace

bool contains(std::span<const Node> nodes, Node node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

std::vector<Node> nodes_of_rows(const RevisionGraph& graph, std::span<const std::string> rows) {
  std::vector<Node> nodes;
  for (const std::string& row : rows) {
    const std::optional<Node> node = graph.node_of_id(row);
    if (!node) {
      throw Error(
          ErrorKind::integrity,
          fmt::format(
              "can't locate revision identified by '{}': the version table has it, but no script does", row),
          {.where = std::nullopt,
           .hint = "bring its script back, or 'stamp --purge' what the database really holds",
           .notes = {}});
    }
    if (!contains(nodes, *node)) {
      nodes.push_back(*node);
    }
  }
  return nodes;
}

std::vector<Node> highest_of(const RevisionGraph& graph, const NodeSet& applied) {
  std::vector<Node> highest;
  for (const Node node : applied.nodes()) {
    const std::span<const Node> users = graph.needed_by(node);
    if (std::none_of(users.begin(), users.end(), [&](Node user) { return applied.contains(user); })) {
      highest.push_back(node);
    }
  }
  std::sort(highest.begin(), highest.end(), [&](Node a, Node b) { return graph.id(a) < graph.id(b); });
  return highest;
}

std::vector<RowChange> row_changes(const RevisionGraph& graph, std::span<const Node> before,
                                   std::span<const Node> after) {
  return changes_between(graph, without(before, after), without(after, before));
}

VersionRows::VersionRows(const RevisionGraph& graph, std::span<const Node> rows)
    : graph_(graph), applied_(closure(graph, rows, Along::needs)), users_(graph.size(), 0) {
  for (const Node node : applied_.nodes()) {
    for (const Node user : graph.needed_by(node)) {
      users_[node] += applied_.contains(user) ? 1 : 0;
    }
  }
  rows_ = highest_of(graph, applied_);
  surplus_ = without(rows, rows_);
}

Step VersionRows::apply(Node node) {
  std::vector<Node> removed;
  applied_.insert(node);
  for (const Node needed : graph_.all_needs(node)) {
    if (users_[needed]++ == 0) {
      removed.push_back(needed);
    }
  }
  const std::vector<Node> added = {node};
  return step(node, Direction::upgrade, removed, added);
}

Step VersionRows::revert(Node node) {
  std::vector<Node> added;
  applied_.erase(node);
  for (const Node needed : graph_.all_needs(node)) {
    if (--users_[needed] == 0) {
      added.push_back(needed);
    }
  }
  const std::vector<Node> removed = {node};
  return step(node, Direction::downgrade, removed, added);
}

Step VersionRows::step(Node node, Direction direction, std::span<const Node> removed,
                       std::span<const Node> added) {
  Step step;
  step.revision = graph_.id(node);
  step.direction = direction;
  std::vector<Node> gone = std::exchange(surplus_, {});
  gone.insert(gone.end(), removed.begin(), removed.end());
  // A surplus row may be one that becomes a row of its own right now.
  step.rows = changes_between(graph_, without(gone, added), without(added, gone));
  for (const Node row : removed) {
    erase_row(row);
  }
  for (const Node row : added) {
    insert_row(row);
  }
  step.heads_after = graph_.ids(rows_);
  return step;
}

void VersionRows::insert_row(Node node) {
  const auto place = std::lower_bound(rows_.begin(), rows_.end(), node,
                                      [this](Node a, Node b) { return graph_.id(a) < graph_.id(b); });
  rows_.insert(place, node);
}

void VersionRows::erase_row(Node node) { rows_.erase(std::find(rows_.begin(), rows_.end(), node)); }

}  // namespace metaxy::migrate
