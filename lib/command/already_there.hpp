#pragma once
// What is in the database already and stands in the way of a run: tables that it would make (Metaxy makes
// them by itself when its code runs first), and what no script knows.

#include <set>
#include <string>
#include <vector>

#include "command/session.hpp"
#include "run/compare.hpp"
#include "run/executor.hpp"

namespace metaxy::migrate {

/// Where the database is already as the run would leave it: how to say so; empty otherwise.
std::string way_without_run(const std::vector<RunStep>& steps, const AppliedScripts& applied,
                            const Reflected& live, const Session& session, const Workspace& workspace);

/// Throws Error(drift) for a script that creates, without a word of adopting, a table that is there: it would
/// only fail. `way_out` is the hint.
void require_not_made(const RunStep& step, const Schema& live, const std::string& way_out,
                      const Dialect& dialect);

/// What can be done where what is to be adopted looks otherwise: a script that is written anew asks for the
/// same type again.
std::string hint_for_shape(const Comparison& comparison);

/// Whether a rebuild stopped at what is in this database alone; and what to do then, since a correction would
/// not fit the databases that do not have it.
bool is_about_something_unknown(const RunFailed& failure);
std::string way_past_unknown(const RunFailed::Facts& facts, const Session& session,
                             const Workspace& workspace);

/// Of indexes that no script knows and that keep the database from altering their tables, one sentence each.
std::vector<std::string> indexes_in_the_way(const std::vector<RunStep>& steps, const AppliedScripts& applied,
                                            const Schema& live, const Dialect& dialect);

}  // namespace metaxy::migrate
