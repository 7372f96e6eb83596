#pragma once
// metaxy.toml as Metaxy itself finds and merges it (metaxy contract, A), with our settings below [ext.migrate] and what
// alembic.ini adds. Pure but for reading files through FileSystem; the process environment is an argument.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.hpp"
#include "files/file_system.hpp"

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
  Target target;
  std::string table_prefix;
  bool auto_create_tables = false;
  std::vector<std::string> fallback_stores;
  /// Environment variables that `target` needs and that are unset without a default.
  std::vector<std::string> unset_variables;
};

enum class Part { all, system, features };

enum class BackupPolicy { automatic, always, never };

/// Values below [ext.migrate], global or per environment (decision 22).
struct MigrateSettings {
  Setting<std::string> source{"auto", "default"};
  Setting<std::vector<std::string>> features;
  Setting<std::optional<std::string>> python;
  Setting<std::chrono::milliseconds> lock_wait{std::chrono::seconds(30), "default"};
  Setting<std::chrono::milliseconds> lock_timeout{std::chrono::seconds(3), "default"};
  Setting<std::chrono::milliseconds> statement_timeout{std::chrono::milliseconds(0), "default"};
  Setting<bool> is_protected;
  Setting<BackupPolicy> backup;
  /// Bytes.
  Setting<std::uint64_t> backup_limit{5ULL << 30U, "default"};
  Setting<std::string> file_template;
  Setting<bool> online{true, "default"};
  Setting<std::vector<std::string>> materialize;
  Setting<std::vector<std::string>> drift_ignore;
  Setting<bool> load_extensions;
  /// feature key -> column -> type text.
  Setting<std::map<std::string, std::map<std::string, std::string>>> columns;
};

/// What `-n` selects.
struct Environment {
  /// As typed: "dev", "dev:metaxy_system".
  std::string name;
  Part part = Part::all;
  Store store;
  /// The directory of the scripts, absolute or relative to the working directory as configured.
  Setting<std::string> script_directory;
  /// As configured, else `<prefix>metaxy_migrate_version_<project>` + part suffix (product reference 5).
  Setting<std::string> version_table;
  std::string log_table;
  MigrateSettings settings;
};

/// What a person gave on the command line; wins over everything else.
struct ConfigFlags {
  std::optional<std::string> config_file;
  /// By key of [ext.migrate] ("script_location", "lock_wait", "version_table", "store_kind", ...).
  std::map<std::string, std::string> values;
};

struct Config {
  /// Empty when only environment variables configure.
  std::string file;
  /// All files read, in order of merging, for `config`.
  std::vector<std::string> files;
  /// Directory of `file`, or the working directory.
  std::string directory;
  Setting<std::optional<std::string>> project;
  Setting<std::string> default_store{"dev", "default"};
  Setting<bool> auto_create_tables;
  Setting<bool> enable_map_datatype;
  Setting<std::vector<std::string>> entrypoints;
  Setting<std::string> lock_file;
  std::map<std::string, Store> stores;
  /// Things to tell on stderr: legacy keys, dropped stores, leaking variables (contract A2).
  std::vector<std::string> warnings;
  /// Every value with its origin, secrets masked, sorted by key: what `config` prints.
  struct Entry {
    std::string key;
    std::string value;
    std::string origin;
  };
  std::vector<Entry> entries() const;

  /// The environment of that name: `store`, `store:metaxy_system`, `store:metaxy_features`. Throws Error(usage) with a
  /// suggestion when there is no such store, Error(configuration) when the store's settings are wrong.
  Environment environment(std::string_view name) const;
  /// Names of the stores, sorted.
  std::vector<std::string> store_names() const;

  // Private parts are the implementation's.
};

/// Finds, merges and checks the configuration. Throws Error(configuration) with file and line.
Config load_config(const FileSystem& files, const std::string& working_directory, const ProcessEnvironment& environment,
                   const ConfigFlags& flags);

}  // namespace metaxy::migrate
