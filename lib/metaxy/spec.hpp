#pragma once
// Reads Metaxy's FeatureSpec from JSON, in today's shape and in that of the first releases (contract G2, G4).

#include <string>

#include "metaxy/definition.hpp"
#include "schema/json.hpp"

namespace metaxy::migrate {

/// Key, id columns, fields, dependencies and description; no columns. Throws Error(configuration) naming
/// `origin` and what is wrong.
FeatureDefinition definition_from_spec(const Json& spec, const std::string& origin);

}  // namespace metaxy::migrate
