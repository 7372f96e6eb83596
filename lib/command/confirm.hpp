#pragma once
// Asking before something that matters, and the flags that answer for the runs where nobody can be asked.

#include <string>
#include <vector>

#include "command/run_scripts.hpp"

namespace metaxy::migrate {

/// Protected stores ask for their name; `--yes=NAME` answers. Throws Error(usage) when nobody can answer or
/// the answer is wrong.
void confirm_protected(const Workspace& workspace, const std::vector<RunStep>& steps, Context& context);
void confirm_protected_store(const Workspace& workspace, const std::string& what, Context& context);

/// A yes-or-no question; true without asking when --yes was given. Throws Error(usage) naming `flag` when
/// nobody can be asked.
bool confirmed(const std::string& question, const std::string& flag, Context& context);

}  // namespace metaxy::migrate
