#pragma once
// What an identifier that somebody typed stands for, by node: ids, labels, unique prefixes, `head`, `heads`,
// `base`, `branch@...`, and relative forms. Alembic's grammar. Where it is used from is in resolve.hpp and
// traversal.hpp.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "revision/closure.hpp"
#include "revision/graph.hpp"

namespace metaxy::migrate {

/// Where an identifier or a walk ends: at a revision, at the base (below the oldest one), or nowhere.
struct Place {
  enum class Kind { revision, base, nowhere };
  Kind kind = Kind::nowhere;
  RevisionGraph::Node node = 0;

  static Place at(RevisionGraph::Node node) { return {Kind::revision, node}; }
  static Place base() { return {Kind::base, 0}; }
  static Place nowhere() { return {}; }
  bool is_revision() const { return kind == Kind::revision; }
};

/// `name`, exact id or label first, else a unique prefix of an id or label of more than three characters.
/// With `branch` the revision must be on that branch, and only prefixes on it count. Throws Error(usage).
RevisionGraph::Node revision_named(const RevisionGraph& graph, std::string_view name,
                                   std::string_view branch = {});

/// The revision that a branch is named by: a label, an id or a prefix. Throws Error(usage).
RevisionGraph::Node revision_of_branch(const RevisionGraph& graph, std::string_view branch);

/// Whether only parents and children make a branch, or dependencies too.
enum class Lineage { parents_only, along_needs };

/// All revisions above and below what `branch` stands for; nothing when that is the base, which means all.
/// Throws Error(usage).
std::optional<NodeSet> lineage_of(const RevisionGraph& graph, std::string_view branch,
                                  Lineage lineage = Lineage::parents_only);

/// Those of `nodes` that are in that lineage, in the given order.
std::vector<RevisionGraph::Node> on_branch(const RevisionGraph& graph,
                                           std::span<const RevisionGraph::Node> nodes,
                                           std::string_view branch, Lineage lineage = Lineage::parents_only);

/// The one revision `typed` stands for; nothing for `base`. Throws Error(integrity) for several heads,
/// Error(usage) for what is unknown.
std::optional<RevisionGraph::Node> place_of_one(const RevisionGraph& graph, std::string_view typed);

/// All that `typed` stands for: several for `heads`, none for `base`. `-N` and `label@-N` stand for the
/// places N below the heads of the scripts, which may be the base or nowhere.
std::vector<Place> places_of(const RevisionGraph& graph, std::string_view typed);

/// The revisions among `places`. Throws Error(usage) naming `typed` when one is not a revision.
std::vector<RevisionGraph::Node> revisions_at(std::span<const Place> places, std::string_view typed);

/// `branch@symbol+N`, each part but the number optional.
struct RelativeIdentifier {
  std::string branch;
  std::string symbol;
  std::int64_t steps = 0;
  /// The number as typed, with its sign.
  std::string number;
};
std::optional<RelativeIdentifier> relative_identifier(std::string_view typed);

/// Whether a walk that would leave the graph ends nowhere or stays at the last revision.
enum class Overwalk { refuse, clamp };

/// `steps` revisions up (positive) or down from `start` (nothing: the base, below which there is nothing).
/// Going up, only children on `branch` count, if it is not empty. Throws Error(usage) where the way forks.
Place walk(const RevisionGraph& graph, std::optional<RevisionGraph::Node> start, std::int64_t steps,
           std::string_view branch, Overwalk overwalk);

/// The error of a relative target that leads nowhere.
Error too_few_revisions(std::string_view number);

}  // namespace metaxy::migrate
