#pragma once
// The store classes of all Metaxy versions (contract A4): what drives them, which keys they take.

#include <string>
#include <string_view>
#include <vector>

namespace metaxy::migrate {

/// What a store is on.
enum class StoreKind { duckdb, sqlite, postgresql, clickhouse, bigquery, files, memory, unknown };

/// One of Metaxy's classes.
struct StoreClass {
  StoreKind kind = StoreKind::unknown;
  /// Keys of `config`.
  std::vector<std::string> keys;
};

/// By class name, in whatever module; nullptr for a class that is not Metaxy's.
const StoreClass* find_store_class(std::string_view name);
/// Sorted.
std::vector<std::string> store_class_names();

/// "duckdb", "sqlite", "postgresql" and what ibis calls them; `unknown` for others.
StoreKind kind_of_dialect(std::string_view dialect);

/// The keys that Metaxy's class of this `type` takes in `config`; empty for classes that are not Metaxy's.
const std::vector<std::string>& store_config_keys(std::string_view type);

/// `metaxy.ext.duckdb.DuckDBMetadataStore` or `metaxy.ext.duckdb:DuckDBMetadataStore` ->
/// `DuckDBMetadataStore`.
std::string store_class(std::string_view type);

}  // namespace metaxy::migrate
