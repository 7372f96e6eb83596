#pragma once
// Single DDL statements as PostgreSQL writes them. Pure; in which order and transaction they run is decided
// elsewhere.

#include <string>
#include <string_view>
#include <vector>

#include "schema/table.hpp"

namespace metaxy::migrate::postgresql {

/// The table with its keys and checks, without indexes and comments, and without what `repeated_keys` gives.
std::string create_table_sql(const Table& table);
/// Keys of columns that another key of the table has too: a CREATE TABLE makes one of both without a word.
std::vector<Constraint> repeated_keys(const Table& table);
/// `"name" type ... NOT NULL DEFAULT ...` as the table has it.
std::string column_definition(const Table& table, const Column& column);
/// `CONSTRAINT "name" CHECK (...)`
std::string constraint_definition(const TableName& table, const Constraint& constraint);
std::string constraint_name(const TableName& table, const Constraint& constraint);

enum class IndexBuild {
  plain,         ///< Keeps writers out while it is built.
  concurrently,  ///< Lets them in; not in a transaction.
};
std::string create_index_sql(const TableName& table, const Index& index, IndexBuild build);
std::string drop_index_sql(const TableName& table, std::string_view index, IndexBuild build);

/// `type COLLATE "x"`; `collation` empty: without.
std::string type_sql(const Type& type, std::string_view collation);

/// An empty comment is none.
std::string table_comment_sql(const TableName& table, std::string_view comment);
std::string column_comment_sql(const TableName& table, std::string_view column, std::string_view comment);
std::string index_comment_sql(const TableName& table, const Index& index);

}  // namespace metaxy::migrate::postgresql
