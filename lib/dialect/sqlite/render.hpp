#pragma once
// Changes as SQL. Without a database.

#include <span>
#include <vector>

#include "diff/operation.hpp"
#include "schema/schema.hpp"
#include "sql/statement.hpp"

namespace metaxy::migrate::sqlite {

/// The statements, and which tables they rebuild.
struct Rendered {
  std::vector<Statement> statements;
  std::vector<TableName> rebuilt;
};

/// See Dialect::render. `operations` may stand in the order of `diff` or in the reverse.
Rendered render(const Schema& before, std::span<const Operation> operations);

}  // namespace metaxy::migrate::sqlite
