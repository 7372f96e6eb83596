#pragma once
// A logical type as short text, so that expected values are read at a glance: "text(12)", "list<struct<x
// integer>>".

#include <string>

#include "metaxy/definition.hpp"
#include "schema/logical_type.hpp"

namespace metaxy::migrate {

std::string logical_text(const LogicalType& type);
/// With a `?` at the end when null is allowed.
std::string logical_text(const LogicalType& type, bool is_nullable);

}  // namespace metaxy::migrate
