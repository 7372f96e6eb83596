#pragma once
// PostgreSQL's types: how a model's type is stored, the one spelling of each type (that of format_type), and
// which live types may stand in for which. Pure.

#include <string>
#include <vector>

#include "dialect/dialect.hpp"

namespace metaxy::migrate::postgresql {

/// Metaxy contract, F1.
Type column_type(const LogicalType& type);

/// As format_type() spells it: `integer`, `character varying(20)`, `timestamp with time zone`, `text[]`. A
/// name that is not known is kept, folded as PostgreSQL folds it: enums, domains and extensions add types.
Type spelled(const Type& type);
/// The same for an override that a person wrote; throws Error(configuration) for what no type of PostgreSQL
/// can be (STRUCT, MAP, labels that the server refuses). An ENUM without a name gets one from its column.
Type canonical_type(const Type& type);

/// The type as statements name it: an enum by its name alone.
Type named(const Type& type);
/// The enum with labels that a column of the type uses, itself or as a list of it; nullptr: none.
const Type* enum_in(const Type& type);
Type* enum_in(Type& type);

/// Metaxy contract, E4 and F1.
Acceptance acceptance(ColumnRole role, const Type& wanted, const Type& live);

/// Whether a column takes the type without any row being written anew, values and their
/// bytes being the same.
bool keeps_rows(const Type& from, const Type& to);

/// `text`, `character varying`, `character`: where PostgreSQL compares as text.
bool is_text(const Type& type);
/// `json`, `jsonb`.
bool is_json(const Type& type);
/// Whether a literal of this type is written as a bare number.
bool is_number(const Type& type);

}  // namespace metaxy::migrate::postgresql
