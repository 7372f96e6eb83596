#pragma once
// A run that was killed while a statement outside a transaction ran leaves a doubt: did it take effect? Some
// databases can tell.

#include "command/session.hpp"

namespace metaxy::migrate {

/// Asks the database about the statement at which a partial revision stands in doubt; what it answers is put
/// into the session's state. Where nothing tells, the doubt stays.
void settle_doubt(Session& session, const Workspace& workspace, const Context& context);

}  // namespace metaxy::migrate
