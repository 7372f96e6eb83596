#pragma once
// What a column's type means to SQLite: a declared type is any text, and only its affinity changes how values
// are kept (https://www.sqlite.org/datatype3.html#determination_of_column_affinity).

#include <string>
#include <string_view>

#include "dialect/dialect.hpp"
#include "schema/logical_type.hpp"
#include "schema/type.hpp"

namespace metaxy::migrate::sqlite {

enum class Affinity { text, numeric, integer, real, blob };

/// By the words in the declared type, in SQLite's order of rules: "FLOATING POINT" is integer, for it holds
/// INT.
Affinity affinity_of(std::string_view type_name);
/// "TEXT", "NUMERIC", "INTEGER", "REAL", "BLOB".
std::string_view to_text(Affinity affinity);

/// TEXT, or a name under which texts that are no numbers are declared though the affinity is numeric (JSON,
/// DATETIME, TIMESTAMP, DATE, TIME, UUID): such texts stay texts.
bool declares_text(const Type& type);

/// What we create for a model's column (metaxy contract, F1).
Type column_type(const LogicalType& type);

/// Upper case, single spaces; throws Error(configuration) for a nested type, which SQLite has not.
Type canonical_type(const Type& type);

/// As SQL: SQLite wants arguments behind the last word, `TIMESTAMP WITH TIME ZONE(3)`.
std::string type_sql(const Type& type);

/// See Dialect::acceptance. Types of one affinity keep the same values, so they are accepted for one another.
Acceptance acceptance(ColumnRole role, const Type& wanted, const Type& live);

}  // namespace metaxy::migrate::sqlite
