#pragma once
// The names that tables, indexes and members get, and what is wrong with them. Used by tables.cpp, and where
// a model meets what the scripts made.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "dialect/dialect.hpp"
#include "metaxy/definition.hpp"
#include "metaxy/tables.hpp"

namespace metaxy::migrate {

/// `ix_<table>_<column>`, as SQLAlchemy names it; over 63 bytes (PostgreSQL's limit) the end gives way to a
/// hash, so that one name serves all databases.
std::string index_name(std::string_view table, std::string_view column);

/// A name that fits everywhere: over 63 bytes (PostgreSQL's limit) the end gives way to a hash.
std::string shortened_name(std::string name);

/// `<prefix>metaxy_system__<name>` (contract D).
std::string system_table_name(std::string_view name, std::string_view table_prefix);

/// Two own definitions of one key; two keys with one table name, also Metaxy's own tables; two fields with
/// one by-field member (contract C).
std::vector<Problem> definition_name_problems(std::span<const FeatureDefinition> definitions,
                                              std::string_view table_prefix);

/// What is wrong with members of a column, at any depth, whose names the database cannot tell apart; empty
/// when nothing is.
std::string members_alike(const Table& table, const Column& column, const Capabilities& capabilities);

/// Names that the database cannot hold or cannot tell apart: tables, columns, indexes.
std::vector<Problem> table_name_problems(const DesiredSchema& desired, const Capabilities& capabilities);

}  // namespace metaxy::migrate
