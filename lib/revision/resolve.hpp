#pragma once
// From what a person typed (`head`, a prefix, `label@head`, ...) to revision ids, for commands that name
// revisions. The targets of upgrade, downgrade, stamp and history know more forms: traversal.hpp.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "revision/graph.hpp"

namespace metaxy::migrate {

/// One id for what was typed (`head`, prefix, label@head, ...); nullopt for `base`. Throws Error(usage) for
/// unknown and ambiguous identifiers (naming the candidates), Error(integrity) for several heads where one is
/// needed.
std::optional<std::string> resolve_one(const RevisionGraph& graph, std::string_view typed);

/// All ids it stands for (`heads`, `label@heads`, `-N`: N below each head of the scripts); empty for `base`.
std::vector<std::string> resolve_all(const RevisionGraph& graph, std::string_view typed);

/// What `show` and `edit` accept: the same, and `current`, which stands for the rows of the version table.
std::vector<std::string> resolve_for_show(const RevisionGraph& graph, std::string_view typed,
                                          std::span<const std::string> current);

/// The rows that an offline run begins with: `typed` is the A of `A:B`; empty for `base`. Throws
/// Error(usage).
std::vector<std::string> resolve_start(const RevisionGraph& graph, std::string_view typed);

/// `A:B` taken apart; `from` is absent when there is no colon. Throws Error(usage) for more than one colon.
struct RevisionRange {
  std::optional<std::string> from;
  std::string to;
};
RevisionRange revision_range(std::string_view typed);

/// The words of an offline stamp, of which those that are ranges must all begin at the same revision. Throws
/// Error(usage).
struct OfflineStamp {
  std::optional<std::string> from;
  std::vector<std::string> targets;
};
OfflineStamp offline_stamp(std::span<const std::string> typed);

}  // namespace metaxy::migrate
