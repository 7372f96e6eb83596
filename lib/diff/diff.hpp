#pragma once
// The difference of two schemas of one dialect in canonical form, as operations in an order in which they can
// run. Pure: it knows nothing of databases and decides nothing about policy (what may be dropped is decided
// by who makes `after`).

#include <string>
#include <vector>

#include "diff/operation.hpp"

namespace metaxy::migrate {

struct TableRename {
  TableName from;
  TableName to;
  bool operator==(const TableRename&) const = default;
};
/// `table` is the name after any table rename.
struct ColumnRename {
  TableName table;
  std::string from;
  std::string to;
  bool operator==(const ColumnRename&) const = default;
};
struct Renames {
  std::vector<TableRename> tables;
  std::vector<ColumnRename> columns;
};

/// What leads from `before` to `after`: `equivalent(applied(before, diff(before, after)), after)`, and empty
/// exactly when they are equivalent. The order is one in which a database can run it: renames; drops of
/// foreign keys, tables (children first), indexes and other constraints; new columns; alterations, and around
/// them generated columns (PostgreSQL alters no type that one is computed from); drops of columns (after the
/// new ones, so that values can be carried over in between); new indexes, keys and checks; new tables
/// (parents first); new foreign keys, which are also added last where new tables refer to each other in a
/// circle. A STRUCT that only gained or lost members yields AddMember and DropMember, any other type change
/// AlterType. A foreign key whose referenced key is replaced is dropped and added again. Throws Error(script)
/// when a rename does not fit `before`.
std::vector<Operation> diff(const Schema& before, const Schema& after, const Renames& renames = {});

}  // namespace metaxy::migrate
