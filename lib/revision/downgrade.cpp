#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "revision/descent.hpp"
#include "revision/target.hpp"
#include "revision/traversal.hpp"
#include "revision/version_rows.hpp"

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

/// What is to go first: the children of the target, or all bases. More than one counts as a choice that a
/// branch makes; a base counts once for each of its names, as in Alembic, which has them all in one table.
struct Roots {
  std::vector<Node> nodes;
  std::size_t names = 0;
};

Roots roots_above(const RevisionGraph& graph, const Place& target) {
  Roots roots;
  if (target.is_revision()) {
    const std::span<const Node> children = graph.children(target.node);
    roots.nodes.assign(children.begin(), children.end());
    roots.names = roots.nodes.size();
    return roots;
  }
  roots.nodes = graph.base_nodes();
  for (const Node base : roots.nodes) {
    roots.names += 1 + graph.revision(base).branch_labels.size();
  }
  return roots;
}

void keep_roots_of_branch(const RevisionGraph& graph, std::vector<Node>& roots, const std::string& branch) {
  const std::vector<Node> tip = {revision_of_branch(graph, branch)};
  const NodeSet below = closure(graph, tip, Along::parents);
  std::erase_if(roots, [&](Node root) { return !below.contains(root); });
  if (roots.empty()) {
    throw Error(ErrorKind::usage,
                fmt::format("not a valid downgrade target from current heads: branch '{}' does not "
                            "lead to it",
                            branch));
  }
}

}  // namespace

std::vector<Step> downgrade_steps(const RevisionGraph& graph, std::span<const std::string> current,
                                  std::string_view target) {
  const RangeEnd here{nodes_of_rows(graph, current), std::nullopt};
  const DowngradeTarget wanted = downgrade_target(graph, here, target, Overwalk::refuse);
  Roots roots = roots_above(graph, wanted.place);
  if (!wanted.branch.empty() && roots.names > 1) {
    keep_roots_of_branch(graph, roots.nodes, wanted.branch);
  }

  const NodeSet applied = closure(graph, here.rows, Along::needs);
  NodeSet going(graph.size());
  for (const Node node : closure(graph, roots.nodes, Along::needed_by).nodes()) {
    if (applied.contains(node)) {
      going.insert(node);
    }
  }
  const bool is_row = std::find(here.rows.begin(), here.rows.end(), wanted.place.node) != here.rows.end();
  if (wanted.place.is_revision() && going.empty() && !is_row) {
    throw Error(ErrorKind::usage,
                fmt::format("destination {} is not a valid downgrade target from current head(s)", target),
                {.where = std::nullopt,
                 .hint = "it is not applied, or nothing above it is; 'current' lists what is applied",
                 .notes = {}});
  }
  std::vector<Step> steps;
  VersionRows rows(graph, here.rows);
  for (const Node node : newest_first(graph, going, here.rows)) {
    steps.push_back(rows.revert(node));
  }
  return steps;
}

std::string downgrade_warning(std::span<const std::string> current, std::string_view target) {
  const std::optional<RelativeIdentifier> relative = relative_identifier(target);
  const bool is_bare =
      relative && relative->steps < 0 && relative->branch.empty() && relative->symbol.empty();
  const bool has_several = std::any_of(current.begin(), current.end(),
                                       [&](const std::string& row) { return row != current.front(); });
  if (!is_bare || !has_several) {
    return {};
  }
  return fmt::format(
      "downgrade {} from multiple heads is ambiguous: it goes down from '{}', the first row of the version "
      "table; name the branch, as in '{}@{}'",
      relative->number, current.front(), current.front(), relative->number);
}

}  // namespace metaxy::migrate
