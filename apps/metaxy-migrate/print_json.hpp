#pragma once
// What all JSON output shares. Included by the print_*json.cpp files only: nlohmann-json takes seconds to
// compile.

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace metaxy::migrate {

using OrderedJson = nlohmann::ordered_json;

/// `{"schema_version": 1}`; raised when a field changes its meaning or goes away, new fields may come at any
/// time.
OrderedJson json_document();

/// Indented, one line break at the end. Bytes that are no UTF-8 are shown as U+FFFD rather than failing.
std::string dumped(const OrderedJson& json);

}  // namespace metaxy::migrate
