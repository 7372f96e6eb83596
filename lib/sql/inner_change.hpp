#pragma once
// Changes of rows that are not the main verb of their statement.

#include <string_view>

#include "sql/splitter.hpp"

namespace metaxy::migrate {

/// Worse ones behind better ones.
enum class InnerChange {
  none,
  adds,     ///< INSERT
  changes,  ///< UPDATE, DELETE and MERGE of some rows
  destroys  ///< as is_destructive says of a statement by itself
};

/// What the common table expressions of a statement, the parentheses of a COPY and what a PREPARE prepares do
/// to rows (PostgreSQL, DuckDB). The main verb of any other statement does not count.
InnerChange inner_change(std::string_view statement, const SplitterOptions& options);

}  // namespace metaxy::migrate
