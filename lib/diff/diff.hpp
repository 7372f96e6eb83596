#pragma once
// The difference of two schemas of one dialect in canonical form, as operations in an order in which they can run. Pure:
// it knows nothing of databases and decides nothing about policy (what may be dropped is decided by who makes `after`).

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

/// What leads from `before` to `after`: `equivalent(apply(before, diff(before, after)), after)`, and empty exactly when
/// they are equivalent. Renames come first; then drops of constraints and indexes, tables (children first), columns; then
/// alterations; then new tables (parents first), columns, indexes, constraints. A STRUCT that only gained or lost members
/// yields AddMember/DropMember, any other type change AlterType.
std::vector<Operation> diff(const Schema& before, const Schema& after, const Renames& renames = {});

}  // namespace metaxy::migrate
