#include "metaxy/spec.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/text.hpp"
#include "metaxy/sources.hpp"

namespace metaxy::migrate {

namespace {

[[noreturn]] void fail(const std::string& origin, const std::string& fault) {
  throw Error(ErrorKind::configuration, fmt::format("the feature spec of {} {}", origin, fault));
}

/// A key as text. Up to 0.0.1.dev2 keys were written as arrays of parts, some inside an object.
std::string feature_key_text(const Json& value, const std::string& origin) {
  if (value.is_string()) {
    return value.get<std::string>();
  }
  if (value.is_object() && value.size() == 1 && (value.contains("parts") || value.contains("root"))) {
    return feature_key_text(value.front(), origin);
  }
  if (!value.is_array() || value.empty()) {
    fail(origin, fmt::format("has {} where a key is expected", value.type_name()));
  }
  std::vector<std::string> parts;
  for (const Json& part : value) {
    if (!part.is_string()) {
      fail(origin, "has a key with a part that is no text");
    }
    parts.push_back(part.get<std::string>());
  }
  return join(parts, "/");
}

std::vector<std::string> texts(const Json& value, std::string_view what, const std::string& origin) {
  std::vector<std::string> result;
  if (!value.is_array()) {
    fail(origin, fmt::format("has {} as {}; expected an array of texts", value.type_name(), what));
  }
  for (const Json& item : value) {
    if (!item.is_string()) {
      fail(origin, fmt::format("has {} in {}; expected texts", item.type_name(), what));
    }
    result.push_back(item.get<std::string>());
  }
  return result;
}

FeatureDependency dependency_of(const Json& json, const std::string& origin) {
  FeatureDependency dependency;
  if (!json.is_object() || !json.contains("feature")) {
    fail(origin, "has a dependency without a feature");
  }
  dependency.feature = feature_key_text(json["feature"], origin);
  // `columns` is what `select` was called at first.
  for (const char* key : {"select", "columns"}) {
    if (json.contains(key) && !json[key].is_null()) {
      dependency.select = texts(json[key], key, origin);
    }
  }
  if (json.contains("rename") && !json["rename"].is_null()) {
    if (!json["rename"].is_object()) {
      fail(origin, "has a dependency whose rename is no object");
    }
    for (const auto& [old_name, new_name] : json["rename"].items()) {
      if (!new_name.is_string()) {
        fail(origin, fmt::format("renames '{}' to what is no text", old_name));
      }
      dependency.rename[old_name] = new_name.get<std::string>();
    }
  }
  return dependency;
}

std::vector<std::string> fields_of(const Json& spec, const std::string& origin) {
  std::vector<std::string> keys;
  if (spec.contains("fields") && !spec["fields"].is_null()) {
    if (!spec["fields"].is_array()) {
      fail(origin, "has fields that are no array");
    }
    for (const Json& field : spec["fields"]) {
      if (field.is_object() && !field.contains("key")) {
        fail(origin, "has a field without a key");
      }
      keys.push_back(feature_key_text(field.is_object() ? field["key"] : field, origin));
      by_field_member(keys.back());
    }
  }
  if (keys.empty()) {
    keys.emplace_back("default");
  }
  return keys;
}

}  // namespace

FeatureDefinition definition_from_spec(const Json& spec, const std::string& origin) {
  if (!spec.is_object() || !spec.contains("key")) {
    fail(origin, "has no key");
  }
  FeatureDefinition definition;
  definition.origin = origin;
  definition.key = feature_key_text(spec["key"], origin);
  feature_key_parts(definition.key);
  if (!spec.contains("id_columns")) {
    fail(origin, "has no id_columns");
  }
  definition.id_columns = texts(spec["id_columns"], "id_columns", origin);
  definition.fields = fields_of(spec, origin);
  if (spec.contains("deps") && spec["deps"].is_array()) {
    for (const Json& dependency : spec["deps"]) {
      definition.dependencies.push_back(dependency_of(dependency, origin));
    }
  }
  if (spec.contains("description") && spec["description"].is_string()) {
    definition.description = spec["description"].get<std::string>();
  }
  return definition;
}

FeatureDefinition definition_from_json(std::string_view spec_json, std::string_view schema_json,
                                       const std::string& project, const std::string& origin,
                                       std::vector<std::string>& notes) {
  Json spec;
  try {
    spec = Json::parse(spec_json);
  } catch (const Json::parse_error& error) {
    fail(origin, fmt::format("is no JSON (byte {})", error.byte));
  } catch (const Json::out_of_range&) {
    fail(origin, "holds a number that is too large");
  }
  FeatureDefinition definition = definition_from_spec(spec, origin);
  definition.project = project;
  definition.columns = columns_from_json_schema(schema_json, origin, notes);
  definition.has_schema = trimmed(schema_json) != "{}";
  return definition;
}

}  // namespace metaxy::migrate
