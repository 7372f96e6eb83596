#pragma once
// A script on top of other parents: its text with another down_revision and all else as it stands. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace metaxy::migrate {

/// Throws Error(script) when the header cannot be read, or names its parents in a way that is not found.
std::string reparented(std::string_view text, const std::string& file,
                       const std::vector<std::string>& parents);

}  // namespace metaxy::migrate
