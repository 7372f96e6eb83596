#include <fmt/format.h>

#include "base/error.hpp"
#include "dialect/registry.hpp"
#include "metaxy/tables.hpp"

namespace metaxy::migrate {

namespace {

const Dialect& dialect_of(const Store& store) {
  const Dialect* dialect = find_dialect(store.dialect);
  if (dialect == nullptr) {
    throw Error(ErrorKind::configuration,
                fmt::format("store '{}' of type {} has no tables to migrate{}{}", store.name, store.type,
                            store.unsupported.empty() ? "" : ": ", store.unsupported));
  }
  return *dialect;
}

TableOptions options_for(const Config& config, const Store& store) {
  TableOptions options;
  options.table_prefix = store.table_prefix;
  options.has_map_datatype = config.enable_map_datatype.value;
  options.column_types = config.environment(store.name).settings.columns.value;
  return options;
}

}  // namespace

StoreMetadata feature_metadata_for_store(const Config& config, const Store& store,
                                         std::span<const FeatureDefinition> definitions,
                                         bool filter_by_project) {
  const Dialect& dialect = dialect_of(store);
  std::vector<FeatureDefinition> managed(definitions.begin(), definitions.end());
  if (filter_by_project) {
    managed = only_project(std::move(managed), config.project.value.value_or(""));
  } else {
    for (FeatureDefinition& definition : managed) {
      definition.is_external = false;
    }
  }
  return {store.sqlalchemy_url, feature_tables(managed, dialect, options_for(config, store))};
}

StoreMetadata system_metadata_for_store(const Config& config, const Store& store) {
  return {store.sqlalchemy_url, system_tables(dialect_of(store), options_for(config, store))};
}

}  // namespace metaxy::migrate
