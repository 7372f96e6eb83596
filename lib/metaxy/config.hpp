#pragma once
// metaxy.toml as Metaxy itself finds and merges it (metaxy contract, A), with our settings below
// [ext.migrate] and what alembic.ini adds. Pure but for reading files through FileSystem; the process
// environment is an argument.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.hpp"
#include "files/file_system.hpp"
#include "metaxy/config_reader.hpp"
#include "metaxy/config_value.hpp"

namespace metaxy::migrate {

/// Environment variables by exact name.
using ProcessEnvironment = std::map<std::string, std::string>;

/// A value and where it came from: "metaxy.toml:12", "METAXY_STORE", "--lock-wait", "default".
template <class T>
struct Setting {
  T value{};
  std::string origin = "default";
};

/// One `[stores.NAME]`, parsed: a parsed store is a valid one.
struct Store {
  std::string name;
  /// Class name without module ("DuckDBMetadataStore").
  std::string type;
  /// Dialect that drives it; empty when none does, then `unsupported` says why.
  std::string dialect;
  std::string unsupported;
  /// As Metaxy gives it to SQLAlchemy (contract B); passwords inside.
  Secret sqlalchemy_url;
  /// Why there is no `sqlalchemy_url`; empty when there is one.
  std::string url_unavailable;
  Target target;
  std::string table_prefix;
  bool auto_create_tables = false;
  std::vector<std::string> fallback_stores;
  /// As configured; empty: the class's own choice.
  std::string hash_algorithm;
  /// Environment variables that `target` needs and that are unset without a default.
  std::vector<std::string> unset_variables;
};

enum class Part { all, system, features };

enum class BackupPolicy { automatic, always, never };

/// Values below [ext.migrate], global or per environment (decision 22).
struct MigrateSettings {
  /// "auto", "python", "export", "toml" or "store:NAME".
  Setting<std::string> source{"auto", "default"};
  /// Patterns, relative to Config::directory.
  Setting<std::vector<std::string>> features;
  Setting<std::optional<std::string>> python;
  /// Whether the exporter may be left out when nothing that it reads changed.
  Setting<bool> has_python_cache{true, "default"};
  /// Longest time that importing the Python project may take.
  Setting<std::chrono::milliseconds> python_timeout{std::chrono::minutes(5), "default"};
  Setting<std::chrono::milliseconds> lock_wait{std::chrono::seconds(30), "default"};
  Setting<std::chrono::milliseconds> connect_wait{std::chrono::milliseconds(0), "default"};
  Setting<std::chrono::milliseconds> lock_timeout{std::chrono::seconds(3), "default"};
  Setting<std::chrono::milliseconds> statement_timeout{std::chrono::milliseconds(0), "default"};
  Setting<bool> is_protected;
  Setting<BackupPolicy> backup;
  /// Bytes.
  Setting<std::uint64_t> backup_limit{5ULL << 30U, "default"};
  Setting<std::string> file_template;
  /// Role to act as on a server; empty: the user's own.
  Setting<std::string> role;
  /// Path of a file that holds the password of the store's user; empty: none.
  Setting<std::string> password_file;
  /// Rights on new tables, each as "SELECT, INSERT TO role".
  Setting<std::vector<std::string>> grants;
  Setting<bool> online{true, "default"};
  Setting<std::vector<std::string>> materialize;
  Setting<std::vector<std::string>> drift_ignore;
  Setting<bool> load_extensions;
  /// feature key -> column -> type text.
  Setting<std::map<std::string, std::map<std::string, std::string>>> columns;
};

/// Where scripts are, and how they are named, unless something is configured.
inline constexpr std::string_view kDefaultScriptLocation = "migrations";
inline constexpr std::string_view kDefaultFileTemplate = "{date}_{time}_{revision}_{slug}";

/// What `-n` selects.
struct Environment {
  /// As typed: "dev", "dev:metaxy_system".
  std::string name;
  Part part = Part::all;
  Store store;
  /// The directory of the scripts, relative to the working directory where that is short, else absolute.
  Setting<std::string> script_directory;
  /// definitions.toml: in the folder that all environments share, or in the environment's own where it has
  /// one of its own.
  std::string definitions_file;
  /// Directories that hold the scripts instead, in load order; written like `script_directory`. Empty: there
  /// are no others.
  Setting<std::vector<std::string>> version_locations;
  /// As configured, else `<prefix>metaxy_migrate_version_<project>` + part suffix (product reference 5).
  Setting<std::string> version_table;
  std::string log_table;
  MigrateSettings settings;
};

/// Where to connect. Throws Error(configuration) where no dialect drives the store, and where the target
/// needs environment variables that are not set, naming them.
const Target& target_to_connect(const Store& store);

/// An environment variable without a prefix that Metaxy takes as a field of stores whose configuration lacks
/// it, and this program does not (contract A2).
struct LeakingVariable {
  std::string variable;
  /// "table_prefix"
  std::string key;
  std::vector<std::string> stores;
};

struct SettingLayers;
enum class SettingLevel;

/// What a person gave on the command line; wins over everything else.
struct ConfigFlags {
  std::optional<std::string> config_file;
  /// By key of [ext.migrate] ("script_location", "lock_wait", "version_table", "store_kind", ...); lists as
  /// "a, b" or JSON.
  std::map<std::string, std::string> values;
};

class Config {
 public:
  /// As seen from the working directory; empty when only environment variables configure.
  std::string file;
  /// All files read, in order of merging, for `config`.
  std::vector<std::string> files;
  /// Directory of `file`, or the working directory; absolute. Relative paths in files and variables begin
  /// here, those in flags in the working directory.
  std::string directory;
  Setting<std::optional<std::string>> project;
  Setting<std::string> default_store{"dev", "default"};
  Setting<bool> auto_create_tables;
  Setting<bool> enable_map_datatype;
  Setting<std::vector<std::string>> entrypoints;
  /// Path of metaxy.lock, relative to the working directory where that is short, else absolute.
  Setting<std::string> lock_file;
  /// Those that have a type. What is wrong inside a store's `config` is told by `environment`, so that one
  /// broken store does not stand in the way of the others.
  std::map<std::string, Store> stores;
  /// Things to tell on stderr: legacy keys, dropped stores, leaking variables (contract A2).
  std::vector<std::string> warnings;
  std::vector<LeakingVariable> leaking_variables;
  /// Every value with its origin, secrets masked, sorted by key: what `config` prints.
  struct Entry {
    std::string key;
    std::string value;
    std::string origin;

