#pragma once
// `revision --adopt-drift`: what somebody changed in the database by hand becomes a script, marked as applied
// here.

#include "command/revision.hpp"

namespace metaxy::migrate {

WrittenRevision adopt_drift(const RevisionRequest& typed, const Workspace& workspace, Context& context);

}  // namespace metaxy::migrate
