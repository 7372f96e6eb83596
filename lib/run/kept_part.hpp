#pragma once
// What a downgrade leaves out: what its upgrade found there and adopted is not this tool's to drop.

#include <string>

#include "run/executor.hpp"

namespace metaxy::migrate {

/// The adopted table or column ("t", "t.c") for which the step leaves the statement out: the statement drops
/// it, or belongs to a rebuild that does nothing but that. Empty: it runs.
std::string part_kept_from(const Statement& statement, const RunStep& step, const SplitterOptions& options);

}  // namespace metaxy::migrate
