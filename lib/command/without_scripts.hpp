#pragma once
// An environment whose scripts are left aside, for what the database's log or the file alone can tell.

#include "command/workspace.hpp"

namespace metaxy::migrate {

/// As if there were no scripts: all that is applied is then known from the log. Precondition: a dialect
/// drives the store.
Workspace without_scripts(const Config& config, Environment environment);

}  // namespace metaxy::migrate
