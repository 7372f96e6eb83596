#pragma once
// What a database file holds, as a Schema.

#include "dialect/dialect.hpp"

namespace metaxy::migrate::sqlite {

/// See Dialect::reflect. Two queries whatever the size. A text that cannot be read costs its table or index,
/// never the whole; it is named in `not_compared`. Virtual tables, their shadow tables and SQLite's own are
/// left out.
Reflected reflect(Connection& connection);

}  // namespace metaxy::migrate::sqlite
