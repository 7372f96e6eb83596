#pragma once
// What most statements are known by.

#include <string_view>

#include "sql/splitter.hpp"

namespace metaxy::migrate {

/// The word with which the statement begins, as written, comments left out; empty when it begins otherwise.
std::string_view first_word(std::string_view statement, const SplitterOptions& options);

}  // namespace metaxy::migrate
