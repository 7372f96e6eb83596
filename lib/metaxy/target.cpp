#include "metaxy/target.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "metaxy/tables.hpp"
#include "metaxy/target_json.hpp"

namespace metaxy::migrate {

namespace {

LogicalKind kind_named(const std::string& name) {
  if (name == "timestamp") return LogicalKind::timestamp;
  if (name == "date") return LogicalKind::date;
  if (name == "boolean") return LogicalKind::boolean;
  if (name == "integer") return LogicalKind::integer;
  if (name == "real") return LogicalKind::real;
  if (name == "binary") return LogicalKind::binary;
  return LogicalKind::text;
}

std::vector<MetaxyColumn> metaxy_columns(const Json& columns) {
  std::vector<MetaxyColumn> result;
  for (const Json& column : columns) {
    result.push_back({.name = column.at("name").get<std::string>(),
                      .kind = kind_named(column.value("type", std::string())),
                      .is_nullable = column.at("nullable").get<bool>()});
  }
  return result;
}

/// In the order in which tables are made here, where they are the same columns.
std::vector<MetaxyColumn> in_known_order(std::vector<MetaxyColumn> columns,
                                         const std::vector<MetaxyColumn>& known) {
  return std::is_permutation(columns.begin(), columns.end(), known.begin(), known.end()) ? known : columns;
}

}  // namespace

const MetaxyTarget& newest_target() {
  using K = LogicalKind;
  static const MetaxyTarget target = [] {
    MetaxyTarget newest;
    for (const std::string& name : system_column_names()) {
      // Metaxy itself leaves these two empty (contract E1).
      newest.feature_columns.push_back(
          {name, K::text, name == "metaxy_materialization_id" || name == "metaxy_deleted_at"});
    }
    newest.system_tables = {
        {"feature_versions",
         {{"project", K::text, false},
          {"feature_key", K::text, false},
          {"metaxy_definition_version", K::text, false},
          {"metaxy_feature_version", K::text, true},
          {"metaxy_project_version", K::text, true},
          {"recorded_at", K::timestamp, true},
          {"feature_spec", K::text, true},
          {"feature_schema", K::text, true},
          {"feature_class_path", K::text, true},
          {"tags", K::text, true},
          {"deleted_at", K::timestamp, true}}},
        {"events",
         {{"project", K::text, false},
          {"execution_id", K::text, false},
          {"timestamp", K::timestamp, false},
          {"event_type", K::text, true},
          {"feature_key", K::text, true},
          {"payload", K::text, true}}},
    };
    return newest;
  }();
  return target;
}

MetaxyTarget target_from(const Json& json, const std::string& version) {
  MetaxyTarget target;
  target.version = version;
  target.feature_columns =
      in_known_order(metaxy_columns(json.at("feature_columns")), newest_target().feature_columns);
  for (const Json& table : json.at("system_tables")) {
    SystemTable result{.name = table.at("name").get<std::string>(),
                       .columns = metaxy_columns(table.at("columns"))};
    for (const SystemTable& known : newest_target().system_tables) {
      if (known.name == result.name) {
        result.columns = in_known_order(std::move(result.columns), known.columns);
      }
    }
    target.system_tables.push_back(std::move(result));
  }
  return target;
}

}  // namespace metaxy::migrate
