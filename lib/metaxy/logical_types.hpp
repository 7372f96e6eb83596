#pragma once
// Makers of logical types, shared by the readers of annotations and of JSON schemas.

#include <optional>
#include <span>

#include "schema/logical_type.hpp"

namespace metaxy::migrate {

LogicalType logical(LogicalKind kind);
LogicalType logical_list(LogicalType element);
LogicalType logical_map(LogicalType value);

/// The one type that holds the values of all branches of a union: equal branches are that type, int and float
/// are a float, texts of different lengths an unlimited text. None when only JSON holds them (contract F1).
/// Precondition: not empty.
std::optional<LogicalType> logical_union(std::span<const LogicalType> branches);

}  // namespace metaxy::migrate
