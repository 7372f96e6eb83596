#include "metaxy/store_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/suggest.hpp"
#include "base/text.hpp"
#include "metaxy/database_url.hpp"
#include "metaxy/store_class.hpp"

namespace metaxy::migrate {

namespace {

/// Databases that this version drives, for people.
constexpr std::string_view kDriven = "this version drives DuckDB, SQLite and PostgreSQL";

/// Reads one store's `config`, piece by piece.
class StoreParser {
 public:
  StoreParser(const std::string& name, const ConfigValue& table, const StoreSurroundings& surroundings,
              ConfigReader& reader, std::vector<std::string>& warnings)
      : table_(table), surroundings_(surroundings), reader_(reader), warnings_(warnings) {
    store_.name = name;
    store_.type = store_class(table.find("type") != nullptr ? table.find("type")->text : "");
    if (const ConfigValue* config = table.find("config")) {
      config_ = *config;
    }
  }

  Store parsed() {
    const StoreClass* known = find_store_class(store_.type);
    kind_ = resolved_kind(known);
    check_config_keys(known);
    read_common();
    read_location();
    if (surroundings_.url != nullptr) {
      read_url_override();
    }
    store_.unset_variables.assign(unset_.begin(), unset_.end());
    return std::move(store_);
  }

 private:
  std::string key(std::string_view name) const {
    return fmt::format("stores.{}.config.{}", store_.name, name);
  }

  const ConfigValue* find(std::string_view name) const { return config_.find(name); }

  /// The text of a key of `config`, empty when it is absent or wrong. The target needs it.
  std::string needed_text(std::string_view name) {
    const ConfigValue* value = find(name);
    if (value == nullptr) {
      return {};
    }
    note_unset(*value);
    return reader_.text(*value, key(name)).value_or("");
  }

  void note_unset(const ConfigValue& value) {
    for (std::string& variable : unset_variables_in(value)) {
      unset_.insert(std::move(variable));
    }
  }

  bool is_unset(std::string_view name) const {
    const ConfigValue* value = find(name);
    return value != nullptr && !value->unset_variables.empty();
  }

  StoreKind resolved_kind(const StoreClass* known) const {
    const ConfigValue* connection = find("connection_string");
    const bool has_connection =
        connection != nullptr && (known == nullptr || known->kind != StoreKind::files);
    const StoreKind by_url =
        has_connection ? kind_of_dialect(dialect_of_url(connection->text)) : StoreKind::unknown;
    if (by_url == StoreKind::sqlite) {
      return by_url;
    }
    if (known != nullptr && known->kind != StoreKind::unknown) {
      return known->kind;
    }
    if (surroundings_.kind) {
      return kind_of_dialect(*surroundings_.kind);
    }
    if (known == nullptr) {
      return StoreKind::unknown;
    }
    // Metaxy's base class: the connection decides.
    const ConfigValue* backend = find("backend");
    return by_url == StoreKind::unknown && backend != nullptr ? kind_of_dialect(backend->text) : by_url;
  }

  /// A subclass may have keys of its own, and of stores that we cannot drive we do not know all.
  void check_config_keys(const StoreClass* known) {
    const bool is_checked =
        known != nullptr && (kind_ == StoreKind::duckdb || kind_ == StoreKind::sqlite ||
                             kind_ == StoreKind::postgresql || kind_ == StoreKind::clickhouse);
    if (is_checked) {
      reader_.check_keys(config_, fmt::format("[stores.{}.config]", store_.name), known->keys,
                         fmt::format("{} takes no such key, and Metaxy refuses it too", store_.type));
    }
  }

  void read_common() {
    store_.auto_create_tables = surroundings_.auto_create_tables;
    if (const ConfigValue* value = find("auto_create_tables")) {
      store_.auto_create_tables = reader_.boolean(*value, key("auto_create_tables")).value_or(false);
    }
    if (const ConfigValue* value = find("fallback_stores")) {
      store_.fallback_stores =
          reader_.texts(*value, key("fallback_stores")).value_or(std::vector<std::string>{});
    }
    if (const ConfigValue* value = find("hash_algorithm")) {
      store_.hash_algorithm = reader_.text(*value, key("hash_algorithm")).value_or("");
    }
    if (is_unset("table_prefix")) {
      warnings_.push_back(fmt::format("'{}' counts as empty, because environment variable '{}' is not set",
                                      key("table_prefix"), find("table_prefix")->unset_variables.front()));
    }
    store_.table_prefix = needed_text("table_prefix");
  }

