#pragma once
// What reflection asks PostgreSQL's catalog: one query a kind of object, whatever the number of tables. Every
// query takes the schema as `?`; NULL is the connection's current one. Tables that an extension owns, foreign
// tables, partitions (their parent stands for them) and temporary tables are left out.

#include <string_view>

#include "dialect/connection.hpp"

namespace metaxy::migrate::postgresql {

/// How the server writes a boolean.
inline bool is_true(const Cell& cell) { return cell == "t"; }

/// oid, table, comment, is unlogged, storage parameters, partition key.
inline constexpr std::string_view kTablesQuery = R"sql(
SELECT c.oid, c.relname, d.description, c.relpersistence = 'u', array_to_string(c.reloptions, ', '),
       CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_description d
  ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0
WHERE n.nspname = coalesce(?, current_schema()) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relpersistence <> 't'
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend x
                  WHERE x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.objid = c.oid
                    AND x.deptype = 'e')
)sql";

/// oid of the table, number, name, type, is NOT NULL, identity, generated, default or expression, collation
/// where it is not the type's, comment.
inline constexpr std::string_view kColumnsQuery = R"sql(
SELECT a.attrelid, a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
       a.attidentity, a.attgenerated, pg_catalog.pg_get_expr(ad.adbin, ad.adrelid),
       CASE WHEN a.attcollation <> t.typcollation THEN co.collname END, d.description
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
LEFT JOIN pg_catalog.pg_description d
  ON d.objoid = a.attrelid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = a.attnum
WHERE n.nspname = coalesce(?, current_schema()) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
)sql";

/// oid of the table, name, kind, numbers of the columns, schema and name of the referenced table and its
/// columns (JSON), on update, on delete, match, deferrable, deferred, validated, not inherited, expression of
/// a check, the whole definition, whether the index behind it has something that a plain key has not
/// (included columns, NULLS NOT DISTINCT), whether it has a comment.
inline constexpr std::string_view kConstraintsQuery = R"sql(
SELECT con.conrelid, con.conname, con.contype, to_json(con.conkey)::text, fn.nspname, fc.relname,
       CASE WHEN con.contype = 'f' THEN (
         SELECT to_json(array_agg(fa.attname ORDER BY k.ord))::text
         FROM unnest(con.confkey) WITH ORDINALITY k(n, ord)
         JOIN pg_catalog.pg_attribute fa ON fa.attrelid = con.confrelid AND fa.attnum = k.n) END,
       con.confupdtype, con.confdeltype, con.confmatchtype, con.condeferrable, con.condeferred, con.convalidated,
       con.connoinherit AND con.contype = 'c',
       CASE WHEN con.contype = 'c' THEN pg_catalog.pg_get_expr(con.conbin, con.conrelid) END,
       pg_catalog.pg_get_constraintdef(con.oid),
       con.contype IN ('p', 'u') AND (i.indnatts <> i.indnkeyatts OR
         position('NULLS NOT DISTINCT' IN pg_catalog.pg_get_constraintdef(con.oid)) > 0),
       EXISTS (SELECT 1 FROM pg_catalog.pg_description d
               WHERE d.objoid = con.oid AND d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass)
FROM pg_catalog.pg_constraint con
JOIN pg_catalog.pg_class c ON c.oid = con.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = con.conindid AND con.contype IN ('p', 'u')
LEFT JOIN pg_catalog.pg_class fc ON fc.oid = con.confrelid
LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.relnamespace
WHERE n.nspname = coalesce(?, current_schema()) AND con.contype IN ('p', 'u', 'f', 'c', 'x')
  AND NOT (con.contype = 'f' AND con.conparentid <> 0)
)sql";

