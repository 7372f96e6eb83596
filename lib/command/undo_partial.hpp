#pragma once
// `downgrade` while an upgrade is partly applied: what is done of it is taken back first. Scripts with typed
// changes are undone by what is found in the database, others by their own downgrade sections.

#include <string>
#include <vector>

#include "command/session.hpp"
#include "run/executor.hpp"

namespace metaxy::migrate {

/// The partly applied upgrade counts as the topmost revision, so `-1` undoes only it. The first step is the
/// undoing. Preconditions: an upgrade is partly applied. Throws Error(partially_applied) naming the ways out
/// where what is done cannot be undone safely.
std::vector<Step> undo_steps(const Session& session, const std::string& target);

/// The undoing as a step to run: its script is made here, and logged.
RunStep undo_step(Step step, const Session& session, const AppliedScripts& applied,
                  const Workspace& workspace, Context& context);

}  // namespace metaxy::migrate
