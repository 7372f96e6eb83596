#pragma once
// What text means in the dialects, picked by a byte of the input.

#include <array>
#include <cstdint>

#include "sql/splitter.hpp"

namespace fuzz {

inline metaxy::migrate::SplitterOptions dialect(std::uint8_t byte) {
  metaxy::migrate::SplitterOptions sqlite;
  sqlite.has_bracket_identifiers = true;
  sqlite.has_backtick_identifiers = true;
  sqlite.has_trigger_bodies = true;
  metaxy::migrate::SplitterOptions duckdb;
  duckdb.has_dollar_quotes = true;
  duckdb.has_nested_comments = true;
  duckdb.has_backslash_strings = true;
  duckdb.has_unicode_blanks = true;
  metaxy::migrate::SplitterOptions postgres = duckdb;
  postgres.has_unicode_blanks = false;
  postgres.has_atomic_bodies = true;
  return std::array{sqlite, duckdb, postgres}[byte % 3U];
}

}  // namespace fuzz