  void read_location() {
    switch (kind_) {
      case StoreKind::duckdb:
        return read_duckdb();
      case StoreKind::sqlite:
        return read_sqlite();
      case StoreKind::postgresql:
        return read_postgresql();
      case StoreKind::clickhouse:
        return read_clickhouse();
      case StoreKind::bigquery:
        return read_bigquery();
      case StoreKind::files:
        store_.unsupported =
            fmt::format("{} keeps its tables as files, without SQL ({})", store_.type, kDriven);
        store_.url_unavailable = fmt::format("{} has no SQLAlchemy URL", store_.type);
        return;
      case StoreKind::memory:
        store_.unsupported = fmt::format("{} keeps nothing when the process ends", store_.type);
        store_.url_unavailable = fmt::format("{} has no SQLAlchemy URL", store_.type);
        return;
      case StoreKind::unknown:
        return read_unknown();
    }
  }

  void read_duckdb() {
    store_.dialect = "duckdb";
    std::string database = needed_text("database");
    if (find("database") == nullptr && store_.type == "DuckDBMetadataStore") {
      // It takes the keys of a connection, too, but Metaxy refuses to load it without this one.
      report_no_location();
      return;
    }
    if (find("database") == nullptr) {
      database = file_from_connection("duckdb:///path");
    } else if (database.empty() && !is_unset("database")) {
      reader_.fault(find("database")->origin, fmt::format("'{}' is empty", key("database")));
    }
    const auto begins_with = [&](std::string_view prefix) {
      return database.compare(0, prefix.size(), prefix) == 0;
    };
    if (find("ducklake") != nullptr || begins_with("ducklake:")) {
      set_unsupported("its 'ducklake' makes it a DuckLake store");
    } else if (begins_with("md:") || begins_with("motherduck:")) {
      set_unsupported("its database is on MotherDuck");
    }
    if (begins_with("~")) {
      warnings_.push_back(
          fmt::format("'{}' begins with '~', which neither Metaxy nor DuckDB replaces by the home "
                      "folder",
                      key("database")));
    }
    if (store_.sqlalchemy_url.empty()) {
      store_.sqlalchemy_url = Secret("duckdb:///" + database);
    }
    store_.target.location = Secret(std::move(database));
    read_duckdb_settings();
    read_extensions();
  }

  void report_no_location() {
    reader_.fault(table_.origin, fmt::format("store '{}' does not say where its database is", store_.name),
                  fmt::format("set 'database' in [stores.{}.config]", store_.name));
  }

  void read_duckdb_settings() {
    const ConfigValue* settings = find("config");
    if (settings == nullptr || reader_.table(*settings, key("config")) == nullptr) {
      return;
    }
    note_unset(*settings);
    for (const auto& [name, value] : settings->members) {
      if (value.is_scalar()) {
        store_.target.settings.emplace_back(name, value.text);
      } else {
        reader_.text(value, key("config." + name));
      }
    }
  }

  void read_extensions() {
    const ConfigValue* extensions = find("extensions");
    if (extensions == nullptr) {
      return;
    }
    if (extensions->kind != ConfigValue::Kind::array) {
      reader_.fault(extensions->origin, fmt::format("'{}' is {}, expected an array of names or tables",
                                                    key("extensions"), name_of(extensions->kind)));
      return;
    }
    note_unset(*extensions);
    for (const ConfigValue& extension : extensions->items) {
      read_extension(extension);
    }
  }

  void read_extension(const ConfigValue& extension) {
    if (extension.is_scalar()) {
      store_.target.extensions.push_back(
          {reader_.filled_text(extension, key("extensions")).value_or(""), "core", {}});
      return;
    }
    if (reader_.table(extension, key("extensions")) == nullptr) {
      return;
    }
    static const std::vector<std::string> known = {"name", "repository", "init_sql"};
    reader_.check_keys(extension, key("extensions"), known);
    Target::Extension result{"", "core", {}};
    if (const ConfigValue* name = extension.find("name")) {
      result.name = reader_.filled_text(*name, key("extensions.name")).value_or("");
    } else {
      reader_.fault(extension.origin, fmt::format("an extension in '{}' has no 'name'", key("extensions")));
    }
    if (const ConfigValue* repository = extension.find("repository")) {
      result.repository = reader_.filled_text(*repository, key("extensions.repository")).value_or("");
    }
    if (const ConfigValue* statements = extension.find("init_sql")) {
      result.init_sql =
          reader_.texts(*statements, key("extensions.init_sql")).value_or(std::vector<std::string>{});
    }
    store_.target.extensions.push_back(std::move(result));
  }

