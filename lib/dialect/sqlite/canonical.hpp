#pragma once
// The one form in which tables of SQLite are compared: what a script wants and what a file holds both go
// through it, so that afterwards `==` decides. Text rules only; no database is asked (decision 3).

#include "schema/schema.hpp"

namespace metaxy::migrate::sqlite {

/// See Dialect::canonical. Drops comments and schemas, which SQLite has not, and what an index of SQLite
/// cannot have. A foreign key without columns gets the primary key of its table where the schema has that
/// table.
Schema canonical_schema(Schema schema);

}  // namespace metaxy::migrate::sqlite
