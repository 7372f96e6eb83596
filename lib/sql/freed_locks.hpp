#pragma once
// What gives back locks of the session, of whatever they are (PostgreSQL).

#include <string_view>

#include "sql/splitter.hpp"

namespace metaxy::migrate {

/// The words that do: DISCARD ALL, or the function that gives back all locks, also in a DO; empty: none.
std::string_view lock_freed_by(std::string_view statement, const SplitterOptions& options);

}  // namespace metaxy::migrate
