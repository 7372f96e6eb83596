#pragma once
// TOML to JSON, and JSON as TOML text: definitions.toml carries what the exporter says as JSON.

#include <string>

#include "metaxy/toml_tree.hpp"
#include "schema/json.hpp"

namespace metaxy::migrate {

/// Dates and times become texts.
Json json_of(const TomlValue& value);

/// An object as a TOML document, a table for each inner object; nulls are left out, keys keep their order.
/// Precondition: arrays hold no nulls.
std::string toml_text(const Json& object);

}  // namespace metaxy::migrate
