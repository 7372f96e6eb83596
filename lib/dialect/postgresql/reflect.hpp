#pragma once
// The catalog as a schema: a constant number of queries, all in one snapshot.

#include "dialect/dialect.hpp"

namespace metaxy::migrate::postgresql {

/// See Dialect::reflect.
Reflected reflect(Connection& connection, const ReflectScope& scope);

}  // namespace metaxy::migrate::postgresql
