#pragma once
// The one door by which names and values reach SQL text of PostgreSQL, and how PostgreSQL reads a text.

#include <string>
#include <string_view>
#include <vector>

#include "schema/table.hpp"
#include "sql/splitter.hpp"

namespace metaxy::migrate::postgresql {

/// Longest name in bytes; PostgreSQL cuts longer ones without an error (NAMEDATALEN - 1).
inline constexpr std::size_t kMaxNameBytes = 63;

/// Dollar quotes, nested comments, `E'...'`, bodies of functions.
const SplitterOptions& splitter_options();

/// `"name"`, with quotes inside doubled.
std::string quoted_name(std::string_view identifier);
/// `"schema"."name"`, or `"name"` in the current schema.
std::string quoted_name(const TableName& name);
/// `"a", "b"`
std::string quoted_list(const std::vector<std::string>& names);

/// `'text'`, with quotes inside doubled; a backslash is one, since the driver sets
/// standard_conforming_strings on.
std::string literal(std::string_view text);

/// As PostgreSQL prints a name in an expression: in quotes only where it must be.
std::string printed_name(std::string_view name);

/// `parts` joined by '_', at most kMaxNameBytes long: where that is more, the beginning, '_' and eight digits
/// of a hash of the whole. Never cuts a character of UTF-8 in two.
std::string made_name(const std::vector<std::string>& parts);

}  // namespace metaxy::migrate::postgresql