/// oid of the table, name, method, is unique, is valid, number of keys, numbers of the columns (JSON, 0 for
/// an expression), order bits (JSON; 1 is descending, 2 NULLS FIRST), keys as text where there is an
/// expression (JSON), predicate, operator classes that are not the type's (JSON), collations that are not the
/// column's (JSON), comment. None for the indexes behind keys.
inline constexpr std::string_view kIndexesQuery = R"sql(
SELECT i.indrelid, ic.relname, am.amname, i.indisunique, i.indisvalid, i.indnkeyatts,
       to_json(i.indkey::int2[])::text, to_json(i.indoption::int2[])::text,
       CASE WHEN i.indexprs IS NOT NULL THEN (
         SELECT to_json(array_agg(pg_catalog.pg_get_indexdef(i.indexrelid, k, false) ORDER BY k))::text
         FROM generate_series(1, i.indnatts) k) END,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid),
       (SELECT to_json(array_agg(
                 (SELECT CASE WHEN o.opcdefault THEN '' ELSE o.opcname END FROM pg_catalog.pg_opclass o
                  WHERE o.oid = k.o) ORDER BY k.ord))::text
        FROM unnest(i.indclass::oid[]) WITH ORDINALITY k(o, ord)),
       (SELECT to_json(array_agg(
                 CASE WHEN k.c = 0 OR k.c = coalesce((SELECT a.attcollation FROM pg_catalog.pg_attribute a
                                                      WHERE a.attrelid = i.indrelid
                                                        AND a.attnum = i.indkey[k.ord - 1]), 100) THEN ''
                      ELSE (SELECT co.collname FROM pg_catalog.pg_collation co WHERE co.oid = k.c) END
                 ORDER BY k.ord))::text
        FROM unnest(i.indcollation::oid[]) WITH ORDINALITY k(c, ord)),
       d.description
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_am am ON am.oid = ic.relam
LEFT JOIN pg_catalog.pg_description d
  ON d.objoid = i.indexrelid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0
WHERE n.nspname = coalesce(?, current_schema()) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k
                  WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x') AND k.conrelid = i.indrelid)
)sql";

/// enum as format_type() spells it, labels in order (JSON).
inline constexpr std::string_view kEnumsQuery = R"sql(
SELECT pg_catalog.format_type(e.enumtypid, NULL), to_json(array_agg(e.enumlabel ORDER BY e.enumsortorder))::text
FROM pg_catalog.pg_enum e GROUP BY e.enumtypid
)sql";

/// oid of the table, number of the column, schema and name of the sequence that a serial column owns.
inline constexpr std::string_view kOwnedSequencesQuery = R"sql(
SELECT d.refobjid, d.refobjsubid
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
JOIN pg_catalog.pg_class c ON c.oid = d.refobjid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype = 'a' AND d.refobjsubid > 0
  AND n.nspname = coalesce(?, current_schema())
)sql";

/// schema, view, text, the tables and columns of the schema that it reads (JSON: pairs; the column is empty
/// for the table as a whole). Views of the schema, and those of others that read its tables.
inline constexpr std::string_view kViewsQuery = R"sql(
SELECT vn.nspname, v.relname, pg_catalog.pg_get_viewdef(v.oid),
       (SELECT json_agg(DISTINCT jsonb_build_array(t.relname, coalesce(a.attname, '')))::text
        FROM pg_catalog.pg_rewrite r
        JOIN pg_catalog.pg_depend d
          ON d.objid = r.oid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
             AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        JOIN pg_catalog.pg_class t ON t.oid = d.refobjid AND t.oid <> v.oid AND t.relkind IN ('r', 'p')
        JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace AND tn.nspname = s.name
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
        WHERE r.ev_class = v.oid) AS uses
FROM (SELECT coalesce(?, current_schema()::text) AS name) s
CROSS JOIN pg_catalog.pg_class v
JOIN pg_catalog.pg_namespace vn ON vn.oid = v.relnamespace
WHERE v.relkind IN ('v', 'm')
  AND (vn.nspname = s.name OR EXISTS (
    SELECT 1 FROM pg_catalog.pg_rewrite r
    JOIN pg_catalog.pg_depend d ON d.objid = r.oid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    JOIN pg_catalog.pg_class t ON t.oid = d.refobjid AND t.oid <> v.oid
    JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace AND tn.nspname = s.name
    WHERE r.ev_class = v.oid))
  AND vn.nspname NOT IN ('pg_catalog', 'information_schema')
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend x
                  WHERE x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.objid = v.oid
                    AND x.deptype = 'e')
ORDER BY vn.nspname, v.relname
)sql";

/// The role, the schema, may it create tables there, does the server only read, its encoding.
inline constexpr std::string_view kRoleQuery = R"sql(
SELECT current_user, current_schema(), has_schema_privilege(current_schema(), 'CREATE'), pg_is_in_recovery(),
       current_setting('server_encoding')
)sql";

/// The current schema's tables: name, may the role SELECT, INSERT, DELETE.
inline constexpr std::string_view kTableRightsQuery = R"sql(
SELECT c.relname, has_table_privilege(c.oid, 'SELECT'), has_table_privilege(c.oid, 'INSERT'),
       has_table_privilege(c.oid, 'DELETE')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')
ORDER BY c.relname
)sql";

}  // namespace metaxy::migrate::postgresql
