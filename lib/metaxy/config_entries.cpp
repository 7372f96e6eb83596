// What `config` prints: every value with its origin, secrets masked.

#include <fmt/format.h>

#include "base/secret.hpp"
#include "base/text.hpp"
#include "metaxy/config.hpp"
#include "metaxy/config_files.hpp"
#include "metaxy/migrate_settings.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kMask = "***";

/// Statements of extensions set keys and tokens.
bool is_secret_key(std::string_view key) { return names_secret(key) || key == "init_sql"; }

ConfigValue with_secrets_masked(ConfigValue value, bool is_secret) {
  if (value.is_scalar()) {
    value.text = is_secret ? std::string(kMask) : masked(value.text);
    value.kind = is_secret ? ConfigValue::Kind::text : value.kind;
  }
  for (ConfigValue& item : value.items) {
    item = with_secrets_masked(std::move(item), is_secret);
  }
  for (auto& [key, member] : value.members) {
    member = with_secrets_masked(std::move(member), is_secret || is_secret_key(key));
  }
  return value;
}

std::string list_text(const std::vector<std::string>& texts) {
  ConfigValue array;
  array.kind = ConfigValue::Kind::array;
  for (const std::string& text : texts) {
    array.items.push_back(text_value(text, ""));
  }
  return toml_text(array);
}

std::string columns_text(const std::map<std::string, std::map<std::string, std::string>>& columns) {
  ConfigValue table;
  for (const auto& [feature, types] : columns) {
    for (const auto& [column, type] : types) {
      table.members[feature].members[column] = text_value(type, "");
    }
  }
  return toml_text(table);
}

std::string shown_value(const ConfigValue& value) {
  return value.is_scalar() ? value.text : toml_text(value);
}

std::string boolean_text(bool value) { return value ? "true" : "false"; }

using Entries = std::map<std::string, Config::Entry>;

void put_entry(Entries& entries, const std::string& key, std::string value, std::string origin) {
  entries.insert_or_assign(key, Config::Entry{key, std::move(value), std::move(origin)});
}

/// Tables become one entry a leaf, except for empty ones. Without a key it is the whole configuration.
void put_tree(Entries& entries, const std::string& key, const ConfigValue& value) {
  if (!value.is_table() || (value.members.empty() && !key.empty())) {
    put_entry(entries, key, shown_value(value), value.origin.text());
    return;
  }
  for (const auto& [name, member] : value.members) {
    put_tree(entries, key.empty() ? name : fmt::format("{}.{}", key, name), member);
  }
}

void put_settings(Entries& entries, const std::string& prefix, const MigrateSettings& settings) {
  const auto add = [&](const std::string& key, std::string value, const std::string& origin) {
    put_entry(entries, prefix + key, std::move(value), origin);
  };
  add("source", settings.source.value, settings.source.origin);
  add("features", list_text(settings.features.value), settings.features.origin);
  add("python", settings.python.value.value_or(""), settings.python.origin);
  add("python_cache", settings.has_python_cache.value ? "true" : "false", settings.has_python_cache.origin);
  add("python_timeout", duration_text(settings.python_timeout.value), settings.python_timeout.origin);
  add("lock_wait", duration_text(settings.lock_wait.value), settings.lock_wait.origin);
  add("connect_wait", duration_text(settings.connect_wait.value), settings.connect_wait.origin);
  add("lock_timeout", duration_text(settings.lock_timeout.value), settings.lock_timeout.origin);
  add("statement_timeout", duration_text(settings.statement_timeout.value),
      settings.statement_timeout.origin);
  add("protected", boolean_text(settings.is_protected.value), settings.is_protected.origin);
  add("backup", std::string(name_of(settings.backup.value)), settings.backup.origin);
  add("backup_limit", bytes_text(settings.backup_limit.value), settings.backup_limit.origin);
  const std::string& file_template = settings.file_template.value;
  add("file_template", file_template.empty() ? std::string(kDefaultFileTemplate) : file_template,
      settings.file_template.origin);
  add("role", settings.role.value, settings.role.origin);
  add("password_file", settings.password_file.value, settings.password_file.origin);
  add("grants", list_text(settings.grants.value), settings.grants.origin);
  add("online", boolean_text(settings.online.value), settings.online.origin);
  add("materialize", list_text(settings.materialize.value), settings.materialize.origin);
  add("drift_ignore", list_text(settings.drift_ignore.value), settings.drift_ignore.origin);
  add("load_extensions", boolean_text(settings.load_extensions.value), settings.load_extensions.origin);
  add("columns", columns_text(settings.columns.value), settings.columns.origin);
}

std::vector<Config::Entry> sorted(Entries&& entries) {
  std::vector<Config::Entry> result;
  result.reserve(entries.size());
  for (auto& [key, entry] : entries) {
    result.push_back(std::move(entry));
  }
  return result;
}

}  // namespace

std::vector<Config::Entry> Config::entries() const {
  Entries found;
  put_settings(found, "ext.migrate.", resolved_settings(layers(), "", "", working_directory_));
  // What these come to is told of each environment.
  put_entry(found, "ext.migrate.script_location", std::string(kDefaultScriptLocation), "default");
  put_entry(found, "ext.migrate.version_locations", "[]", "default");
  put_entry(found, "ext.migrate.version_table", "<prefix>metaxy_migrate_version_<project>", "default");
  put_tree(found, "", with_secrets_masked(merged_, false));
  for (const auto* layer : {&variables_, &flags_}) {
    for (const auto& [key, value] : *layer) {
      put_entry(found, "ext.migrate." + key, shown_value(with_secrets_masked(value, is_secret_key(key))),
                value.origin.text());
    }
  }
  put_entry(found, "project", project.value.value_or(""), project.origin);
  put_entry(found, "store", default_store.value, default_store.origin);
  put_entry(found, "auto_create_tables", boolean_text(auto_create_tables.value), auto_create_tables.origin);
  put_entry(found, "enable_map_datatype", boolean_text(enable_map_datatype.value),
            enable_map_datatype.origin);
  put_entry(found, "entrypoints", list_text(entrypoints.value), entrypoints.origin);
  put_entry(found, "metaxy_lock_path", lock_file.value, lock_file.origin);
  return sorted(std::move(found));
}

std::vector<Config::Entry> entries(const Environment& environment) {
  Entries found;
  put_settings(found, "", environment.settings);
  put_entry(found, "script_location", environment.script_directory.value,
            environment.script_directory.origin);
  put_entry(found, "version_locations", list_text(environment.version_locations.value),
            environment.version_locations.origin);
  put_entry(found, "version_table", environment.version_table.value, environment.version_table.origin);
  return sorted(std::move(found));
}

}  // namespace metaxy::migrate
