#include "revision/identifier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/suggest.hpp"
#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

std::vector<std::string> all_names(const RevisionGraph& graph) {
  std::vector<std::string> names;
  for (const Revision& revision : graph.revisions()) {
    names.push_back(revision.id);
  }
  for (const Revision& revision : graph.revisions()) {
    names.insert(names.end(), revision.branch_labels.begin(), revision.branch_labels.end());
  }
  return names;
}

Error cannot_locate(std::string_view typed, std::string_view why, std::string hint = {}) {
  return Error(ErrorKind::usage, fmt::format("can't locate revision identified by '{}': {}", typed, why),
               {.where = std::nullopt, .hint = std::move(hint), .notes = {}});
}

Error several_heads(const RevisionGraph& graph, std::span<const Node> heads, std::string_view typed) {
  std::vector<std::string> quoted;
  for (const Node head : heads) {
    quoted.push_back(in_quotes(graph.id(head)));
  }
  return Error(
      ErrorKind::integrity,
      fmt::format("multiple heads are present where '{}' needs one (multiple head revisions are present for "
                  "given argument '{}'): {}",
                  typed, typed, join(quoted, ", ")),
      {.where = std::nullopt,
       .hint =
           "name one of them, or a branch as in 'label@head', or 'heads' for all of them; 'merge' joins them",
       .notes = {}});
}

std::optional<Node> exact(const RevisionGraph& graph, std::string_view name) {
  const std::optional<Node> by_id = graph.node_of_id(name);
  return by_id ? by_id : graph.node_of_label(name);
}

struct NamedNode {
  std::string_view name;
  Node node = 0;
};

/// Ids in load order, then labels. Short names must be typed in full.
std::vector<NamedNode> names_with_prefix(const RevisionGraph& graph, std::string_view prefix) {
  constexpr std::size_t kLongestWhole = 3;
  std::vector<NamedNode> found;
  const auto add = [&](std::string_view name, Node node) {
    if (name.size() > kLongestWhole && name.starts_with(prefix)) {
      found.push_back({name, node});
    }
  };
  for (Node node = 0; node < graph.size(); ++node) {
    add(graph.id(node), node);
  }
  for (Node node = 0; node < graph.size(); ++node) {
    for (const std::string& label : graph.revision(node).branch_labels) {
      add(label, node);
    }
  }
  return found;
}

/// `wanted` says what is looked for, in the error.
Node revision_with_prefix(const RevisionGraph& graph, std::string_view prefix, std::string_view branch,
                          std::string_view wanted) {
  if (prefix.empty()) {
    throw Error(ErrorKind::usage, "can't locate a revision: the identifier is empty");
  }
  std::vector<NamedNode> found = names_with_prefix(graph, prefix);
  if (!branch.empty() && !found.empty()) {
    const std::optional<NodeSet> members = lineage_of(graph, branch);
    std::erase_if(found, [&](const NamedNode& named) { return members && !members->contains(named.node); });
  }
  if (found.empty()) {
    throw cannot_locate(prefix, fmt::format("no such {}", wanted), did_you_mean(prefix, all_names(graph)));
  }
  if (found.size() > 1) {
    constexpr std::size_t kShown = 10;
    std::vector<std::string> quoted;
    for (std::size_t i = 0; i < std::min(found.size(), kShown); ++i) {
      quoted.push_back(in_quotes(found[i].name));
    }
    throw cannot_locate(prefix,
                        fmt::format("multiple revisions start with it: {}{}", join(quoted, ", "),
                                    found.size() > kShown ? ", ..." : ""),
                        "type more of the id");
  }
  return found.front().node;
}

/// What was typed before single revisions are looked up: heads as nodes, or a name still to be found.
struct Meaning {
  std::vector<Node> heads;
  std::optional<std::string_view> name;
  /// What stands before '@'. Absent and empty differ for `-N`.
  std::optional<std::string_view> branch;
};

Meaning meaning_of(const RevisionGraph& graph, std::string_view typed) {
  Meaning meaning;
  std::string_view symbol = typed;
  const std::size_t at = typed.find('@');
  if (at != std::string_view::npos) {
    meaning.branch = typed.substr(0, at);
    symbol = typed.substr(at + 1);
  }
  const bool has_branch = meaning.branch && !meaning.branch->empty();
  if (symbol == "heads") {
    meaning.heads =
        has_branch ? on_branch(graph, graph.head_nodes(), *meaning.branch) : graph.effective_head_nodes();
  } else if (symbol == "head") {
    meaning.heads = has_branch ? on_branch(graph, graph.head_nodes(), *meaning.branch) : graph.head_nodes();
    if (meaning.heads.size() > 1) {
      throw several_heads(graph, meaning.heads, typed);
    }
  } else if (symbol != "base") {
    meaning.name = symbol;
  }
  return meaning;
}

void require_on_branch(const RevisionGraph& graph, Node node, std::string_view branch,
                       std::string_view typed) {
  const std::vector<Node> tip = {revision_of_branch(graph, branch)};
  if (!closure(graph, tip, Along::parents).contains(node) &&
      !closure(graph, tip, Along::children).contains(node)) {
    throw cannot_locate(typed,
                        fmt::format("revision '{}' is not a member of branch '{}'", graph.id(node), branch));
  }
}

