#include "metaxy/config.hpp"

#include <fmt/format.h>

#include <array>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "metaxy/config_expand.hpp"
#include "metaxy/config_files.hpp"
#include "metaxy/config_variables.hpp"
#include "metaxy/definition.hpp"
#include "metaxy/migrate_settings.hpp"
#include "metaxy/store_class.hpp"
#include "metaxy/store_config.hpp"

namespace metaxy::migrate {

namespace {

/// Metaxy's top-level keys (contract A3), and `[sqlalchemy]`, which its first documentation told people to
/// write.
const std::vector<std::string>& top_level_keys() {
  static const std::vector<std::string> keys = {"auto_create_tables",
                                                "enable_map_datatype",
                                                "entrypoints",
                                                "ext",
                                                "extend",
                                                "extra_features",
                                                "hash_truncation_length",
                                                "locked",
                                                "metaxy_lock_path",
                                                "project",
                                                "sqlalchemy",
                                                "store",
                                                "stores",
                                                "sync",
                                                "theme"};
  return keys;
}

/// Keys of older versions -> what became of them. They end Metaxy today; we only tell.
const std::map<std::string, std::string, std::less<>>& legacy_keys() {
  static const std::map<std::string, std::string, std::less<>> keys = {
      {"migrations_dir", "was removed in Metaxy 0.1.7"},
      {"sqlmodel", "is [ext.sqlmodel] since November 2025"},
  };
  return keys;
}

std::string quoted_names(std::vector<std::string> names) {
  for (std::string& name : names) {
    name = in_quotes(name);
  }
  return join(names, ", ");
}

std::string flag_name(std::string_view key) {
  return key == "connect_wait" ? "--wait" : "--" + replace_all(std::string(key), "_", "-");
}

}  // namespace

/// Builds a Config in the order in which one thing needs the other.
class ConfigLoader {
 public:
  ConfigLoader(const FileSystem& files, const std::string& working_directory,
               const ProcessEnvironment& environment, const ConfigFlags& flags)
      : files_(files), environment_(environment), flags_(flags), reader_(config_.documents_) {
    config_.working_directory_ = files.absolute(working_directory);
  }

  Config load() {
    read_files();
    merge_variables();
    read_top_level();
    read_stores();
    read_settings();
    if (!reader_.problems().empty()) {
      throw error_from(ErrorKind::configuration,
                       fmt::format("the configuration has {}", counted(reader_.problems().size(), "fault")),
                       reader_.problems());
    }
    config_.parse_stores();
    find_leaking_variables();
    read_alembic_ini();
    return std::move(config_);
  }

 private:
  const ConfigValue* top(std::string_view key) const { return config_.merged_.find(key); }

  void warn(std::string text) { config_.warnings.push_back(std::move(text)); }

  /// Contract A1, "Explicit file" and "Discovery"; decision 20 for -c.
  std::string located_file() {
    const auto variable = environment_.find("METAXY_CONFIG");
    const bool has_variable = variable != environment_.end() && !variable->second.empty();
    if (flags_.config_file) {
      if (has_variable && variable->second != *flags_.config_file) {
        warn(fmt::format("-c {} was taken, not METAXY_CONFIG={}; Metaxy itself takes METAXY_CONFIG",
                         *flags_.config_file, variable->second));
      }
      return existing_file(*flags_.config_file, "-c");
    }
    if (has_variable) {
      return existing_file(variable->second, "METAXY_CONFIG");
    }
    return discovered_config_file(files_, config_.working_directory_);
  }

  std::string existing_file(const std::string& name, std::string_view named_by) const {
    std::string path = normal_path(joined_path(config_.working_directory_, name));
    if (!files_.is_file(path)) {
      const bool is_folder = files_.is_directory(path);
      throw Error(ErrorKind::configuration,
                  fmt::format("configuration file '{}', which {} names, {}", name, named_by,
                              is_folder ? "is a folder" : "does not exist"),
                  {.where = {},
                   .hint = is_folder ? fmt::format("-C {} works in that folder", name) : std::string(),
                   .notes = {}});
    }
    return path;
  }

  void read_files() {
    const std::string& here = config_.working_directory_;
    const std::string file = located_file();
    ConfigFiles read = read_config_files(files_, here, file);
    config_.file = file.empty() ? "" : shown_path(here, file);
    for (const std::string& path : read.files) {
      config_.files.push_back(shown_path(here, path));
    }
    config_.directory = file.empty() ? here : parent_path(file);
    config_.documents_ = std::move(read.documents);
    config_.merged_ = std::move(read.merged);
    replaced_stores_ = std::move(read.replaced_stores);
  }

