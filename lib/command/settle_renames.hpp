#pragma once
// Who decides what may be a rename: the flags, else a person.

#include <string_view>
#include <vector>

#include "command/context.hpp"
#include "command/revision.hpp"

namespace metaxy::migrate {

/// Puts the answer to the first question into the request, or stops and names the flags where nobody can be
/// asked. `counterpart` is what the scripts are compared with: "model", "database". Precondition: there is a
/// question.
void settle_renames(RevisionRequest& request, const std::vector<RenameQuestion>& questions,
                    std::string_view counterpart, Context& context);

}  // namespace metaxy::migrate
