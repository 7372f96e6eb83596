#include "metaxy/target.hpp"

#include "metaxy/tables.hpp"

namespace metaxy::migrate {

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

}  // namespace metaxy::migrate