  void merge_variables() {
    expand_texts(config_.merged_, environment_);
    merge_deeply(config_.merged_, config_from_variables(environment_, reader_));
    config_.variables_ = migrate_variables(environment_, setting_keys(), config_.warnings);
    for (const auto& [key, text] : flags_.values) {
      config_.flags_.emplace(key, outside_value(text, flag_name(key)));
    }
  }

  void read_top_level() {
    check_top_level_keys();
    read_project();
    if (const ConfigValue* value = top("store")) {
      fill(config_.default_store, *value, reader_.filled_text(*value, "store"));
    }
    if (const ConfigValue* value = top("auto_create_tables")) {
      fill(config_.auto_create_tables, *value, reader_.boolean(*value, "auto_create_tables"));
    }
    if (const ConfigValue* value = top("enable_map_datatype")) {
      fill(config_.enable_map_datatype, *value, reader_.boolean(*value, "enable_map_datatype"));
    }
    read_lock_file();
    read_entrypoints();
    check_unused_keys();
  }

  template <class T>
  static void fill(Setting<T>& setting, const ConfigValue& value, std::optional<T> read) {
    if (read) {
      setting = {std::move(*read), value.origin.text()};
    }
  }

  void check_top_level_keys() {
    ConfigValue checked = config_.merged_;
    for (const auto& [key, fate] : legacy_keys()) {
      if (const ConfigValue* value = top(key)) {
        warn(fmt::format("'{}' ({}) {} and has no effect", key, value->origin.text(), fate));
        checked.members.erase(key);
      }
    }
    reader_.check_keys(checked, config_.file.empty() ? "the environment" : config_.file, top_level_keys(),
                       "settings of metaxy-migrate belong into [ext.migrate]");
  }

  void read_project() {
    const ConfigValue* value = top("project");
    const std::optional<std::string> name =
        value == nullptr ? std::nullopt : reader_.filled_text(*value, "project");
    if (!name) {
      return;
    }
    if (!is_project_name(*name)) {
      reader_.fault(value->origin, fmt::format("'{}' is no project name", *name),
                    "use letters, digits, '-' and '_', without '__'");
    }
    config_.project = {name, value->origin.text()};
  }

  void read_lock_file() {
    std::string name = "metaxy.lock";
    if (const ConfigValue* value = top("metaxy_lock_path")) {
      // Metaxy takes an empty one too, such as an environment variable leaves.
      name = reader_.text(*value, "metaxy_lock_path").value_or(name);
      config_.lock_file.origin = value->origin.text();
    }
    config_.lock_file.value =
        shown_path(config_.working_directory_, normal_path(joined_path(config_.directory, name)));
  }

  void read_entrypoints() {
    Setting<std::vector<std::string>>& setting = config_.entrypoints;
    if (const ConfigValue* value = top("entrypoints")) {
      fill(setting, *value, reader_.texts(*value, "entrypoints"));
    }
    const EntrypointVariables extra = entrypoint_variables(environment_);
    if (extra.modules.empty()) {
      return;
    }
    setting.value.insert(setting.value.end(), extra.modules.begin(), extra.modules.end());
    const std::string names = join(extra.names, ", ");
    setting.origin = top("entrypoints") == nullptr ? names : setting.origin + ", " + names;
  }

  /// Keys that only Metaxy reads; a wrong value ends Metaxy, so it is told here too.
  void check_unused_keys() {
    if (const ConfigValue* value = top("hash_truncation_length")) {
      const std::optional<std::int64_t> length = reader_.integer(*value, "hash_truncation_length");
      if (length && *length < 8) {
        reader_.fault(value->origin,
                      fmt::format("'hash_truncation_length' is {}, expected 8 or more", *length));
      }
    }
    if (const ConfigValue* value = top("theme")) {
      reader_.text(*value, "theme");
    }
    for (const char* key : {"locked", "sync"}) {
      if (const ConfigValue* value = top(key)) {
        reader_.boolean(*value, key);
      }
    }
    const ConfigValue* features = top("extra_features");
    if (features != nullptr && features->kind != ConfigValue::Kind::array) {
      reader_.fault(features->origin, fmt::format("'extra_features' is {}, expected an array of tables",
                                                  name_of(features->kind)));
    }
    if (const ConfigValue* value = top("sqlalchemy")) {
      if (reader_.table(*value, "sqlalchemy") != nullptr) {
        reader_.check_keys(*value, "[sqlalchemy]", std::vector<std::string>{"enabled", "enable"});
      }
    }
  }

