#include "metaxy/config_variables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/suggest.hpp"
#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kPrefix = "metaxy_";
constexpr std::string_view kEntrypointPrefix = "METAXY_ENTRYPOINT";
constexpr std::string_view kMigratePrefix = "metaxy_migrate_";
/// Deeper JSON is not taken for a setting.
constexpr int kMaxSettingDepth = 32;

enum class FieldKind { scalar, array, table };

/// Metaxy's settings that a variable can give.
std::optional<FieldKind> field_kind(std::string_view name) {
  constexpr std::array<std::string_view, 9> kScalars = {"store",
                                                        "project",
                                                        "auto_create_tables",
                                                        "enable_map_datatype",
                                                        "hash_truncation_length",
                                                        "metaxy_lock_path",
                                                        "theme",
                                                        "locked",
                                                        "sync"};
  constexpr std::array<std::string_view, 2> kTables = {"stores", "ext"};
  constexpr std::array<std::string_view, 2> kArrays = {"entrypoints", "extra_features"};
  const auto is_in = [&](const auto& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (is_in(kScalars)) {
    return FieldKind::scalar;
  }
  if (is_in(kTables)) {
    return FieldKind::table;
  }
  return is_in(kArrays) ? std::optional(FieldKind::array) : std::nullopt;
}

/// nullopt for nesting that is too deep. Nulls are left out.
std::optional<ConfigValue> value_from_json(const nlohmann::json& json, const std::string& source, int depth) {
  if (depth > kMaxSettingDepth) {
    return std::nullopt;
  }
  ConfigValue value = text_value({}, source);
  if (json.is_object() || json.is_array()) {
    value.kind = json.is_object() ? ConfigValue::Kind::table : ConfigValue::Kind::array;
    for (const auto& item : json.items()) {
      std::optional<ConfigValue> member = value_from_json(item.value(), source, depth + 1);
      if (!member) {
        return std::nullopt;
      }
      if (json.is_array()) {
        value.items.push_back(std::move(*member));
      } else if (!item.value().is_null()) {
        value.members.emplace(item.key(), std::move(*member));
      }
    }
  } else if (json.is_string()) {
    value.text = json.get<std::string>();
  } else {
    value.text = json.dump();
    value.kind = json.is_boolean()  ? ConfigValue::Kind::boolean
                 : json.is_number() ? ConfigValue::Kind::real
                                    : ConfigValue::Kind::text;
    if (json.is_number_integer()) {
      value.kind = ConfigValue::Kind::integer;
    }
  }
  return value;
}

/// The tree of a JSON object or array; nullopt when the text is neither.
std::optional<ConfigValue> structure_of(const std::string& text, const std::string& source) {
  const std::string_view begin = trimmed(text);
  if (begin.empty() || (begin.front() != '{' && begin.front() != '[')) {
    return std::nullopt;
  }
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  return json.is_discarded() ? std::nullopt : value_from_json(json, source, 0);
}

/// "stores__prod__type" -> {"stores", "prod", "type"}.
std::vector<std::string> path_of(std::string_view name) {
  std::vector<std::string> path;
  for (;;) {
    const std::size_t end = name.find("__");
    path.emplace_back(name.substr(0, end));
    if (end == std::string_view::npos) {
      return path;
    }
    name.remove_prefix(end + 2);
  }
}

/// Merges a value in at a path, replacing what is no table on the way.
void put_value(ConfigValue& tree, std::span<const std::string> path, const ConfigValue& value) {
  ConfigValue* at = &tree;
  for (const std::string& part : path) {
    if (!at->is_table()) {
      *at = ConfigValue{};
      at->origin = value.origin;
    }
    const auto [member, is_new] = at->members.try_emplace(part);
    if (is_new) {
      member->second.origin = value.origin;
    }
    at = &member->second;
  }
  merge_deeply(*at, value);
}

/// Variables whose names begin with `prefix`, by lower-case name: shorter names come before those that they
/// begin.
std::map<std::string, std::pair<std::string, std::string>> folded(
    const std::map<std::string, std::string>& variables, std::string_view prefix) {
  std::map<std::string, std::pair<std::string, std::string>> result;
  for (const auto& [name, text] : variables) {
    std::string key = lower(name);
    if (key.compare(0, prefix.size(), prefix) == 0) {
      result.insert_or_assign(std::move(key), std::pair(name, text));
    }
  }
  return result;
}

}  // namespace

ConfigValue outside_value(const std::string& text, const std::string& source) {
  std::optional<ConfigValue> structure = structure_of(text, source);
  return structure ? std::move(*structure) : text_value(text, source);
}

ConfigValue config_from_variables(const std::map<std::string, std::string>& variables, ConfigReader& reader) {
  ConfigValue tree;
  for (const auto& [folded_name, variable] : folded(variables, kPrefix)) {
    const auto& [name, text] = variable;
    const std::vector<std::string> path = path_of(std::string_view(folded_name).substr(kPrefix.size()));
    const std::optional<FieldKind> kind = field_kind(path.front());
    if (!kind || (path.size() > 1 && *kind != FieldKind::table)) {
      continue;
    }
    if (*kind == FieldKind::scalar) {
      put_value(tree, path, text_value(text, name));
      continue;
    }
    const ConfigValue value = outside_value(text, name);
    // Metaxy ends on such a text even where nothing comes of the store.
    if (path.size() == 3 && path[0] == "stores" && path[2] == "config" && !value.is_table()) {
      reader.fault(value.origin, fmt::format("environment variable '{}' is not a JSON object", name));
      continue;
    }
    const bool fits = path.size() > 1 || value.kind == (*kind == FieldKind::table ? ConfigValue::Kind::table
                                                                                  : ConfigValue::Kind::array);
    if (fits) {
      put_value(tree, path, value);
    } else if (path.front() != "entrypoints") {  // else a comma list, see entrypoint_variables
      reader.fault(value.origin, fmt::format("environment variable '{}' is not {}", name,
                                             *kind == FieldKind::table ? "a JSON object" : "a JSON array"));
    }
  }
  return tree;
}

EntrypointVariables entrypoint_variables(const std::map<std::string, std::string>& variables) {
  EntrypointVariables result;
  for (const auto& [name, text] : variables) {
    if (name.compare(0, kEntrypointPrefix.size(), kEntrypointPrefix) != 0 || structure_of(text, name)) {
      continue;
    }
    for (const std::string& module : split(text, ',')) {
      if (!trimmed(module).empty()) {
        result.modules.emplace_back(trimmed(module));
        if (result.names.empty() || result.names.back() != name) {
          result.names.push_back(name);
        }
      }
    }
  }
  return result;
}

std::map<std::string, ConfigValue> migrate_variables(const std::map<std::string, std::string>& variables,
                                                     std::span<const std::string> keys,
                                                     std::vector<std::string>& warnings) {
  std::map<std::string, ConfigValue> result;
  for (const auto& [folded_name, variable] : folded(variables, kMigratePrefix)) {
    const auto& [name, text] = variable;
    const std::string key = folded_name.substr(kMigratePrefix.size());
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) {
      result.emplace(key, outside_value(text, name));
    } else if (const std::optional<std::string> near = nearest(key, keys); near && key != "name") {
      warnings.push_back(fmt::format(
          "environment variable '{}' is no setting: did you mean 'METAXY_MIGRATE_{}'?", name, upper(*near)));
    }
  }
  return result;
}

}  // namespace metaxy::migrate
