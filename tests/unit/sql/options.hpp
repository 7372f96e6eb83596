#pragma once
// What text means in each dialect, as its folder in lib/dialect says it.

#include "sql/splitter.hpp"

namespace metaxy::migrate {

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

inline SplitterOptions duckdb_text() {
  SplitterOptions options;
  options.has_dollar_quotes = true;
  options.has_nested_comments = true;
  options.has_backslash_strings = true;
  options.has_unicode_blanks = true;
  return options;
}

}  // namespace metaxy::migrate
