#pragma once
// What is in the catalog under one name, without reading all of it.

#include <string>
#include <string_view>

#include "dialect/dialect.hpp"

namespace metaxy::migrate {

/// What every dialect is besides.
class TableParts {
 public:
  virtual ~TableParts() = default;
  /// A query for the tables with the names that stand as literals for `$1`: schema (empty for the current
  /// one), table.
  virtual std::string_view tables_named() const = 0;
  /// A query for the names of the columns of a table that is there.
  virtual std::string columns_of(const TableName& table) const = 0;
};

/// Whether the table ("t", "s.t") or column ("t.c", "s.t.c") is there, as the open transaction sees it. One
/// query for a table, two for a column.
bool has_part(Connection& connection, const Dialect& dialect, const std::string& part);

}  // namespace metaxy::migrate
