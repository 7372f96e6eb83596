#pragma once
// The list of dialects: explicit, no static initialisation magic. Adding one is a folder and a line in
// registry.cpp.

#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.hpp"

namespace metaxy::migrate {

/// nullptr when there is none of that name. Dialects live as long as the process and hold no state.
const Dialect* find_dialect(std::string_view name);
/// In the order of the documentation: the embedded default first.
const std::vector<const Dialect*>& all_dialects();

}  // namespace metaxy::migrate