/// The number N of `-N`, which stands for "N below the heads" where revisions are named.
std::optional<std::int64_t> steps_below_heads(std::string_view name) {
  const std::optional<RelativeIdentifier> relative = relative_identifier(name);
  const bool is_whole = relative && relative->number.size() == name.size() && relative->steps < 0;
  return is_whole ? std::optional<std::int64_t>(relative->steps) : std::nullopt;
}

std::vector<Place> places_below_heads(const RevisionGraph& graph, std::int64_t steps,
                                      std::optional<std::string_view> branch) {
  std::vector<Place> places;
  for (const Node head : graph.effective_head_nodes()) {
    const std::vector<std::string> labels = branch ? graph.labels(head) : std::vector<std::string>{};
    if (!branch || std::find(labels.begin(), labels.end(), *branch) != labels.end()) {
      places.push_back(walk(graph, head, steps, {}, Overwalk::refuse));
    }
  }
  return places;
}

}  // namespace

Node revision_of_branch(const RevisionGraph& graph, std::string_view branch) {
  const std::optional<Node> found = exact(graph, branch);
  return found ? *found : revision_with_prefix(graph, branch, {}, "branch");
}

Node revision_named(const RevisionGraph& graph, std::string_view name, std::string_view branch) {
  if (!branch.empty()) {
    revision_of_branch(graph, branch);
  }
  const std::optional<Node> found = exact(graph, name);
  const Node node = found ? *found : revision_with_prefix(graph, name, branch, "revision or branch");
  if (!branch.empty()) {
    require_on_branch(graph, node, branch, name);
  }
  return node;
}

std::optional<NodeSet> lineage_of(const RevisionGraph& graph, std::string_view branch, Lineage lineage) {
  const Meaning meaning = meaning_of(graph, branch);
  std::vector<Node> tips = meaning.heads;
  if (meaning.branch && !meaning.branch->empty()) {
    tips.push_back(revision_named(graph, *meaning.branch));
  }
  if (meaning.name) {
    tips.push_back(revision_named(graph, *meaning.name));
  }
  if (tips.empty()) {
    return std::nullopt;
  }
  const bool with_needs = lineage == Lineage::along_needs;
  NodeSet members = closure(graph, tips, with_needs ? Along::needs : Along::parents);
  for (const Node node : closure(graph, tips, with_needs ? Along::needed_by : Along::children).nodes()) {
    members.insert(node);
  }
  return members;
}

std::vector<Node> on_branch(const RevisionGraph& graph, std::span<const Node> nodes, std::string_view branch,
                            Lineage lineage) {
  if (nodes.empty()) {
    // As in Alembic an unknown branch is no fault then, though several heads for `head` are.
    meaning_of(graph, branch);
    return {};
  }
  const std::optional<NodeSet> members = lineage_of(graph, branch, lineage);
  std::vector<Node> found;
  for (const Node node : nodes) {
    if (!members || members->contains(node)) {
      found.push_back(node);
    }
  }
  return found;
}

std::optional<Node> place_of_one(const RevisionGraph& graph, std::string_view typed) {
  const Meaning meaning = meaning_of(graph, typed);
  if (meaning.heads.size() > 1) {
    throw several_heads(graph, meaning.heads, typed);
  }
  const std::string_view branch = meaning.branch.value_or(std::string_view());
  if (meaning.name) {
    return revision_named(graph, *meaning.name, branch);
  }
  if (meaning.heads.empty()) {
    return std::nullopt;
  }
  if (!branch.empty()) {
    require_on_branch(graph, meaning.heads.front(), branch, typed);
  }
  return meaning.heads.front();
}

std::vector<Place> places_of(const RevisionGraph& graph, std::string_view typed) {
  const Meaning meaning = meaning_of(graph, typed);
  const std::string_view branch = meaning.branch.value_or(std::string_view());
  if (meaning.name) {
    const std::optional<std::int64_t> steps = steps_below_heads(*meaning.name);
    if (steps) {
      return places_below_heads(graph, *steps, meaning.branch);
    }
    return {Place::at(revision_named(graph, *meaning.name, branch))};
  }
  std::vector<Place> places;
  for (const Node head : meaning.heads) {
    if (!branch.empty()) {
      require_on_branch(graph, head, branch, typed);
    }
    places.push_back(Place::at(head));
  }
  return places;
}

std::vector<Node> revisions_at(std::span<const Place> places, std::string_view typed) {
  std::vector<Node> nodes;
  for (const Place& place : places) {
    if (!place.is_revision()) {
      throw Error(ErrorKind::usage,
                  fmt::format("'{}' walks too far: it leads {}", typed,
                              place.kind == Place::Kind::base ? "to the base, where there is no revision"
                                                              : "out of the graph"));
    }
    nodes.push_back(place.node);
  }
  return nodes;
}

}  // namespace metaxy::migrate
