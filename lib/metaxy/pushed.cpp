#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "dialect/queries.hpp"
#include "metaxy/sources.hpp"
#include "metaxy/table_names.hpp"

namespace metaxy::migrate {

namespace {

std::vector<Row> pushed_rows(Connection& connection, const Dialect& dialect, const std::string& table,
                             const std::string& project) {
  const std::vector<Cell> parameters = {project, project};
  try {
    return connection.query(select_pushed_definitions(dialect, table), parameters);
  } catch (const StatementFailed& failure) {
    throw Error(ErrorKind::configuration,
                fmt::format("the pushed definitions cannot be read from '{}'", table),
                {.where = {},
                 .hint = "migrate Metaxy's system tables of this store, then run `metaxy push`",
                 .notes = {failure.what()}});
  }
}

}  // namespace

std::vector<FeatureDefinition> pushed_definitions(Connection& connection, const Dialect& dialect,
                                                  const std::string& table_prefix, const std::string& project,
                                                  std::vector<std::string>& notes) {
  const std::string table = system_table_name("feature_versions", table_prefix);
  // Later rows of a key are newer and take its place.
  std::map<std::string, Row> newest;
  for (Row& row : pushed_rows(connection, dialect, table, project)) {
    const std::string key = row[0].value_or("");
    newest[key] = std::move(row);
  }
  std::vector<FeatureDefinition> definitions;
  for (const auto& [key, row] : newest) {
    const std::string origin = fmt::format("feature '{}' in {}", key, table);
    try {
      FeatureDefinition definition =
          definition_from_json(row[1].value_or(""), row[2].value_or(""), project, origin, notes);
      definition.class_path = row[3].value_or("");
      definition.origin = table;
      definitions.push_back(std::move(definition));
    } catch (const Error& error) {
      notes.push_back(fmt::format("{}; it is skipped", error.what()));
    }
  }
  return definitions;
}

std::string pushing_version(Connection& connection, const Dialect& dialect, const std::string& table_prefix,
                            const std::string& project) {
  const std::string table = system_table_name("feature_versions", table_prefix);
  const std::vector<Cell> parameters = {project};
  const std::vector<Row> rows = connection.query(select_newest_tags(dialect, table), parameters);
  const std::string tags = rows.empty() ? std::string() : rows.front().at(0).value_or("");
  // The value of `metaxy` is JSON in a text of its own (contract G2).
  const nlohmann::json outer = nlohmann::json::parse(tags, nullptr, /*allow_exceptions=*/false);
  if (!outer.is_object() || !outer.contains("metaxy") || !outer["metaxy"].is_string()) {
    return {};
  }
  const nlohmann::json inner =
      nlohmann::json::parse(outer["metaxy"].get<std::string>(), nullptr, /*allow_exceptions=*/false);
  const bool has_version = inner.is_object() && inner.contains("version") && inner["version"].is_string();
  return has_version ? inner["version"].get<std::string>() : std::string();
}

}  // namespace metaxy::migrate
