#pragma once
// Before branches are joined: do their scripts contradict each other?

#include <string>
#include <vector>

#include "command/run_scripts.hpp"
#include "command/workspace.hpp"
#include "plan/contradiction.hpp"

namespace metaxy::migrate {

/// Two branches as ids of the workspace's graph, each list in an order in which it can be applied.
struct BranchPair {
  std::vector<std::string> common;
  std::vector<std::string> left;
  std::vector<std::string> right;
  BranchOrder order = BranchOrder::any;
};

/// Throws Error(integrity) that lists every contradiction with its scripts; tells the observer what could not
/// be compared.
void require_agreement(const BranchPair& pair, const Workspace& workspace, const Context& context);

/// For a revision that is to have these parents: those whose branches must come before the others', in that
/// order, to be written as its `depends_on`; empty where any order will do. Throws Error(integrity) where
/// none fits, or another one than the database has. `session`: of the database, where it is open already.
std::vector<std::string> parents_to_come_first(const std::vector<std::string>& parents,
                                               const Workspace& workspace, const Context& context,
                                               const Session* session = nullptr);

/// Heads beside `below`, and what that stands on, which changed one of the tables (as messages show them):
/// what a script that makes those anew must depend on, if it knows the changes.
std::vector<std::string> heads_with_changes_to(const std::set<std::string>& tables,
                                               const std::vector<std::string>& below,
                                               const Workspace& workspace, const Context& context);

/// What a run would do to what other branches did in this database: its changes must fit what is applied, and
/// a table that it makes anew must not have been changed by a script that it does not stand on. Throws
/// Error(integrity); nothing is changed.
void require_run_fits(const std::vector<RunStep>& steps, const AppliedScripts& applied,
                      const Session& session, const Workspace& workspace, const Context& context);

}  // namespace metaxy::migrate
