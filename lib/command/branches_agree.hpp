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

/// The same for every two of the parents that a revision is to have.
void require_parents_agree(const std::vector<std::string>& parents, const Workspace& workspace,
                           const Context& context);

/// What a run would do to what other branches did in this database: its changes must fit what is applied, and
/// a table that it makes anew must not have been changed by a script that it does not stand on. Throws
/// Error(integrity); nothing is changed.
void require_run_fits(const std::vector<RunStep>& steps, const AppliedScripts& applied,
                      const Session& session, const Workspace& workspace, const Context& context);

}  // namespace metaxy::migrate