  /// Contract A2: a store without a type is left out, since stray variables make such stores.
  void read_stores() {
    const ConfigValue* stores = top("stores");
    if (stores == nullptr || reader_.table(*stores, "stores") == nullptr) {
      return;
    }
    for (const auto& [name, table] : stores->members) {
      if (table.find("type") == nullptr) {
        warn(dropped_store_warning(name, table));
      } else {
        check_store_table(name, table, reader_);
        config_.stores[name].name = name;
      }
    }
  }

  std::string dropped_store_warning(const std::string& name, const ConfigValue& table) const {
    std::string text =
        fmt::format("store '{}' ({}) is left out, because it has no 'type'", name, table.origin.text());
    const auto replaced = replaced_stores_.find(name);
    if (replaced != replaced_stores_.end()) {
      return fmt::format("{}: {}", text, replaced->second);
    }
    for (const auto& [other, theirs] : top("stores")->members) {
      if (!table.origin.is_file() && other != name && equal_ignoring_case(other, name)) {
        return fmt::format("{}: variables reach lower-case names only, not '{}'", text, other);
      }
    }
    return text;
  }

  void read_settings() {
    const ConfigValue* ext = top("ext");
    if (ext != nullptr && reader_.table(*ext, "ext") != nullptr) {
      for (const auto& [name, settings] : ext->members) {
        if (name != "migrate") {
          reader_.table(settings, "ext." + name);
        }
      }
    }
    // Environments may name stores that were left out: they were meant, and a warning was given.
    std::vector<std::string> names;
    if (const ConfigValue* stores = top("stores")) {
      for (const auto& [name, table] : stores->members) {
        names.push_back(name);
      }
    }
    check_settings(config_.layers(), names, reader_);
  }

  /// Contract A2, "Surprise": Metaxy fills fields of stores from variables without a prefix.
  void find_leaking_variables() {
    std::map<std::string, std::string> names;
    for (const auto& [name, text] : environment_) {
      names.emplace(lower(name), name);
    }
    std::map<std::string, std::vector<std::string>> stores_by_key;
    for (const auto& [name, store] : config_.stores) {
      const ConfigValue& table = *top("stores")->find(name);
      const ConfigValue* config = table.find("config");
      std::set<std::string> keys{"config"};  // of each store, whatever its class
      keys.insert(store_config_keys(table.find("type")->text).begin(),
                  store_config_keys(table.find("type")->text).end());
      for (const std::string& key : keys) {
        // Tables are merged: a variable adds to what the configuration gives. auto_create_tables always has a
        // value of its own.
        const bool is_merged = key == "config" || key == "connection_params";
        const bool is_given =
            key == "auto_create_tables" || (!is_merged && config != nullptr && config->find(key) != nullptr);
        if (names.count(key) > 0 && !is_given) {
          stores_by_key[key].push_back(name);
        }
      }
    }
    for (const auto& [key, stores] : stores_by_key) {
      warn(fmt::format(
          "environment variable '{}' is set: Metaxy takes it as '{}' of {} {}, metaxy-migrate does not; "
          "unset it{}",
          names.at(key), key, stores.size() == 1 ? "store" : "stores", quoted_names(stores),
          key == "config" ? "" : fmt::format(", or write '{}' into the configuration", key)));
      config_.leaking_variables.push_back({names.at(key), key, stores});
    }
  }

  /// Decision 20: beside the configuration, then in the working directory.
  void read_alembic_ini() {
    for (const std::string& directory : {config_.directory, config_.working_directory_}) {
      const std::string path = joined_path(directory, "alembic.ini");
      if (std::optional<std::string> text = files_.read(path)) {
        config_.ini_file_ = path;
        config_.ini_text_ = std::move(*text);
        return;
      }
    }
  }

  const FileSystem& files_;
  const ProcessEnvironment& environment_;
  const ConfigFlags& flags_;
  Config config_;
  ConfigReader reader_;
  std::map<std::string, std::string> replaced_stores_;
};

Config load_config(const FileSystem& files, const std::string& working_directory,
                   const ProcessEnvironment& environment, const ConfigFlags& flags) {
  return ConfigLoader(files, working_directory, environment, flags).load();
}

}  // namespace metaxy::migrate
