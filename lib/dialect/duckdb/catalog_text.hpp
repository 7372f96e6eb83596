#pragma once
// Reading the CREATE statements that DuckDB's catalog prints, for the few facts that stand nowhere else.
// Pure.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "schema/table.hpp"

namespace metaxy::migrate::duckdb {

/// The keys of `CREATE INDEX i ON t(a, ((b + 1)))`; a key that is no plain name is an expression, as printed.
std::vector<IndexPart> index_parts(std::string_view create_index);

/// What only the CREATE TABLE text says about a column.
struct ColumnText {
  /// Empty unless the column is generated.
  std::string generated;
  std::string collation;
};
/// By column name; only columns of which the text says something.
std::map<std::string, ColumnText> column_texts(std::string_view create_table);

}  // namespace metaxy::migrate::duckdb
