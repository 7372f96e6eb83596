#include <algorithm>

#include "metaxy/tables.hpp"

namespace metaxy::migrate {

const std::vector<std::string>& system_column_names() {
  static const std::vector<std::string> names = {
      "metaxy_provenance_by_field",
      "metaxy_provenance",
      "metaxy_feature_version",
      "metaxy_project_version",
      "metaxy_data_version_by_field",
      "metaxy_data_version",
      "metaxy_created_at",
      "metaxy_materialization_id",
      "metaxy_updated_at",
      "metaxy_deleted_at",
  };
  return names;
}

ColumnRole column_role(std::string_view column) {
  if (column == "metaxy_provenance_by_field" || column == "metaxy_data_version_by_field") {
    return ColumnRole::by_field;
  }
  if (column == "metaxy_created_at" || column == "metaxy_updated_at" || column == "metaxy_deleted_at") {
    return ColumnRole::system_timestamp;
  }
  const std::vector<std::string>& names = system_column_names();
  const bool is_system = std::find(names.begin(), names.end(), column) != names.end() ||
                         column == "metaxy_snapshot_version";  // its name up to 0.0.1rc2
  return is_system ? ColumnRole::system_text : ColumnRole::ordinary;
}

bool is_metaxy_column(std::string_view column) {
  return column_role(column) != ColumnRole::ordinary ||
         known_column_renames().count(std::string(column)) != 0 || column == "metaxy_feature_spec_version";
}

const std::map<std::string, std::string>& known_column_renames() {
  static const std::map<std::string, std::string> renames = {
      {"metaxy_feature_tracking_version", "metaxy_definition_version"},
      {"metaxy_full_definition_version", "metaxy_definition_version"},
      {"metaxy_snapshot_version", "metaxy_project_version"},
  };
  return renames;
}

}  // namespace metaxy::migrate
