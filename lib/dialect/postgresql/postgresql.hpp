#pragma once
// PostgreSQL as a dialect. All that others need of this folder; its README says what is special.

#include "dialect/dialect.hpp"

namespace metaxy::migrate {

/// Lives as long as the process; libpq is loaded by the first `connect` only.
const Dialect& postgresql_dialect();

}  // namespace metaxy::migrate
