#pragma once
// A database of its own for `replay`. Not a schema: a script may name others, and would then reach the user's
// tables.

#include <memory>

#include "dialect/dialect.hpp"

namespace metaxy::migrate::postgresql {

/// Throws as Dialect::make_scratch says. Databases that a killed replay left behind are removed first.
std::unique_ptr<ScratchDatabase> make_scratch(const Target& target, const ConnectOptions& options);

}  // namespace metaxy::migrate::postgresql
