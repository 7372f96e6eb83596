#pragma once
// Indexes that were cut off half-way, which count as missing (dialect/interrupted_indexes.hpp).

#include <vector>

#include "command/session.hpp"
#include "run/compare.hpp"
#include "run/executor.hpp"

namespace metaxy::migrate {

/// The drift without those that the run makes or drops: to run again is the way out.
std::vector<TableDrift> without_unfinished(const std::vector<TableDrift>& drift,
                                           const std::vector<RunStep>& steps, Session& session,
                                           const Dialect& dialect);

}  // namespace metaxy::migrate
