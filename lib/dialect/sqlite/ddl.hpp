#pragma once
// CREATE statements from values in canonical form.

#include <string>
#include <string_view>
#include <vector>

#include "schema/table.hpp"

namespace metaxy::migrate::sqlite {

/// `"name" TYPE COLLATE x NOT NULL DEFAULT y GENERATED ALWAYS AS (...) STORED`, without keys.
/// `conflict_clause`, with a blank before it, follows NOT NULL.
std::string column_definition(const Column& column, std::string_view conflict_clause = "");

/// CREATE TABLE with all constraints, over several lines. `name` is the name it gets, which may be another
/// than the table's while it is rebuilt. Throws Error(script) when an option does not fit the columns.
std::string create_table_sql(const Table& table, const std::string& name);

std::string create_index_sql(const std::string& table, const Index& index);

/// `"a", "b"`
std::string quoted_list(const std::vector<std::string>& names);

bool has_option(const Table& table, std::string_view option);

/// The column that is another name of the rowid (https://www.sqlite.org/lang_createtable.html#rowid), or
/// nullptr.
const Column* rowid_alias(const Table& table);

}  // namespace metaxy::migrate::sqlite