  void read_sqlite() {
    store_.dialect = "sqlite";
    if (find("connection_string") != nullptr || find("database") == nullptr) {
      store_.target.location = Secret(file_from_connection("sqlite:///path"));
      return;
    }
    store_.target.location = Secret(needed_text("database"));
    store_.sqlalchemy_url = Secret("sqlite:///" + store_.target.location.reveal());
    if (store_.target.location.empty() && !is_unset("database")) {
      reader_.fault(find("database")->origin, fmt::format("'{}' is empty", key("database")));
    }
  }

  /// The path that `connection_string` or `connection_params` give a database of one file.
  std::string file_from_connection(std::string_view form) {
    const std::string url = needed_text("connection_string");
    const ConfigValue* parameters = find("connection_params");
    const ConfigValue* database = parameters == nullptr ? nullptr : parameters->find("database");
    if (find("connection_string") == nullptr && database != nullptr) {
      note_unset(*database);
      store_.url_unavailable = no_connection_string();
      return reader_.text(*database, key("connection_params.database")).value_or("");
    }
    if (find("connection_string") == nullptr) {
      report_no_location();
      return {};
    }
    store_.sqlalchemy_url = Secret(url);
    if (is_unset("connection_string")) {
      return {};
    }
    const UrlTarget target = target_from_url(url);
    if (!target.fault.empty() || target.dialect != store_.dialect) {
      reader_.fault(find("connection_string")->origin,
                    fmt::format("'{}' is not of the form {}", key("connection_string"), form), target.fault);
    }
    return target.target.location.reveal();
  }

  void read_postgresql() {
    store_.dialect = "postgresql";
    if (const ConfigValue* connection = find("connection_string")) {
      const std::string url = needed_text("connection_string");
      store_.sqlalchemy_url = Secret(url);
      const UrlTarget target = target_from_url(url);
      store_.target = target.target;
      if (!is_unset("connection_string") && target.dialect != store_.dialect) {
        reader_.fault(connection->origin, fmt::format("'{}' is no PostgreSQL URL", key("connection_string")),
                      "write postgresql://user:password@host:5432/database");
      }
      return;
    }
    store_.url_unavailable = no_connection_string();
    if (std::optional<std::vector<std::pair<std::string, std::string>>> parameters =
            connection_parameters()) {
      store_.target = postgresql_target(*parameters);
    }
  }

  /// The scalars of `connection_params`, by name; a fault when there is no such table.
  std::optional<std::vector<std::pair<std::string, std::string>>> connection_parameters() {
    const ConfigValue* parameters = find("connection_params");
    if (parameters == nullptr) {
      reader_.fault(
          table_.origin, fmt::format("store '{}' does not say where its database is", store_.name),
          fmt::format("set 'connection_string' or 'connection_params' in [stores.{}.config]", store_.name));
      return std::nullopt;
    }
    if (reader_.table(*parameters, key("connection_params")) == nullptr) {
      return std::nullopt;
    }
    note_unset(*parameters);
    std::vector<std::pair<std::string, std::string>> result;
    for (const auto& [name, value] : parameters->members) {
      if (value.is_scalar()) {
        result.emplace_back(name, value.text);
      }
    }
    return result;
  }

  void read_clickhouse() {
    set_unsupported("it is on ClickHouse");
    if (find("connection_string") == nullptr) {
      store_.url_unavailable = no_connection_string();
      return;
    }
    if (const std::optional<DatabaseUrl> url = parsed_url(needed_text("connection_string"))) {
      store_.sqlalchemy_url = Secret(clickhouse_sqlalchemy_url(*url));
    } else if (!is_unset("connection_string")) {
      reader_.fault(find("connection_string")->origin,
                    fmt::format("'{}' is no ClickHouse URL", key("connection_string")),
                    "write clickhouse://user:password@host:8123/database");
    }
  }

