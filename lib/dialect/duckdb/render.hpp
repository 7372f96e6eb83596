#pragma once
// From operations to statements: what DuckDB can alter is altered, other tables are rebuilt, everything in an
// order that one transaction allows. Pure.

#include <span>
#include <vector>

#include "diff/operation.hpp"
#include "schema/schema.hpp"
#include "sql/statement.hpp"

namespace metaxy::migrate::duckdb {

struct Rendered {
  std::vector<Statement> statements;
  /// Names after the change, sorted.
  std::vector<TableName> rebuilt;
};

/// Throws Error(script) when the operations do not fit the schemas, or ask for foreign keys that form a
/// circle.
Rendered render(const Schema& before, const Schema& after, std::span<const Operation> operations);

}  // namespace metaxy::migrate::duckdb
