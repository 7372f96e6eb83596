#pragma once
// SQLite as a dialect. All that others need of this folder; its README says what SQLite cannot do and what we
// do instead.

#include "dialect/dialect.hpp"

namespace metaxy::migrate {

/// Lives as long as the process and holds no state.
const Dialect& sqlite_dialect();

}  // namespace metaxy::migrate
