#pragma once
// The target as the exporter writes it.

#include <string>

#include "metaxy/target.hpp"
#include "schema/json.hpp"

namespace metaxy::migrate {

/// Throws the JSON library's exceptions where a part is missing or of a wrong type.
MetaxyTarget target_from(const Json& json, const std::string& version);

}  // namespace metaxy::migrate
