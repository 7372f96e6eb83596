#pragma once
// A database's tables as one value. Same content means same iteration order, so everything made from a Schema
// is the same byte for byte.

#include <map>
#include <string_view>

#include "schema/table.hpp"

namespace metaxy::migrate {

using Schema = std::map<TableName, Table>;

/// Adds the table under its own name, replacing one of that name.
void put(Schema& schema, Table table);

const Table* find_table(const Schema& schema, const TableName& name);

/// Equal but for what is never a difference: the order of columns and of a STRUCT's members, names of
/// constraints, a constraint that is said twice, triggers (metaxy contract, E4).
bool equivalent(const Type& a, const Type& b);
bool equivalent(const Column& a, const Column& b);
bool equivalent(const Constraint& a, const Constraint& b);
bool equivalent(const Table& a, const Table& b);
bool equivalent(const Schema& a, const Schema& b);

}  // namespace metaxy::migrate
