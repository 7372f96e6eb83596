#pragma once
// Carries operations out on a Schema in memory. Folding the changes of scripts along the graph with it gives the
// scripted schema.

#include <span>

#include "diff/operation.hpp"

namespace metaxy::migrate {

/// Throws Error(script) when the operation does not fit the schema (no such table, column already there, `from` is not
/// what is there): the scripts contradict each other.
void apply(Schema& schema, const Operation& operation);
Schema applied(Schema schema, std::span<const Operation> operations);

}  // namespace metaxy::migrate
