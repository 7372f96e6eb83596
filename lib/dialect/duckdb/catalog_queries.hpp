#pragma once
// What reflection asks DuckDB's catalog: one query a catalog function, each of which walks all tables once.
// Every query takes the schema as `?`; NULL is the connection's current one. Attached and temporary databases
// are left out by name.

#include <string_view>

namespace metaxy::migrate::duckdb {

/// table, comment, and the CREATE statement of tables of which it alone knows something: which columns are
/// generated, and collations. Everything else of that text is known better from elsewhere (with a foreign key
/// to the table itself it is not even valid SQL).
inline constexpr std::string_view kTablesQuery = R"sql(
SELECT table_name, comment,
       CASE WHEN contains(sql, ' GENERATED ALWAYS AS(') OR contains(sql, ' COLLATE ') THEN sql END
FROM duckdb_tables()
WHERE database_name = current_database() AND schema_name = coalesce(?, current_schema())
  AND NOT internal AND NOT temporary
)sql";

/// table, column, type, nullable, default, comment; also of views, and for a generated column its expression
/// as default.
inline constexpr std::string_view kColumnsQuery = R"sql(
SELECT table_name, column_name, data_type, is_nullable, column_default, comment
FROM duckdb_columns()
WHERE database_name = current_database() AND schema_name = coalesce(?, current_schema()) AND NOT internal
ORDER BY column_index
)sql";

/// table, kind, columns as a JSON array, check expression, referenced table, referenced columns as a JSON
/// array. NOT NULL is left out: the columns say it. Lists come as JSON, since their plain text is ambiguous.
inline constexpr std::string_view kConstraintsQuery = R"sql(
SELECT table_name, constraint_type, CAST(to_json(constraint_column_names) AS VARCHAR), expression,
       referenced_table, CAST(to_json(referenced_column_names) AS VARCHAR)
FROM duckdb_constraints()
WHERE database_name = current_database() AND schema_name = coalesce(?, current_schema())
  AND constraint_type <> 'NOT NULL'
)sql";

/// table, index, unique, CREATE statement, comment. None for the indexes behind keys.
inline constexpr std::string_view kIndexesQuery = R"sql(
SELECT table_name, index_name, is_unique, sql, comment
FROM duckdb_indexes()
WHERE database_name = current_database() AND schema_name = coalesce(?, current_schema())
)sql";

/// view, CREATE statement.
inline constexpr std::string_view kViewsQuery = R"sql(
SELECT view_name, sql
FROM duckdb_views()
WHERE database_name = current_database() AND schema_name = coalesce(?, current_schema())
  AND NOT internal AND NOT temporary
ORDER BY view_name
)sql";

}  // namespace metaxy::migrate::duckdb
