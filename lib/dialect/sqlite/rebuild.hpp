#pragma once
// A new table in the place of an old one, with its rows: what SQLite's own documentation prescribes for every
// change that its ALTER TABLE cannot make (https://www.sqlite.org/lang_altertable.html#otheralter), in the
// order that was proven in dialects/rebuild.md 1.1. Foreign keys must be off, which the driver sees to.

#include <set>
#include <string>
#include <vector>

#include "schema/table.hpp"
#include "sql/statement.hpp"

namespace metaxy::migrate::sqlite {

struct Rebuild {
  /// In canonical form; `before` with its triggers, indexes dropped in advance left out. Names are the same.
  const Table& before;
  const Table& after;
  /// Columns whose values are not taken over, though both tables have them: dropped and added anew, or
  /// computed now.
  std::set<std::string> new_columns;
  /// One line each for people: what changes.
  std::vector<std::string> summaries;
  /// What is lost, one reason each.
  std::vector<std::string> losses;
};

/// The statements; each carries a comment that begins with "rebuild ". They stop, and change nothing, when
/// the table has a column, index or trigger that `before` does not know and that would be lost, when a value
/// would change by its column's new type, and when the copy has not as many rows as the table.
std::vector<Statement> rebuild_statements(const Rebuild& rebuild);

}  // namespace metaxy::migrate::sqlite
