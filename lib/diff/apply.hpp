#pragma once
// Carries operations out on a Schema in memory. Folding the changes of scripts along the graph with it gives
// the scripted schema.

#include <span>

#include "diff/operation.hpp"

namespace metaxy::migrate {

/// Throws Error(script) when the operation does not fit the schema (no such table, column already there,
/// `from` is not what is there): the scripts contradict each other. The schema is then as it was. Call it as
/// `migrate::apply`: for an Operation that is not const, argument-dependent lookup prefers std::apply, since
/// an Operation is a std::variant.
void apply(Schema& schema, const Operation& operation);
Schema applied(Schema schema, std::span<const Operation> operations);

}  // namespace metaxy::migrate
