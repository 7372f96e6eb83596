#include "dialect/queries.hpp"

#include <fmt/format.h>

namespace metaxy::migrate {

std::string select_pushed_definitions(const Dialect& dialect, std::string_view table) {
  // Equal stamps are possible in theory; the definition version then decides, so that two runs read the same.
  return fmt::format(
      "SELECT feature_key, feature_spec, feature_schema, feature_class_path FROM {0} "
      "WHERE project = ? AND metaxy_project_version = ("
      "SELECT metaxy_project_version FROM {0} WHERE project = ? AND metaxy_project_version IS NOT NULL "
      "ORDER BY recorded_at DESC NULLS LAST, metaxy_project_version LIMIT 1) "
      "ORDER BY feature_key, recorded_at NULLS FIRST, metaxy_definition_version",
      dialect.quoted(table));
}

std::string select_newest_tags(const Dialect& dialect, std::string_view table) {
  return fmt::format("SELECT tags FROM {} WHERE project = ? ORDER BY recorded_at DESC NULLS LAST LIMIT 1",
                     dialect.quoted(table));
}

std::string select_row_count(const Dialect& dialect, const TableName& table) {
  const std::string schema = table.schema.empty() ? std::string() : dialect.quoted(table.schema) + ".";
  return fmt::format("SELECT count(*) FROM {}{}", schema, dialect.quoted(table.name));
}

}  // namespace metaxy::migrate
