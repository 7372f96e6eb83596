#pragma once
// Reads definitions: TOML files written by hand, lock-format files (metaxy.lock, export files), rows that
// Metaxy pushed.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/connection.hpp"
#include "dialect/dialect.hpp"
#include "metaxy/definition.hpp"

namespace metaxy::migrate {

/// A TOML definition file (product reference 3.1). `project` is that of the configuration; a feature may name
/// another. Types are written as Pydantic annotations, see annotation.hpp. Throws Error(configuration) with
/// file:line:column.
std::vector<FeatureDefinition> definitions_from_toml(std::string_view text, const std::string& file,
                                                     const std::string& project);

/// A file in Metaxy's lock format (contract G1). `is_external` marks all of them. Only `[features]` is read.
/// Throws Error(configuration) with file:line:column.
std::vector<FeatureDefinition> definitions_from_lock(std::string_view text, const std::string& file,
                                                     bool is_external, std::vector<std::string>& notes);

/// Columns of a Pydantic JSON schema in definition order without Metaxy's own (contract F). Notes for what is
/// skipped or guessed are added to `notes`, each naming `origin`. A property may carry overrides that
/// Pydantic copies through:
/// `"x-metaxy-migrate": {"type": "DECIMAL(12,2)", "nullable": false, "comment": "...", "index": true,
/// "renamed_from": "..."}`. Throws Error(configuration) when the text is no JSON object or its properties are
/// none.
std::vector<FeatureColumn> columns_from_json_schema(std::string_view json_text, const std::string& origin,
                                                    std::vector<std::string>& notes);

/// A definition from the JSON texts of spec and schema, as the system table stores them (contract G2, G4).
FeatureDefinition definition_from_json(std::string_view spec_json, std::string_view schema_json,
                                       const std::string& project, const std::string& origin,
                                       std::vector<std::string>& notes);

/// The newest complete set that `project` pushed to the store (contract G2); rows that cannot be decoded are
/// skipped with a note.
std::vector<FeatureDefinition> pushed_definitions(Connection& connection, const Dialect& dialect,
                                                  const std::string& table_prefix, const std::string& project,
                                                  std::vector<std::string>& notes);

/// The version of Metaxy that pushed last for the project; empty when nothing tells. Precondition: the system
/// table is there with its column `tags`.
std::string pushing_version(Connection& connection, const Dialect& dialect, const std::string& table_prefix,
                            const std::string& project);

}  // namespace metaxy::migrate