  void read_bigquery() {
    set_unsupported("it is on BigQuery");
    store_.sqlalchemy_url = Secret(needed_text("connection_string"));
    store_.url_unavailable = find("connection_string") == nullptr ? no_connection_string() : "";
  }

  void read_unknown() {
    if (store_.type.empty()) {
      store_.unsupported = fmt::format("'stores.{}.type' is empty", store_.name);
      return;
    }
    const std::string suggestion = did_you_mean(store_.type, store_class_names());
    store_.unsupported = fmt::format(
        "class '{}' does not tell which database it uses{}; say it with store_kind = \"duckdb\", \"sqlite\" "
        "or "
        "\"postgresql\" in [ext.migrate.environments.{}] or with --store-kind",
        store_.type, suggestion.empty() ? "" : fmt::format(" ({})", suggestion), store_.name);
    store_.sqlalchemy_url = Secret(needed_text("connection_string"));
    store_.url_unavailable = find("connection_string") == nullptr ? no_connection_string() : "";
  }

  std::string no_connection_string() const {
    return fmt::format("store '{}' is configured without 'connection_string', so it has no SQLAlchemy URL",
                       store_.name);
  }

  void set_unsupported(std::string_view reason) {
    store_.dialect.clear();
    store_.unsupported = fmt::format("{}; {}", reason, kDriven);
  }

  /// `url` of the environment: another way, or another role, to the same database.
  void read_url_override() {
    const ConfigValue& url = *surroundings_.url;
    forget_replaced_variables();
    if (!url.unset_variables.empty()) {
      note_unset(url);
      return;
    }
    const UrlTarget found = target_from_url(url.text);
    if (!found.fault.empty()) {
      reader_.fault(url.origin, "'url' is not a database URL", found.fault);
    } else if (!store_.dialect.empty() && found.dialect != store_.dialect) {
      reader_.fault(url.origin, fmt::format("'url' names a {} database, but store '{}' is on {}",
                                            found.dialect, store_.name, store_.dialect));
    } else if (!store_.dialect.empty()) {
      store_.target.location = found.target.location;
      if (!found.target.settings.empty()) {
        store_.target.settings = found.target.settings;
      }
    }
  }

  /// What only the replaced location needed is not needed any more.
  void forget_replaced_variables() {
    unset_.clear();
    for (const std::string_view name : {"table_prefix", "config", "extensions"}) {
      if (const ConfigValue* value = find(name)) {
        note_unset(*value);
      }
    }
  }

  const ConfigValue& table_;
  const StoreSurroundings& surroundings_;
  ConfigReader& reader_;
  std::vector<std::string>& warnings_;
  ConfigValue config_;
  Store store_;
  StoreKind kind_ = StoreKind::unknown;
  std::set<std::string> unset_;
};

}  // namespace

Store parsed_store(const std::string& name, const ConfigValue& table, const StoreSurroundings& surroundings,
                   ConfigReader& reader, std::vector<std::string>& warnings) {
  return StoreParser(name, table, surroundings, reader, warnings).parsed();
}

void check_store_table(const std::string& name, const ConfigValue& table, ConfigReader& reader) {
  const ConfigValue* type = table.find("type");
  if (type != nullptr) {
    reader.text(*type, fmt::format("stores.{}.type", name));
  }
  const std::vector<std::string>& inner = store_config_keys(type == nullptr ? "" : type->text);
  for (const auto& [key, value] : table.members) {
    if (key == "type") {
      continue;
    }
    if (key == "config") {
      reader.table(value, fmt::format("stores.{}.config", name));
      continue;
    }
    const std::string suggestion = did_you_mean(key, std::vector<std::string>{"type", "config"});
    const bool belongs_inside =
        suggestion.empty() || std::find(inner.begin(), inner.end(), key) != inner.end();
    reader.fault(value.origin,
                 fmt::format("'{}' is directly below [stores.{}], where only 'type' and 'config' are allowed",
                             key, name),
                 belongs_inside
                     ? fmt::format("move it to [stores.{}.config]; Metaxy refuses it here too", name)
                     : suggestion);
  }
}

}  // namespace metaxy::migrate
