#pragma once
// Single DDL statements as DuckDB writes them. Pure; what may be combined in one transaction is decided
// elsewhere.

#include <string>
#include <string_view>

#include "schema/table.hpp"

namespace metaxy::migrate::duckdb {

enum class PrimaryKeyPlace {
  inside,  ///< In CREATE TABLE.
  later,   ///< Added once the rows are in, which is faster.
};

/// The table under a name of its own choice, without indexes and comments.
std::string create_table_sql(const Table& table, std::string_view quoted_name,
                             PrimaryKeyPlace place = PrimaryKeyPlace::inside);
std::string drop_table_sql(const TableName& table);
std::string create_index_sql(const TableName& table, const Index& index);
std::string drop_index_sql(const TableName& table, const Index& index);
/// `"a", "b"`
std::string quoted_list(const std::vector<std::string>& names);
/// `DEFAULT x`, in parentheses unless it is a literal.
std::string default_value(const std::string& canonical_default);

/// An empty comment is none.
std::string table_comment_sql(const TableName& table, std::string_view comment);
std::string column_comment_sql(const TableName& table, std::string_view column, std::string_view comment);
std::string index_comment_sql(const TableName& table, const Index& index);

/// A query that fails with `message` (an SQL text expression over one row of `from_where`) when there is such
/// a row, and returns nothing otherwise.
std::string guard_sql(std::string_view message, std::string_view from_where);

}  // namespace metaxy::migrate::duckdb
