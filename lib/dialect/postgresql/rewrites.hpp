#pragma once
// Statements that each write all rows of one table anew, joined into one that does it once.

#include <optional>
#include <string>
#include <vector>

#include "schema/table.hpp"
#include "sql/statement.hpp"

namespace metaxy::migrate::postgresql {

/// What an ALTER TABLE does, without the table.
struct ColumnAction {
  TableName table;
  /// `ALTER COLUMN "size" TYPE bigint USING ...`
  std::string text;
  bool has_rewrite = false;
};

struct WrittenStatement {
  Statement statement;
  /// Of statements that may be joined with their neighbours: PostgreSQL drops defaults and NOT NULL first,
  /// then changes types, then sets defaults and NOT NULL, in whatever order they are written.
  std::optional<ColumnAction> action;
};

/// In the same order. Neighbours that alter columns of one table become one statement where two or more of
/// them write its rows anew, with all their comments.
std::vector<Statement> with_joined_rewrites(std::vector<WrittenStatement> statements);

}  // namespace metaxy::migrate::postgresql
