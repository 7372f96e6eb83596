#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "revision/closure.hpp"
#include "revision/identifier.hpp"
#include "revision/traversal.hpp"
#include "revision/version_rows.hpp"

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

enum class Move { new_branch, up, down, close_branch };

struct PlannedStamp {
  Move move = Move::up;
  std::vector<Node> from;
  std::optional<Node> to;
};

bool any_in(const NodeSet& set, std::span<const Node> nodes) {
  return std::any_of(nodes.begin(), nodes.end(), [&](Node node) { return set.contains(node); });
}

/// The rows that lie on a line with any of the targets, dependencies counted.
std::vector<Node> rows_concerned(const RevisionGraph& graph, std::span<const Node> rows,
                                 std::span<const std::string> targets) {
  std::vector<Node> concerned;
  for (const std::string& target : targets) {
    if (target.empty()) {
      continue;
    }
    for (const Node row : on_branch(graph, rows, target, Lineage::along_needs)) {
      if (!contains(concerned, row)) {
        concerned.push_back(row);
      }
    }
  }
  return concerned;
}

std::vector<Node> destinations(const RevisionGraph& graph, std::span<const std::string> targets) {
  std::vector<Node> nodes;
  for (const std::string& target : targets) {
    for (const Node node : revisions_at(places_of(graph, target), target)) {
      nodes.push_back(node);
    }
  }
  return nodes;
}

/// Alembic plans every step from the rows at the start, not from what the step before leaves.
std::vector<PlannedStamp> planned(const RevisionGraph& graph, std::span<const Node> concerned,
                                  std::span<const Node> wanted) {
  std::vector<PlannedStamp> plan;
  if (wanted.empty()) {
    for (const Node row : concerned) {
      plan.push_back({Move::close_branch, {row}, std::nullopt});
    }
  }
  for (const Node node : wanted) {
    const std::vector<Node> one = {node};
    if (contains(concerned, node)) {
      continue;
    }
    if (any_in(closure(graph, one, Along::needed_by), concerned)) {
      plan.push_back({Move::down, {concerned.begin(), concerned.end()}, node});
    } else if (any_in(closure(graph, one, Along::needs), concerned)) {
      plan.push_back({Move::up, {concerned.begin(), concerned.end()}, node});
    } else {
      plan.push_back({Move::new_branch, {}, node});
    }
  }
  return plan;
}

Error contradiction(const RevisionGraph& graph, const PlannedStamp& stamp) {
  return Error(
      ErrorKind::usage,
      fmt::format("the stamp targets contradict each other: '{}' would replace a row that another target has "
                  "already replaced, or is asked for twice",
                  graph.id(*stamp.to)),
      {.where = std::nullopt, .hint = "give only the heads that the database is to have", .notes = {}});
}

/// The rows after one planned step, in Alembic's words: delete, insert, merge or update.
std::vector<Node> rows_after(const RevisionGraph& graph, const PlannedStamp& stamp, std::vector<Node> rows) {
  if (stamp.move == Move::close_branch) {
    std::erase(rows, stamp.from.front());
    return rows;
  }
  const bool has_all =
      std::all_of(stamp.from.begin(), stamp.from.end(), [&](Node row) { return contains(rows, row); });
  if (contains(rows, *stamp.to)) {
    throw contradiction(graph, stamp);
  }
  const bool is_insert = stamp.move == Move::new_branch || (stamp.move == Move::up && !has_all);
  if (!is_insert) {
    if (!has_all) {
      throw contradiction(graph, stamp);
    }
    std::erase_if(rows, [&](Node row) { return contains(stamp.from, row); });
  }
  rows.push_back(*stamp.to);
  return rows;
}

}  // namespace

std::vector<StampStep> stamp_steps(const RevisionGraph& graph, std::span<const std::string> current,
                                   std::span<const std::string> targets) {
  if (targets.empty()) {
    throw Error(ErrorKind::usage, "stamp needs at least one target",
                {.where = std::nullopt, .hint = "'stamp base' removes all rows", .notes = {}});
  }
  std::vector<Node> rows = nodes_of_rows(graph, current);
  const std::vector<Node> concerned = rows_concerned(graph, rows, targets);
  std::vector<StampStep> steps;
  for (const PlannedStamp& stamp : planned(graph, concerned, destinations(graph, targets))) {
    std::vector<Node> after = rows_after(graph, stamp, rows);
    const std::vector<Node> highest = highest_of(graph, closure(graph, after, Along::needs));
    std::erase_if(after, [&](Node row) { return !contains(highest, row); });
    StampStep step;
    step.rows = row_changes(graph, rows, after);
    rows = std::move(after);
    if (step.rows.empty()) {
      continue;  // The target is below another one, and implied by it.
    }
    step.from = graph.ids(stamp.from);
    std::sort(step.from.begin(), step.from.end());
    if (stamp.to) {
      step.to = {graph.id(*stamp.to)};
    }
    step.heads_after = graph.ids(highest);
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace metaxy::migrate
