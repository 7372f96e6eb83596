#pragma once
// Every question we ask SQLite's catalog, by name. Always of `main`: a temporary table of the same name hides
// the real one otherwise (dialects/reflect.md 2).

#include <string_view>

namespace metaxy::migrate::sqlite {

/// Everything that a person made, in the order of creation: type, name, table, text.
inline constexpr std::string_view kSchemaTexts =
    R"(SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY rowid)";

/// Virtual tables and the shadow tables in which they keep their content.
inline constexpr std::string_view kVirtualAndShadowTables =
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('virtual', 'shadow')";

/// child, parent: a row for each column of each foreign key.
inline constexpr std::string_view kForeignKeys =
    R"(SELECT m.name, f."table" FROM main.sqlite_schema m JOIN pragma_foreign_key_list(m.name, 'main') f
 WHERE m.type = 'table' AND m.sql LIKE '%references%')";

/// child, column: keys of other tables by which a DELETE in the table of the parameter changes their rows.
inline constexpr std::string_view kChangingKeys =
    R"(SELECT m.name, f."from" FROM main.sqlite_schema m JOIN pragma_foreign_key_list(m.name, 'main') f
 WHERE m.type = 'table' AND m.sql LIKE '%references%' AND lower(f."table") = lower(?1) AND lower(m.name) <> lower(?1)
 AND f.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT'))";

/// One row where any table has a foreign key.
inline constexpr std::string_view kHasForeignKeys =
    "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND sql LIKE '%references%' LIMIT 1";

}  // namespace metaxy::migrate::sqlite
