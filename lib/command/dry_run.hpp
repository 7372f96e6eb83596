#pragma once
// `--dry-run`: the exact statements of a run, with what is known of the rows they are about. Reads only.

#include <set>
#include <string>
#include <vector>

#include "command/run_scripts.hpp"

namespace metaxy::migrate {

/// `existing`: what of that which would be adopted is there, as require_no_drift() tells.
std::vector<PlannedRevision> planned_statements(const std::vector<RunStep>& steps,
                                                const std::set<std::string>& existing, const Session& session,
                                                const Workspace& workspace, const Context& context);

/// The comments to show above a planned statement: its own, and the rows of the table that it changes.
std::vector<std::string> comment_lines(const PlannedStatement& statement);

}  // namespace metaxy::migrate
