#pragma once
// Reads the CREATE TABLE and CREATE INDEX texts of sqlite_schema. They are all that SQLite itself has: it
// reads its tables from them when it opens a file, and its PRAGMAs tell less (no CHECK, no constraint names,
// no expressions, no COLLATE, no AUTOINCREMENT, no DEFERRABLE, no ON CONFLICT). Only for texts that SQLite
// has accepted.

#include <string_view>

#include "schema/table.hpp"

namespace metaxy::migrate::sqlite {

/// The table with its columns, constraints and options, texts of expressions as they are written (see
/// canonical_table). What Table has no field for is kept as an option in the words of SQL, so that a rebuild
/// carries it over: `UNIQUE ("a" COLLATE NOCASE) ON CONFLICT REPLACE`, `PRIMARY KEY ("a" DESC)`, `PRIMARY KEY
/// DESC` (of one column, which is then no alias of the rowid), `NOT NULL ("a") ON CONFLICT IGNORE`. Throws
/// Error(failure) for a text that is not understood.
Table read_table(std::string_view sql);

/// The index of a CREATE INDEX; a part that is one name has it as its column. Throws Error(failure).
Index read_index(std::string_view sql);

}  // namespace metaxy::migrate::sqlite
