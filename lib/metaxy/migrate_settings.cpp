#include "metaxy/migrate_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/suggest.hpp"
#include "base/text.hpp"
#include "files/file_system.hpp"

namespace metaxy::migrate {

namespace {

enum class SettingKind { text, texts, grants, boolean, duration, bytes, source, backup, store_kind, columns };

const std::map<std::string, SettingKind, std::less<>>& setting_kinds() {
  static const std::map<std::string, SettingKind, std::less<>> kinds = {
      {"backup", SettingKind::backup},
      {"backup_limit", SettingKind::bytes},
      {"columns", SettingKind::columns},
      {"connect_wait", SettingKind::duration},
      {"drift_ignore", SettingKind::texts},
      {"features", SettingKind::texts},
      {"file_template", SettingKind::text},
      {"grants", SettingKind::grants},
      {"load_extensions", SettingKind::boolean},
      {"lock_timeout", SettingKind::duration},
      {"lock_wait", SettingKind::duration},
      {"materialize", SettingKind::texts},
      {"online", SettingKind::boolean},
      {"password_file", SettingKind::text},
      {"protected", SettingKind::boolean},
      {"python", SettingKind::text},
      {"python_cache", SettingKind::boolean},
      {"python_timeout", SettingKind::duration},
      {"role", SettingKind::text},
      {"script_location", SettingKind::text},
      {"source", SettingKind::source},
      {"statement_timeout", SettingKind::duration},
      {"store_kind", SettingKind::store_kind},
      {"url", SettingKind::text},
      {"version_locations", SettingKind::texts},
      {"version_table", SettingKind::text},
  };
  return kinds;
}

const std::vector<std::string>& source_choices() {
  static const std::vector<std::string> choices = {"auto", "python", "export", "toml", "store:NAME"};
  return choices;
}

const std::vector<std::string>& backup_choices() {
  static const std::vector<std::string> choices = {"auto", "always", "never"};
  return choices;
}

const std::vector<std::string>& store_kind_choices() {
  static const std::vector<std::string> choices = {"duckdb", "sqlite", "postgresql"};
  return choices;
}

using ColumnTypes = std::map<std::string, std::map<std::string, std::string>>;

/// feature key -> column -> type.
std::optional<ColumnTypes> columns_from(ConfigReader& reader, const ConfigValue& value,
                                        const std::string& key) {
  if (reader.table(value, key) == nullptr) {
    return std::nullopt;
  }
  ColumnTypes result;
  for (const auto& [feature, columns] : value.members) {
    const std::string name = fmt::format("{}.{}", key, feature);
    if (reader.table(columns, name) == nullptr) {
      return std::nullopt;
    }
    for (const auto& [column, type] : columns.members) {
      std::optional<std::string> text = reader.filled_text(type, fmt::format("{}.{}", name, column));
      if (!text) {
        return std::nullopt;
      }
      result[feature][column] = std::move(*text);
    }
  }
  return result;
}

/// "SELECT, INSERT TO role": letters and blanks before TO, so that nothing else can reach a script.
bool is_grant(std::string_view text) {
  const std::size_t to = upper(text).find(" TO ");
  if (to == std::string::npos || trimmed(text.substr(to + 4)).empty()) {
    return false;
  }
  const std::string_view rights = trimmed(text.substr(0, to));
  return !rights.empty() && std::all_of(rights.begin(), rights.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == ',' || c == ' ';
  });
}

void check_grants(ConfigReader& reader, const ConfigValue& value, const std::string& name) {
  for (const std::string& grant : reader.texts(value, name).value_or(std::vector<std::string>{})) {
    if (!is_grant(grant)) {
      reader.fault(value.origin, fmt::format("'{}' in '{}' grants nothing", grant, name),
                   "write \"SELECT, INSERT TO role\"");
    }
  }
}

void check_value(ConfigReader& reader, const ConfigValue& value, const std::string& name, SettingKind kind) {
  switch (kind) {
    case SettingKind::text:
      // A URL may name a variable that is set only where a connection is made.
      if (value.unset_variables.empty()) {
        reader.filled_text(value, name);
      }
      return;
    case SettingKind::texts:
      reader.texts(value, name);
      return;
    case SettingKind::grants:
      check_grants(reader, value, name);
      return;
    case SettingKind::boolean:
      reader.boolean(value, name);
      return;
    case SettingKind::duration:
      reader.duration(value, name);
      return;
    case SettingKind::bytes:
      reader.bytes(value, name);
      return;
    case SettingKind::source:
      if (value.kind != ConfigValue::Kind::text || value.text.rfind("store:", 0) != 0) {
        reader.choice(value, name, source_choices());
      }
      return;
    case SettingKind::backup:
      reader.choice(value, name, backup_choices());
      return;
    case SettingKind::store_kind:
      reader.choice(value, name, store_kind_choices());
      return;
    case SettingKind::columns:
      columns_from(reader, value, name);
      return;
  }
}

void check_values(ConfigReader& reader, const std::map<std::string, ConfigValue>& values,
                  const std::string& prefix) {
  for (const auto& [key, value] : values) {
    const auto kind = setting_kinds().find(key);
    if (kind != setting_kinds().end()) {
      check_value(reader, value, prefix + key, kind->second);
    }
  }
}

void check_environments(ConfigReader& reader, const ConfigValue& environments,
                        const std::vector<std::string>& stores) {
  if (reader.table(environments, "ext.migrate.environments") == nullptr) {
    return;
  }
  std::vector<std::string> names = stores;
  for (const std::string& store : stores) {
    names.push_back(part_environment(store, Part::system));
    names.push_back(part_environment(store, Part::features));
  }
  for (const auto& [name, settings] : environments.members) {
    const std::string shown = fmt::format("ext.migrate.environments.{}", name);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      reader.fault(settings.origin, fmt::format("'{}' is for a store that does not exist", shown),
                   did_you_mean(name, names));
    } else if (reader.table(settings, shown) != nullptr) {
      reader.check_keys(settings, fmt::format("[{}]", shown), setting_keys());
      check_values(reader, settings.members, shown + ".");
    }
  }
}