    bool operator==(const Entry&) const = default;
  };
  std::vector<Entry> entries() const;

  /// The environment of that name: `store`, `store:metaxy_system`, `store:metaxy_features`. Throws
  /// Error(usage) with a suggestion when there is no such store, Error(configuration) when the store's
  /// settings are wrong.
  Environment environment(std::string_view name) const;
  /// The environments of several names. Throws Error(configuration) also where two of them resolve to one
  /// database and version table, or name a store and a part of it (decision 21).
  std::vector<Environment> environments(const std::vector<std::string>& names) const;
  /// Names of the stores, sorted.
  std::vector<std::string> store_names() const;

 private:
  friend class ConfigLoader;

  SettingLayers layers() const;
  void parse_stores();
  Store store_for(const std::string& name, Part part) const;
  Setting<std::string> script_directory(const std::string& store, Part part) const;
  std::string definitions_file(const std::string& store, Part part) const;
  std::optional<Setting<std::string>> ini_directory(const std::string& store, Part part) const;
  Setting<std::vector<std::string>> version_locations(const std::string& store, Part part) const;
  std::optional<Setting<std::vector<std::string>>> ini_version_locations(const std::string& store,
                                                                         Part part) const;
  std::string located(SettingLevel level, const std::string& path, const std::string& store, Part part) const;
  Setting<std::string> version_table(const Store& store, Part part) const;
  void check_version_tables(const Environment& environment) const;
  std::string database_of(const Environment& environment) const;

  std::string working_directory_;
  ConfigDocuments documents_;
  /// Files and METAXY_ variables.
  ConfigValue merged_;
  /// METAXY_MIGRATE_ variables and flags, by key of [ext.migrate].
  std::map<std::string, ConfigValue> variables_;
  std::map<std::string, ConfigValue> flags_;
  /// The alembic.ini that counts; absolute, empty: none.
  std::string ini_file_;
  std::string ini_text_;
};

/// What `config -n` prints of one environment: directory, tables, settings.
std::vector<Config::Entry> entries(const Environment& environment);

/// Finds, merges and checks the configuration. Throws Error(configuration) with file and line.
Config load_config(const FileSystem& files, const std::string& working_directory,
                   const ProcessEnvironment& environment, const ConfigFlags& flags);

}  // namespace metaxy::migrate
