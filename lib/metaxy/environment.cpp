// What `-n` selects: the parts of Config that answer for one environment or several.

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "metaxy/alembic_ini.hpp"
#include "metaxy/config.hpp"
#include "metaxy/config_files.hpp"
#include "metaxy/database_url.hpp"
#include "metaxy/migrate_settings.hpp"
#include "metaxy/store_config.hpp"

namespace metaxy::migrate {

namespace {

struct EnvironmentName {
  std::string store;
  Part part = Part::all;
};

/// Folder below a store's directory.
std::string part_folder(Part part) {
  switch (part) {
    case Part::all:
      return {};
    case Part::system:
      return "system";
    case Part::features:
      return "features";
  }
  return {};
}

std::string part_suffix(Part part) {
  switch (part) {
    case Part::all:
      return {};
    case Part::system:
      return "_metaxy_system";
    case Part::features:
      return "_metaxy_features";
  }
  return {};
}

EnvironmentName split_name(const std::map<std::string, Store>& stores, std::string_view name) {
  EnvironmentName result{std::string(name), Part::all};
  if (stores.count(result.store) > 0) {
    return result;
  }
  const std::size_t colon = name.rfind(':');
  const std::string store(name.substr(0, colon));
  for (const Part part : {Part::system, Part::features}) {
    if (name == part_environment(store, part)) {
      return {store, part};
    }
  }
  return result;
}

[[noreturn]] void refuse_name(const Config& config, const std::string& name) {
  std::vector<std::string> known = config.store_names();
  const std::size_t stores = known.size();
  for (std::size_t i = 0; i < stores; ++i) {
    known.push_back(part_environment(known[i], Part::system));
    known.push_back(part_environment(known[i], Part::features));
  }
  std::string hint = did_you_mean(name, known);
  if (hint.empty() && stores == 0) {
    hint = fmt::format("{} names no store: add [stores.{}]",
                       config.file.empty() ? "no metaxy.toml was found, and the environment" : config.file,
                       name.substr(0, name.find(':')));
  } else if (hint.empty()) {
    hint = fmt::format("there {} {}; a part of one is {}", stores == 1 ? "is" : "are",
                       join(config.store_names(), ", "), part_environment(known.front(), Part::system));
  }
  throw Error(ErrorKind::usage, fmt::format("there is no store '{}'", name),
              {.where = std::nullopt, .hint = std::move(hint), .notes = {}});
}

/// "environment variables 'A' and 'B' are not set".
std::string unset_text(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  std::transform(names.begin(), names.end(), std::back_inserter(quoted), in_quotes);
  return fmt::format("environment variable{} {} {} not set", names.size() == 1 ? "" : "s", join(quoted, ", "),
                     names.size() == 1 ? "is" : "are");
}

}  // namespace

const Target& target_to_connect(const Store& store) {
  if (store.dialect.empty()) {
    throw Error(ErrorKind::configuration,
                fmt::format("store '{}' cannot be migrated: {}", store.name, store.unsupported));
  }
  if (!store.unset_variables.empty()) {
    throw Error(ErrorKind::configuration, fmt::format("store '{}' cannot be reached: {}", store.name,
                                                      unset_text(store.unset_variables)));
  }
  return store.target;
}

std::vector<std::string> Config::store_names() const {
  std::vector<std::string> names;
  for (const auto& [name, store] : stores) {
    names.push_back(name);
  }
  return names;
}

SettingLayers Config::layers() const {
  const ConfigValue* ext = merged_.find("ext");
  return {ext == nullptr ? nullptr : ext->find("migrate"), &variables_, &flags_};
}

void Config::parse_stores() {
  for (auto& [name, store] : stores) {
    ConfigReader reader(documents_);
    const std::optional<FoundSetting> kind = find_setting(layers(), "store_kind", name, "");
    const StoreSurroundings surroundings{auto_create_tables.value,
                                         kind ? std::optional(kind->value->text) : std::nullopt, nullptr};
    store = parsed_store(name, *merged_.find("stores")->find(name), surroundings, reader, warnings);
  }
}

Store Config::store_for(const std::string& name, Part part) const {
  const ConfigValue* all = merged_.find("stores");
  const ConfigValue* table = all == nullptr ? nullptr : all->find(name);
  if (table == nullptr) {
    return stores.at(name);
  }
  const std::string part_name = part_environment(name, part);
  const std::optional<FoundSetting> kind = find_setting(layers(), "store_kind", name, part_name);
  const std::optional<FoundSetting> url = find_setting(layers(), "url", name, part_name);
  const StoreSurroundings surroundings{auto_create_tables.value,
                                       kind ? std::optional(kind->value->text) : std::nullopt,
                                       url ? url->value : nullptr};
  ConfigReader reader(documents_);
  std::vector<std::string> told_at_load;
  Store store = parsed_store(name, *table, surroundings, reader, told_at_load);
  if (!reader.problems().empty()) {
    throw error_from(ErrorKind::configuration,
                     fmt::format("store '{}' has {}", name, counted(reader.problems().size(), "fault")),
                     reader.problems());
  }
  return store;
}

/// Where a path of a setting leads: one that is given for all stores has a folder for each.
std::string Config::located(SettingLevel level, const std::string& path, const std::string& store,
                            Part part) const {
  const auto shown = [&](const std::string& base, const std::string& below) {
    return shown_path(working_directory_, normal_path(joined_path(base, below)));
  };
  switch (level) {
    case SettingLevel::flag:
      return shown(working_directory_, path);
    case SettingLevel::part:
      return shown(directory, path);
    case SettingLevel::store:
      return shown(directory, joined_path(path, part_folder(part)));
    case SettingLevel::variable:
    case SettingLevel::global:
      break;
  }
  return shown(directory, joined_path(joined_path(path, store), part_folder(part)));
}

Setting<std::string> Config::script_directory(const std::string& store, Part part) const {
  const std::optional<FoundSetting> found =
      find_setting(layers(), "script_location", store, part_environment(store, part));
  if (found) {
    const std::string& path = found->value->text;
    if (path.empty()) {
      throw Error(ErrorKind::configuration, fmt::format("'script_location' of '{}' is empty", store),
                  {.where = position_of(found->value->origin, documents_),
                   .hint = unset_text(found->value->unset_variables),
                   .notes = {}});
    }
    return {located(found->level, path, store, part), found->value->origin.text()};
  }
  if (std::optional<Setting<std::string>> from_ini = ini_directory(store, part)) {
    return std::move(*from_ini);
  }
  return {located(SettingLevel::global, std::string(kDefaultScriptLocation), store, part), "default"};
}

std::string Config::definitions_file(const std::string& store, Part part) const {
  constexpr std::string_view kName = "definitions.toml";
  const std::optional<FoundSetting> found =
      find_setting(layers(), "script_location", store, part_environment(store, part));
  const bool is_shared = found
                             ? found->level == SettingLevel::global || found->level == SettingLevel::variable
                             : !ini_directory(store, part);
  if (!is_shared) {
    return joined_path(script_directory(store, part).value, kName);
  }
  const std::string root =
      joined_path(directory, found ? found->value->text : std::string(kDefaultScriptLocation));
  return shown_path(working_directory_, normal_path(joined_path(root, kName)));
}

Setting<std::vector<std::string>> Config::version_locations(const std::string& store, Part part) const {
  const std::string part_name = part_environment(store, part);
  const std::optional<FoundSetting> found = find_setting(layers(), "version_locations", store, part_name);
  if (found) {
    ConfigReader reader(documents_);
    std::vector<std::string> paths;
    for (const std::string& path :
         reader.texts(*found->value, "version_locations").value_or(std::vector<std::string>{})) {
      paths.push_back(located(found->level, path, store, part));
    }
    return {std::move(paths), found->value->origin.text()};
  }
  const bool is_from_ini = !find_setting(layers(), "script_location", store, part_name);
  if (is_from_ini) {
    if (std::optional<Setting<std::vector<std::string>>> from_ini = ini_version_locations(store, part)) {
      return std::move(*from_ini);
    }
  }
  return {};
}

std::optional<Setting<std::vector<std::string>>> Config::ini_version_locations(const std::string& store,
                                                                               Part part) const {
  if (ini_file_.empty() || !ini_directory(store, part)) {
    return std::nullopt;
  }
  const std::string shown_ini = shown_path(working_directory_, ini_file_);
  const std::string here = parent_path(ini_file_);
  const AlembicIni ini(ini_text_, shown_ini);
  const std::string part_name = part_environment(store, part);
  const std::string section = ini.option(part_name, "script_location", here) ? part_name : store;
  const std::optional<AlembicIni::Option> found = ini.option(section, "version_locations", here);
  // A part without a section of its own has folders of its own, which the ini cannot know.
  if (!found || found->value.empty() || (section == store && part != Part::all)) {
    return std::nullopt;
  }
  std::optional<AlembicIni::Option> separator = ini.option(section, "path_separator", here);
  if (!separator) {
    separator = ini.option(section, "version_path_separator", here);
  }
  const std::optional<std::vector<std::string>> paths =
      alembic_paths(found->value, separator ? separator->value : "");
  if (!paths) {
    throw Error(
        ErrorKind::configuration,
        fmt::format("'{}' is no path separator: expected os, space, newline, ':' or ';'", separator->value),
        {.where = SourcePosition{shown_ini, separator->line, 0, {}}, .hint = {}, .notes = {}});
  }
  Setting<std::vector<std::string>> result{{}, fmt::format("{}:{}", shown_ini, found->line)};
  for (const std::string& path : *paths) {
    result.value.push_back(shown_path(working_directory_, normal_path(joined_path(here, path))));
  }
  return result;
}

std::optional<Setting<std::string>> Config::ini_directory(const std::string& store, Part part) const {
  if (ini_file_.empty()) {
    return std::nullopt;
  }
  const std::string shown_ini = shown_path(working_directory_, ini_file_);
  const std::string here = parent_path(ini_file_);
  const AlembicIni ini(ini_text_, shown_ini);
  std::string folder = part_folder(part);
  std::optional<AlembicIni::Option> found =
      ini.option(part_environment(store, part), "script_location", here);
  if (found) {
    folder.clear();
  } else {
    found = ini.option(store, "script_location", here);
  }
  if (!found || found->value.empty()) {
    return std::nullopt;
  }
  const std::string origin = fmt::format("{}:{}", shown_ini, found->line);
  if (found->value.find(':') != std::string::npos) {
    throw Error(ErrorKind::configuration,
                fmt::format("'{}' names a Python package, expected a folder", found->value),
                {.where = SourcePosition{shown_ini, found->line, 0, {}},
                 .hint = fmt::format("set script_location in [ext.migrate.environments.{}]", store),
                 .notes = {}});
  }
  return Setting<std::string>{
      shown_path(working_directory_, normal_path(joined_path(joined_path(here, found->value), folder))),
      origin};
}

Setting<std::string> Config::version_table(const Store& store, Part part) const {
  const std::optional<FoundSetting> found =
      find_setting(layers(), "version_table", store.name, part_environment(store.name, part));
  if (found) {
    if (found->value->text.empty()) {
      throw Error(ErrorKind::configuration, fmt::format("'version_table' of '{}' is empty", store.name),
                  {.where = position_of(found->value->origin, documents_),
                   .hint = unset_text(found->value->unset_variables),
                   .notes = {}});
    }
    return {found->value->text, found->value->origin.text()};
  }
  std::string name = store.table_prefix + "metaxy_migrate_version";
  if (project.value) {
    name += "_" + replace_all(*project.value, "-", "_");
  }
  return {name + part_suffix(part), "default"};
}

Environment Config::environment(std::string_view name) const {
  const EnvironmentName parsed = split_name(stores, name);
  if (stores.count(parsed.store) == 0) {
    refuse_name(*this, std::string(name));
  }
  Environment environment;
  environment.name = std::string(name);
  environment.part = parsed.part;
  environment.store = store_for(parsed.store, parsed.part);
  environment.script_directory = script_directory(parsed.store, parsed.part);
  environment.definitions_file = definitions_file(parsed.store, parsed.part);
  environment.version_locations = version_locations(parsed.store, parsed.part);
  environment.version_table = version_table(environment.store, parsed.part);
  environment.log_table = environment.store.table_prefix + "metaxy_migrate_log";
  environment.settings = resolved_settings(layers(), parsed.store,
                                           part_environment(parsed.store, parsed.part), working_directory_);
  environment.store.target.role = environment.settings.role.value;
  if (!environment.settings.password_file.value.empty()) {
    environment.store.target.password_file = joined_path(directory, environment.settings.password_file.value);
  }
  check_version_tables(environment);
  return environment;
}

void Config::check_version_tables(const Environment& environment) const {
  if (environment.part == Part::all || environment.version_table.origin == "default") {
    return;
  }
  const Part other = environment.part == Part::system ? Part::features : Part::system;
  if (version_table(environment.store, other).value != environment.version_table.value ||
      environment.version_table.origin.rfind("--", 0) == 0) {
    return;
  }
  throw Error(
      ErrorKind::configuration,
      fmt::format("'{}' and '{}' would share version table '{}' ({})", environment.name,
                  part_environment(environment.store.name, other), environment.version_table.value,
                  environment.version_table.origin),
      {.where = std::nullopt,
       .hint = fmt::format("set version_table in [ext.migrate.environments.\"{}\"]", environment.name),
       .notes = {}});
}

std::string Config::database_of(const Environment& environment) const {
  const Store& store = environment.store;
  const std::string& location = store.target.location.reveal();
  const std::optional<DatabaseUrl> url = parsed_url(location);
  if (!store.unset_variables.empty() || location.empty() || location.front() == ':') {
    return "store " + store.name;
  }
  if (!url) {
    return "file " + normal_path(joined_path(working_directory_, location));
  }
  std::string schema;
  for (const auto& [name, value] : store.target.settings) {
    schema = name == "search_path" ? value : schema;
  }
  const std::string host = url->host ? *url->host : url->parameter("host").value_or("");
  const std::string port = url->port ? std::to_string(*url->port) : url->parameter("port").value_or("5432");
  return fmt::format("server {} {} {} {}", lower(host), port, url->database.value_or(url->user.value_or("")),
                     schema);
}

std::vector<Environment> Config::environments(const std::vector<std::string>& names) const {
  std::vector<Environment> result;
  for (const std::string& name : names) {
    Environment next = environment(name);
    for (const Environment& other : result) {
      if (next.name == other.name || database_of(next) != database_of(other)) {
        continue;
      }
      if (next.version_table.value == other.version_table.value) {
        throw Error(ErrorKind::configuration,
                    fmt::format("'{}' and '{}' are one database with one version table, '{}'", other.name,
                                next.name, next.version_table.value),
                    {.where = std::nullopt,
                     .hint = "name one of them, or give one its own version_table",
                     .notes = {}});
      }
      if (next.store.table_prefix == other.store.table_prefix &&
          (next.part == Part::all) != (other.part == Part::all)) {
        throw Error(ErrorKind::configuration,
                    fmt::format("'{}' and '{}' overlap: a database uses either the whole or the parts",
                                other.name, next.name));
      }
    }
    const bool is_new = std::none_of(result.begin(), result.end(),
                                     [&](const Environment& other) { return other.name == next.name; });
    if (is_new) {
      result.push_back(std::move(next));
    }
  }
  return result;
}

}  // namespace metaxy::migrate
