#pragma once
// Which revisions a run is about: from what was typed and where the database is to steps.

#include <vector>

#include "command/run_scripts.hpp"

namespace metaxy::migrate {

/// The steps to the request's target. `A:B` means B, only if the heads are exactly A. Throws Error(usage) for
/// targets that make no sense; warns where one is ambiguous.
std::vector<Step> decide_steps(const RunRequest& request, const Session& session, const Context& context);

/// The steps to the end of what is partly done, in the direction it began with. Precondition: the session has
/// a partial revision.
std::vector<Step> steps_of_resume(const Session& session, const Workspace& workspace, const Context& context);

}  // namespace metaxy::migrate
