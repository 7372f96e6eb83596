#pragma once
// Statements that stop a script before it would lose what it does not know, or change values that do not fit:
// a script may be older than what somebody did by hand, and a live type may hold more than its scripted one.
// Pure.

#include <string>
#include <vector>

#include "schema/schema.hpp"

namespace metaxy::migrate::duckdb {

/// A column of a table whose values are copied or converted, from what the script takes for its type.
struct Conversion {
  std::string column;
  Type from;
  Type to;
};

/// DROP TABLE would take along columns, indexes, keys, checks and comments that `table` does not have.
std::string parts_guard(const Table& table);

/// DuckDB casts a STRUCT by the names of its members and drops all others without a word. None when there is
/// no STRUCT, at any depth, that stays one.
std::vector<std::string> member_guards(const TableName& table, const std::vector<Conversion>& conversions);

/// Stops at a value, or a part of one, that is nothing of the new type.
std::string values_guard(const TableName& table, const Conversion& conversion);

}  // namespace metaxy::migrate::duckdb
