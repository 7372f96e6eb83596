#include "metaxy/store_class.hpp"

#include <map>

namespace metaxy::migrate {

namespace {

std::vector<std::string> joined_keys(std::vector<std::string> keys, std::vector<std::string> more) {
  keys.insert(keys.end(), more.begin(), more.end());
  return keys;
}

const std::map<std::string, StoreClass, std::less<>>& store_classes() {
  static const std::vector<std::string> any = {"fallback_stores", "hash_algorithm", "versioning_engine",
                                               "auto_create_tables"};
  static const std::vector<std::string> sql =
      joined_keys(any, {"connection_string", "connection_params", "backend", "table_prefix"});
  static const std::map<std::string, StoreClass, std::less<>> classes = {
      {"DuckDBMetadataStore",
       {StoreKind::duckdb, joined_keys(sql, {"database", "config", "extensions", "ducklake"})}},
      {"SQLiteMetadataStore", {StoreKind::sqlite, joined_keys(sql, {"database"})}},
      {"PostgreSQLMetadataStore", {StoreKind::postgresql, joined_keys(sql, {"auto_cast_struct_for_jsonb"})}},
      {"ClickHouseMetadataStore", {StoreKind::clickhouse, joined_keys(sql, {"auto_cast_struct_for_map"})}},
      {"BigQueryMetadataStore",
       {StoreKind::bigquery,
        joined_keys(sql, {"project_id", "dataset_id", "credentials_path", "credentials", "location"})}},
      {"DeltaMetadataStore", {StoreKind::files, joined_keys(any, {"root_path", "layout"})}},
      {"IcebergMetadataStore", {StoreKind::files, joined_keys(any, {"warehouse", "namespace"})}},
      {"LanceDBMetadataStore", {StoreKind::files, joined_keys(any, {"uri", "connect_kwargs"})}},
      {"InMemoryMetadataStore", {StoreKind::memory, any}},
      {"IbisMetadataStore", {StoreKind::unknown, joined_keys(sql, {"database"})}},
  };
  return classes;
}

}  // namespace

const StoreClass* find_store_class(std::string_view name) {
  const auto found = store_classes().find(name);
  return found == store_classes().end() ? nullptr : &found->second;
}

StoreKind kind_of_dialect(std::string_view dialect) {
  static const std::map<std::string, StoreKind, std::less<>> kinds = {{"duckdb", StoreKind::duckdb},
                                                                      {"sqlite", StoreKind::sqlite},
                                                                      {"postgresql", StoreKind::postgresql},
                                                                      {"postgres", StoreKind::postgresql}};
  const auto found = kinds.find(dialect);
  return found == kinds.end() ? StoreKind::unknown : found->second;
}

std::vector<std::string> store_class_names() {
  std::vector<std::string> names;
  for (const auto& [name, known] : store_classes()) {
    names.push_back(name);
  }
  return names;
}

const std::vector<std::string>& store_config_keys(std::string_view type) {
  static const std::vector<std::string> none;
  const StoreClass* known = find_store_class(store_class(type));
  return known == nullptr ? none : known->keys;
}

std::string store_class(std::string_view type) {
  const std::size_t end = type.find_last_of(".:");
  return std::string(end == std::string_view::npos ? type : type.substr(end + 1));
}

}  // namespace metaxy::migrate
