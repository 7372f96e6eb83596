#pragma once
// Statements that stop a script before it would lose what it does not know, or change values that do not fit:
// a script may be older than what somebody did by hand, and a live type may hold more than its scripted one.
// Pure.

#include <optional>
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

/// A column that the database has with another type than `conversion.from` would be converted from that one.
/// Members of STRUCTs are left to `members_guard`.
std::string type_guard(const TableName& table, const Conversion& conversion);

/// DuckDB casts a STRUCT by the names of its members, drops all others without a word, and converts those of
/// another type. For columns whose own types are known; none when there is no STRUCT, at any depth, that
/// stays one.
std::optional<std::string> members_guard(const TableName& table, const std::vector<Conversion>& conversions);

/// Stops at a value, or a part of one, that is nothing of the new type.
std::string values_guard(const TableName& table, const Conversion& conversion);

}  // namespace metaxy::migrate::duckdb
