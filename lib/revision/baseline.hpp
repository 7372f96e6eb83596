#pragma once
// Scripts that stand for others (`replaces`): a database that has none of the replaced revisions gets the
// script instead of them; one that has them keeps them, and the script counts as applied. Either way the two
// lead to the same schema, and what stands on the one stands on the other. Pure.

#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "revision/graph.hpp"
#include "revision/revision.hpp"

namespace metaxy::migrate {

inline bool is_baseline(const Revision& revision) { return !revision.replaces.empty(); }

/// What is wrong with the scripts that replace others: one that has parents, or replaces what is not there or
/// what another one replaces.
std::vector<Problem> baseline_problems(std::span<const Revision> revisions);

/// Every fault of the graph, with those of its baselines.
std::vector<Problem> problems_of(const std::vector<Revision>& revisions);

/// The revisions as a database sees them. A baseline in `standing` takes the place of what it replaces, with
/// their labels; every other baseline is left out, and what names it names the newest that it replaces.
std::vector<Revision> told(std::vector<Revision> revisions, const std::set<std::string>& standing);

/// The baselines that stand for what they replace in a database with these rows: where nothing that they
/// replace is applied, and where they themselves were. `history` is the graph without baselines; `ran` says
/// of a baseline whether the database's log knows that it was applied and not undone.
std::set<std::string> standing_baselines(std::span<const Revision> revisions, const RevisionGraph& history,
                                         std::span<const std::string> rows, const std::set<std::string>& ran);

/// `ids`, in an order in which they can be applied, with each baseline in the place of what it replaces where
/// all of that is among them: for the fold, which can read a script and not Alembic's files.
std::vector<std::string> with_baselines(std::vector<std::string> ids, std::span<const Revision> revisions);

}  // namespace metaxy::migrate
