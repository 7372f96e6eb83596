#pragma once
// How DuckDB's SQL text is quoted and cut: the pieces of the dialect that every other part of it needs.

#include <string>
#include <string_view>

#include "schema/table.hpp"
#include "sql/splitter.hpp"

namespace metaxy::migrate::duckdb {

const SplitterOptions& splitter_options();

/// `"name"`, quotes inside doubled.
std::string quoted_name(std::string_view identifier);
/// `"schema"."name"`, or `"name"` for the current schema.
std::string quoted_name(const TableName& name);
/// `'text'`, quotes inside doubled. DuckDB has no backslash escapes in such a string.
std::string literal(std::string_view text);

}  // namespace metaxy::migrate::duckdb
