#pragma once
// `edit`: which files a person wants to change, and whether they are still scripts afterwards. The editor is
// started elsewhere.

#include <string>
#include <vector>

#include "command/session.hpp"

namespace metaxy::migrate {

/// The scripts that `typed` stands for; `current` opens the database. Throws Error(usage) when there are
/// none.
std::vector<std::string> files_to_edit(const std::string& typed, const Workspace& workspace,
                                       Context& context);

/// Reads edited scripts whole, and the graph with them. Throws what is wrong with them.
void check_edited(const std::vector<std::string>& edited, const Workspace& workspace, const Context& context);

}  // namespace metaxy::migrate
