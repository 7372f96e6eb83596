#include "revision/new_revision.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "revision/identifier.hpp"

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

/// Alembic refuses `@`, `-`, `+` and `:`, which mean something in identifiers; we refuse all that is not an
/// id.
void require_free_id(const RevisionGraph& graph, const std::string& id) {
  if (!is_revision_id(id)) {
    throw Error(ErrorKind::usage, bad_revision_id(id),
                {.where = std::nullopt,
                 .hint = "use letters, digits, '_' and '.', but not head, heads, base or current",
                 .notes = {}});
  }
  if (graph.node_of_id(id) || graph.node_of_label(id)) {
    throw Error(ErrorKind::usage,
                fmt::format("revision identifier '{}' is already used{}", id,
                            graph.node_of_id(id) ? "" : " as a branch label"),
                {.where = std::nullopt, .hint = "leave --rev-id out to get a new one", .notes = {}});
  }
}

void require_free_label(const RevisionGraph& graph, const NewRevision& wanted, const std::string& label) {
  if (!is_branch_label(label)) {
    throw Error(ErrorKind::usage, fmt::format("'{}' is not allowed as a branch label", label),
                {.where = std::nullopt,
                 .hint = "use letters, digits, '_', '.' and '-' (not before a digit), but not head, heads, "
                         "base or current",
                 .notes = {}});
  }
  std::optional<Node> owner = graph.node_of_label(label);
  if (!owner) {
    owner = graph.node_of_id(label);
  }
  if (owner || label == wanted.id ||
      std::count(wanted.branch_labels.begin(), wanted.branch_labels.end(), label) > 1) {
    throw Error(ErrorKind::usage,
                fmt::format("branch name '{}' is already used by revision '{}'", label,
                            owner ? graph.id(*owner) : wanted.id),
                {.where = std::nullopt, .hint = "choose another label", .notes = {}});
  }
}

std::vector<Node> parents_of(const RevisionGraph& graph, const NewRevision& wanted) {
  std::vector<Node> parents;
  for (const std::string& typed : wanted.heads) {
    const std::vector<Node> nodes = revisions_at(places_of(graph, typed), typed);
    parents.insert(parents.end(), nodes.begin(), nodes.end());
  }
  if (std::set<Node>(parents.begin(), parents.end()).size() != parents.size()) {
    throw Error(ErrorKind::usage,
                fmt::format("duplicate head revisions specified: {}", join(graph.ids(parents), ", ")));
  }
  return parents;
}

std::string dependency_of(const RevisionGraph& graph, const std::string& typed) {
  const std::optional<Node> node = place_of_one(graph, typed);
  if (!node) {
    throw Error(ErrorKind::usage, fmt::format("cannot depend on '{}': it stands for no revision", typed));
  }
  const std::vector<std::string> labels = graph.labels(*node);
  return std::find(labels.begin(), labels.end(), typed) != labels.end() ? typed : graph.id(*node);
}

}  // namespace

Revision planned_revision(const RevisionGraph& graph, const NewRevision& wanted) {
  require_free_id(graph, wanted.id);
  const std::vector<Node> parents = parents_of(graph, wanted);
  for (const Node parent : parents) {
    if (!wanted.is_spliced && !graph.is_head(parent)) {
      throw Error(ErrorKind::usage,
                  fmt::format("revision {} is not a head revision: a new branch from it needs --splice",
                              graph.id(parent)),
                  {.where = std::nullopt, .hint = "leave --head out to go on from the head", .notes = {}});
    }
  }
  Revision revision;
  revision.id = wanted.id;
  revision.message = wanted.message;
  revision.down_revisions = graph.ids(parents);
  for (const std::string& typed : wanted.depends_on) {
    revision.depends_on.push_back(dependency_of(graph, typed));
  }
  for (const std::string& label : wanted.branch_labels) {
    require_free_label(graph, wanted, label);
  }
  revision.branch_labels = wanted.branch_labels;
  return revision;
}

}  // namespace metaxy::migrate
