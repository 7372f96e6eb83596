#pragma once
// Changes as statements, in the sections in which they may run beside readers and writers.

#include <span>
#include <string>
#include <vector>

#include "dialect/dialect.hpp"

namespace metaxy::migrate::postgresql {

/// See Dialect::render. With `is_online` an existing table is never locked against writers for as long as its
/// rows take: indexes and keys are built CONCURRENTLY (a section of its own, outside a transaction), checks,
/// foreign keys and NOT NULL are added NOT VALID and validated afterwards.
std::vector<std::vector<Statement>> render(const Schema& before, std::span<const Operation> operations,
                                           const RenderOptions& options);

/// As Dialect::taken_from_views says.
std::string taken_from_views(const Operation& operation);

}  // namespace metaxy::migrate::postgresql
