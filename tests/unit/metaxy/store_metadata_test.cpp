// URL and tables of one store in one call, as Metaxy's SQLAlchemy integration offered them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metaxy/sources.hpp"
#include "metaxy/tables.hpp"
#include "unit/metaxy/config_setup.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;

constexpr const char* kConfig = R"(
project = "shop"
store = "dev"
enable_map_datatype = true
[stores.dev]
type = "metaxy.ext.duckdb.DuckDBMetadataStore"
[stores.dev.config]
database = "dev.duckdb"
table_prefix = "dev_"
[stores.lake]
type = "metaxy.ext.polars.handlers.delta.DeltaMetadataStore"
[stores.lake.config]
root_path = "lake"
[ext.migrate.columns."video/clip"]
size = "HUGEINT"
)";

std::vector<FeatureDefinition> shop_definitions() {
  return definitions_from_toml(R"(
[features."video/clip"]
id_columns = ["id"]
columns = { id = "str", size = "int" }
[features."plant/sensor"]
id_columns = ["id"]
columns = { id = "str" }
project = "plant"
)",
                               "f.toml", "shop");
}

std::vector<std::string> names_of(const DesiredSchema& desired) {
  std::vector<std::string> names;
  for (const auto& [name, table] : desired.tables) {
    names.push_back(name.name);
  }
  return names;
}

TEST(StoreMetadata, HasTheUrlAndTheProjectsFeatureTables) {
  const Config config = with_toml(kConfig).load();
  const StoreMetadata metadata =
      feature_metadata_for_store(config, config.stores.at("dev"), shop_definitions());
  EXPECT_EQ(metadata.url.reveal(), "duckdb:///dev.duckdb");
  EXPECT_THAT(names_of(metadata.desired), ElementsAre("dev_video__clip"));
  const Table& clip = metadata.desired.tables.at({"", "dev_video__clip"}).table;
  EXPECT_EQ(to_text(find_column(clip, "metaxy_provenance_by_field")->type), "MAP(VARCHAR, VARCHAR)");
  EXPECT_EQ(to_text(find_column(clip, "size")->type), "HUGEINT");
}

TEST(StoreMetadata, HasEveryProjectsTablesWithoutTheFilter) {
  const Config config = with_toml(kConfig).load();
  EXPECT_THAT(
      names_of(
          feature_metadata_for_store(config, config.stores.at("dev"), shop_definitions(), false).desired),
      ElementsAre("dev_plant__sensor", "dev_video__clip"));
}

TEST(StoreMetadata, HasTheSystemTables) {
  const Config config = with_toml(kConfig).load();
  const StoreMetadata metadata = system_metadata_for_store(config, config.stores.at("dev"));
  EXPECT_EQ(metadata.url.reveal(), "duckdb:///dev.duckdb");
  EXPECT_THAT(names_of(metadata.desired),
              ElementsAre("dev_metaxy_system__events", "dev_metaxy_system__feature_versions"));
}

TEST(StoreMetadata, AStoreWithoutSqlHasNone) {
  const Config config = with_toml(kConfig).load();
  const std::string error =
      ConfigSetup::error_of([&] { system_metadata_for_store(config, config.stores.at("lake")); });
  EXPECT_EQ(error.rfind("error: store 'lake' of type DeltaMetadataStore has no tables to migrate: ", 0), 0U)
      << error;
}

}  // namespace
}  // namespace metaxy::migrate
