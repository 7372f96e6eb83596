#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/text.hpp"
#include "metaxy/sources.hpp"
#include "metaxy/spec.hpp"
#include "metaxy/toml_json.hpp"
#include "metaxy/toml_tree.hpp"

namespace metaxy::migrate {

namespace {

const TomlValue& member(const TomlDocument& document, const TomlEntry& feature, const TomlValue& table,
                        std::string_view key, TomlValue::Kind kind) {
  const TomlValue* value = table.find(key);
  if (value == nullptr || value->kind != kind) {
    throw Error(ErrorKind::configuration,
                fmt::format("feature '{}' has {} as '{}'; expected {}", feature.key,
                            value == nullptr ? "nothing" : name_of(value->kind), key, name_of(kind)),
                {.where = value == nullptr ? document.at(feature) : document.at(*value),
                 .hint = "write the file again with the command that made it",
                 .notes = {}});
  }
  return *value;
}

FeatureDefinition locked_definition(const TomlDocument& document, const TomlEntry& feature,
                                    std::vector<std::string>& notes) {
  const std::string origin = fmt::format("feature '{}' in {}:{}", feature.key, document.file(), feature.line);
  const TomlValue& data = member(document, feature, feature.value, "data", TomlValue::Kind::table);
  const TomlValue& schema = member(document, feature, data, "feature_schema", TomlValue::Kind::string);
  const TomlValue& project = member(document, feature, data, "project", TomlValue::Kind::string);
  const TomlValue& spec = member(document, feature, data, "spec", TomlValue::Kind::table);
  try {
    FeatureDefinition definition = definition_from_spec(json_of(spec), origin);
    definition.project = project.text;
    definition.columns = columns_from_json_schema(schema.text, origin, notes);
    definition.has_schema = trimmed(schema.text) != "{}";
    definition.origin = fmt::format("{}:{}", document.file(), feature.line);
    if (const TomlValue* class_path = data.find("feature_class_path")) {
      definition.class_path = class_path->text;
    }
    return definition;
  } catch (const Error& error) {
    if (error.where()) {
      throw;
    }
    throw Error(ErrorKind::configuration, error.what(),
                {.where = document.at(feature), .hint = error.hint(), .notes = {}});
  }
}

}  // namespace

std::vector<FeatureDefinition> definitions_from_lock(std::string_view text, const std::string& file,
                                                     bool is_external, std::vector<std::string>& notes) {
  const TomlDocument document(text, file);
  std::vector<FeatureDefinition> definitions;
  const TomlValue* features = document.root().find("features");
  if (features == nullptr) {
    return definitions;
  }
  const TomlValue* tables = document.root().find("tables");
  for (const TomlEntry& feature : features->entries) {
    definitions.push_back(locked_definition(document, feature, notes));
    definitions.back().is_external = is_external;
    if (const TomlValue* table = tables == nullptr ? nullptr : tables->find(feature.key)) {
      definitions.back().sql_table = json_of(*table).dump();
    }
    if (definitions.back().key != feature.key) {
      throw Error(
          ErrorKind::configuration,
          fmt::format("feature '{}' has a spec with the key '{}'", feature.key, definitions.back().key),
          {.where = document.at(feature), .hint = {}, .notes = {}});
    }
  }
  return definitions;
}

}  // namespace metaxy::migrate
