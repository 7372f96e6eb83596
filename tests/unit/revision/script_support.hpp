#pragma once
// Scripts for tests: a header that is right, and how some databases read.

#include <string>

#include "revision/script.hpp"

namespace metaxy::migrate {

/// Six lines and a blank one.
inline const std::string kHeader =
    "-- a message\n"
    "-- [migration]\n"
    "-- revision = \"a1\"\n"
    "-- down_revision = \"\"\n"
    "-- dialect = \"sqlite\"\n"
    "\n";

inline SplitterOptions sqlite_text() {
  SplitterOptions options;
  options.has_bracket_identifiers = true;
  options.has_backtick_identifiers = true;
  options.has_trigger_bodies = true;
  return options;
}

inline SplitterOptions postgres_text() {
  SplitterOptions options;
  options.has_dollar_quotes = true;
  options.has_nested_comments = true;
  options.has_backslash_strings = true;
  options.has_atomic_bodies = true;
  return options;
}

}  // namespace metaxy::migrate
