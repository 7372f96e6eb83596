#pragma once
// The twins of scripts in a directory that was taken over: Python files that tell Alembic a script's place in
// the graph and refuse to be run, so that Alembic can go on reading the version table.

#include <string>
#include <vector>

#include "command/workspace.hpp"

namespace metaxy::migrate {

/// Whether scripts of this directory have twins: it was taken over, and `twins = false` is not in its
/// `taken_over.toml`.
bool has_twins(const Workspace& workspace, const Context& context);

/// Writes the twin of a script, beside it, where its directory has twins; returns its path, empty where it
/// has none or says the same already. A baseline has none: Alembic has what it stands for.
std::string write_twin(const Revision& revision, const Workspace& workspace, Context& context);

/// Scripts whose twin is not there or says something else than the script.
std::vector<std::string> scripts_without_twin(const Workspace& workspace, const Context& context);

}  // namespace metaxy::migrate