const ConfigValue* environment_setting(const ConfigValue* table, std::string_view environment,
                                       std::string_view key) {
  const ConfigValue* environments = table == nullptr ? nullptr : table->find("environments");
  const ConfigValue* settings = environments == nullptr ? nullptr : environments->find(environment);
  return settings == nullptr ? nullptr : settings->find(key);
}

std::optional<FoundSetting> found_in(const std::map<std::string, ConfigValue>* layer, std::string_view key,
                                     SettingLevel level) {
  if (layer == nullptr) {
    return std::nullopt;
  }
  const auto found = layer->find(std::string(key));
  return found == layer->end() ? std::nullopt : std::optional(FoundSetting{&found->second, level});
}

/// Fills one Setting at a time.
class Resolver {
 public:
  Resolver(const SettingLayers& layers, std::string_view store, std::string_view part)
      : layers_(layers), store_(store), part_(part), reader_(no_documents_) {}

  /// `read` is a function of ConfigReader, value and key that returns an optional.
  template <class T, class Read>
  void fill(Setting<T>& setting, const std::string& key, Read read) {
    const std::optional<FoundSetting> found = find_setting(layers_, key, store_, part_);
    if (!found) {
      return;
    }
    if (auto value = read(reader_, *found->value, key)) {
      setting = {std::move(*value), found->value->origin.text()};
    }
  }

 private:
  const SettingLayers& layers_;
  std::string_view store_;
  std::string_view part_;
  // Faults were told by check_settings; these go nowhere.
  ConfigDocuments no_documents_;
  ConfigReader reader_;
};

std::optional<std::string> read_text(ConfigReader& reader, const ConfigValue& value, const std::string& key) {
  return reader.text(value, key);
}
std::optional<bool> read_boolean(ConfigReader& reader, const ConfigValue& value, const std::string& key) {
  return reader.boolean(value, key);
}
std::optional<std::vector<std::string>> read_texts(ConfigReader& reader, const ConfigValue& value,
                                                   const std::string& key) {
  return reader.texts(value, key);
}
std::optional<std::chrono::milliseconds> read_duration(ConfigReader& reader, const ConfigValue& value,
                                                       const std::string& key) {
  return reader.duration(value, key);
}
std::optional<std::uint64_t> read_bytes(ConfigReader& reader, const ConfigValue& value,
                                        const std::string& key) {
  return reader.bytes(value, key);
}
std::optional<std::optional<std::string>> read_optional_text(ConfigReader& reader, const ConfigValue& value,
                                                             const std::string& key) {
  std::optional<std::string> text = reader.text(value, key);
  return text ? std::optional(text) : std::nullopt;
}
std::optional<BackupPolicy> read_backup(ConfigReader& reader, const ConfigValue& value,
                                        const std::string& key) {
  const std::optional<std::string> text = reader.text(value, key);
  for (const BackupPolicy policy : {BackupPolicy::automatic, BackupPolicy::always, BackupPolicy::never}) {
    if (text && *text == name_of(policy)) {
      return policy;
    }
  }
  return std::nullopt;
}

}  // namespace

const std::vector<std::string>& setting_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> names;
    for (const auto& [key, kind] : setting_kinds()) {
      names.push_back(key);
    }
    return names;
  }();
  return keys;
}

