#pragma once
// Members of JSON objects whose shape is not ours: a schema, what the exporter says.

#include <string>
#include <vector>

#include "schema/json.hpp"

namespace metaxy::migrate {

/// The text of that name; empty where there is none.
std::string text_at(const Json& object, const char* key);

/// The items of an array of texts. Throws the JSON library's exceptions for any other item.
std::vector<std::string> texts_of(const Json& array);

}  // namespace metaxy::migrate
