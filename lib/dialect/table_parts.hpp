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
  /// A query for the columns of the tables with the names that stand as literals for `$1`: schema (empty for
  /// the current one), table, column.
  virtual std::string_view table_columns() const = 0;
};

/// Whether the table ("t", "s.t") or column ("t.c", "s.t.c") is there, as the open transaction sees it. One
/// query.
bool has_part(Connection& connection, const Dialect& dialect, const std::string& part);

}  // namespace metaxy::migrate