std::string part_environment(std::string_view store, Part part) {
  switch (part) {
    case Part::all:
      return {};
    case Part::system:
      return fmt::format("{}:metaxy_system", store);
    case Part::features:
      return fmt::format("{}:metaxy_features", store);
  }
  return {};
}

std::optional<FoundSetting> find_setting(const SettingLayers& layers, std::string_view key,
                                         std::string_view store, std::string_view part) {
  if (auto flag = found_in(layers.flags, key, SettingLevel::flag)) {
    return flag;
  }
  if (auto variable = found_in(layers.variables, key, SettingLevel::variable)) {
    return variable;
  }
  const std::array<FoundSetting, 3> places = {
      FoundSetting{environment_setting(layers.table, part, key), SettingLevel::part},
      FoundSetting{environment_setting(layers.table, store, key), SettingLevel::store},
      FoundSetting{layers.table == nullptr ? nullptr : layers.table->find(key), SettingLevel::global}};
  // Any variable beats any file; METAXY_EXT__MIGRATE__ ones were merged into the same table.
  for (const bool wants_file : {false, true}) {
    for (const FoundSetting& place : places) {
      if (place.value != nullptr && place.value->origin.is_file() == wants_file) {
        return place;
      }
    }
  }
  return std::nullopt;
}

void check_settings(const SettingLayers& layers, const std::vector<std::string>& stores,
                    ConfigReader& reader) {
  if (layers.variables != nullptr) {
    check_values(reader, *layers.variables, "");
  }
  if (layers.flags != nullptr) {
    check_values(reader, *layers.flags, "");
  }
  if (layers.table == nullptr || reader.table(*layers.table, "ext.migrate") == nullptr) {
    return;
  }
  std::vector<std::string> known = setting_keys();
  known.insert(known.end(), {"environments", "enable"});  // Metaxy's own switch of every [ext.x]
  reader.check_keys(*layers.table, "[ext.migrate]", known);
  check_values(reader, layers.table->members, "ext.migrate.");
  if (const ConfigValue* url = layers.table->find("url")) {
    reader.fault(url->origin, "'ext.migrate.url' would send every store to one database",
                 "write it in [ext.migrate.environments.NAME]");
  }
  if (const ConfigValue* environments = layers.table->find("environments")) {
    check_environments(reader, *environments, stores);
  }
}

MigrateSettings resolved_settings(const SettingLayers& layers, std::string_view store, std::string_view part,
                                  const std::string& working_directory) {
  Resolver resolver(layers, store, part);
  MigrateSettings settings;
  resolver.fill(settings.source, "source", read_text);
  resolver.fill(settings.features, "features", read_texts);
  resolver.fill(settings.python, "python", read_optional_text);
  resolver.fill(settings.has_python_cache, "python_cache", read_boolean);
  resolver.fill(settings.python_timeout, "python_timeout", read_duration);
  resolver.fill(settings.lock_wait, "lock_wait", read_duration);
  resolver.fill(settings.connect_wait, "connect_wait", read_duration);
  resolver.fill(settings.lock_timeout, "lock_timeout", read_duration);
  resolver.fill(settings.statement_timeout, "statement_timeout", read_duration);
  resolver.fill(settings.is_protected, "protected", read_boolean);
  resolver.fill(settings.backup, "backup", read_backup);
  resolver.fill(settings.backup_limit, "backup_limit", read_bytes);
  resolver.fill(settings.file_template, "file_template", read_text);
  resolver.fill(settings.online, "online", read_boolean);
  resolver.fill(settings.role, "role", read_text);
  resolver.fill(settings.password_file, "password_file", read_text);
  resolver.fill(settings.grants, "grants", read_texts);
  resolver.fill(settings.materialize, "materialize", read_texts);
  resolver.fill(settings.drift_ignore, "drift_ignore", read_texts);
  resolver.fill(settings.load_extensions, "load_extensions", read_boolean);
  resolver.fill(settings.columns, "columns", columns_from);
  const std::optional<FoundSetting> features = find_setting(layers, "features", store, part);
  if (features && features->level == SettingLevel::flag) {
    for (std::string& pattern : settings.features.value) {
      pattern = joined_path(working_directory, pattern);
    }
  }
  return settings;
}

std::string duration_text(std::chrono::milliseconds duration) {
  const auto millis = duration.count();
  return millis % 1000 == 0 ? fmt::format("{}s", millis / 1000) : fmt::format("{}ms", millis);
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"B", "KB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (unit + 1 < kUnits.size() && bytes > 0 && bytes % 1024 == 0) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{}{}", bytes, kUnits[unit]);
}

std::string_view name_of(BackupPolicy policy) {
  switch (policy) {
    case BackupPolicy::automatic:
      return "auto";
    case BackupPolicy::always:
      return "always";
    case BackupPolicy::never:
      return "never";
  }
  return "auto";
}

}  // namespace metaxy::migrate
