#pragma once
// Where version table and log cannot both be right, or the version table not by itself: something else than
// this tool changed one of them.

#include <vector>

#include "command/session.hpp"

namespace metaxy::migrate {

/// What stands against a run of this direction; for `upgrade` everything that there is. Each with the way
/// out, which is a stamp.
std::vector<Problem> contradictions(const Session& session, const Workspace& workspace, Direction direction);

/// Throws Error(integrity) for them.
void require_no_contradiction(const Session& session, const Workspace& workspace, Direction direction);

/// A downgrade says that nothing is left above its target: not where the log knows of revisions that the
/// version table lacks. Throws Error(integrity).
void require_none_forgotten(const Session& session, const Workspace& workspace);

}  // namespace metaxy::migrate
