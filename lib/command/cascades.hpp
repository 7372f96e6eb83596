#pragma once
// Rows that a run would delete by foreign keys without a word.

#include <vector>

#include "command/session.hpp"
#include "run/executor.hpp"

namespace metaxy::migrate {

/// Throws Error(script) when a section that keeps foreign keys on drops a table, also within a rebuild, to
/// which rows of other tables refer that would go with it.
void require_no_cascade(const std::vector<RunStep>& steps, Session& session, const Dialect& dialect);

}  // namespace metaxy::migrate
