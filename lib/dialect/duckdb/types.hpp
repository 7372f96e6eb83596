#pragma once
// DuckDB's types: how a model's type is stored, the one spelling of each type, and which live types may stand
// in for which. Pure; knows DuckDB's names, not its library.

#include <optional>
#include <string>
#include <vector>

#include "dialect/dialect.hpp"

namespace metaxy::migrate::duckdb {

/// Metaxy contract, F1.
Type column_type(const LogicalType& type);
/// Metaxy contract, E4: a STRUCT of texts, one a field, or MAP(VARCHAR, VARCHAR).
Type by_field_type(const std::vector<std::string>& members, bool is_map);

/// The spelling that duckdb_columns() reports; nullopt when DuckDB has no such type.
std::optional<Type> known_type(const Type& type);
/// The same, but a name that is not known is kept in upper case: extensions and later versions add types.
Type spelled(const Type& type);
/// The same for an override that a person wrote; throws Error(configuration) naming the nearest type.
Type canonical_type(const Type& type);

/// Metaxy contract, E4 and F1.
Acceptance acceptance(ColumnRole role, const Type& wanted, const Type& live);

/// Whether a literal of this type is written as a bare number.
bool is_number(const Type& type);

}  // namespace metaxy::migrate::duckdb
