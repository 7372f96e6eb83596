// Contract A2: environment variables.
#include "metaxy/config_variables.hpp"

#include "config_setup.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kDev = R"([stores.dev]
type = "metaxy.ext.duckdb.DuckDBMetadataStore"
config = { database = "dev.duckdb", table_prefix = "p_" }
)";

TEST(ConfigVariables, A1VariablesBeatFilesBeatDefaults) {
  const Config config =
      with_toml("project = \"file\"\nstore = \"file\"", {{"METAXY_PROJECT", "variable"}}).load();
  EXPECT_EQ(config.project.value, "variable");
  EXPECT_EQ(config.project.origin, "METAXY_PROJECT");
  EXPECT_EQ(config.default_store.origin, "metaxy.toml:2");
  EXPECT_EQ(config.auto_create_tables.origin, "default");
}

TEST(ConfigVariables, A2NamesAreCaseInsensitive) {
  EXPECT_EQ(with_toml("", {{"metaxy_Project", "mixed"}}).load().project.value, "mixed");
}

TEST(ConfigVariables, A1VariablesAreMergedDeeplyOverFiles) {
  const Config config = with_toml(kDev, {{"METAXY_STORES__DEV__CONFIG__DATABASE", "other.duckdb"}}).load();
  EXPECT_EQ(config.stores.at("dev").target.location.reveal(), "other.duckdb");
  EXPECT_EQ(config.stores.at("dev").table_prefix, "p_");
}

TEST(ConfigVariables, A2AStoreMayComeFromVariablesAlone) {
  const Config config = ConfigSetup{
      {},
      {{"METAXY_STORES__PROD__TYPE", "metaxy.ext.duckdb.DuckDBMetadataStore"},
       {"METAXY_STORES__PROD__CONFIG__DATABASE",
        "prod.duckdb"}}}.load();
  EXPECT_EQ(config.stores.at("prod").target.location.reveal(), "prod.duckdb");
}

TEST(ConfigVariables, A2WholeTreeAsJsonWithLongerNamesOverIt) {
  const Config config = ConfigSetup{
      {},
      {{"METAXY_STORES",
        R"({"dev": {"type": "x.DuckDBMetadataStore", "config": {"database": "json.duckdb", "table_prefix": "j_"}}})"},
       {"METAXY_STORES__DEV__CONFIG__DATABASE",
        "longer.duckdb"}}}.load();
  EXPECT_EQ(config.stores.at("dev").target.location.reveal(), "longer.duckdb");
  EXPECT_EQ(config.stores.at("dev").table_prefix, "j_");
}

TEST(ConfigVariables, A2BrokenJsonIsAnError) {
  EXPECT_EQ(with_toml("", {{"METAXY_STORES", "{dev"}}).error(),
            "error: environment variable 'METAXY_STORES' is not a JSON object\n  --> METAXY_STORES");
}

TEST(ConfigVariables, A2JsonBelowStoresBecomesTablesAndArrays) {
  const Config config = with_toml(kDev, {{"METAXY_STORES__DEV__CONFIG__FALLBACK_STORES", R"(["a", "b"])"},
                                         {"METAXY_STORES__DEV__CONFIG__CONFIG", R"({"threads": 4})"}})
                            .load();
  EXPECT_THAT(config.stores.at("dev").fallback_stores, ElementsAre("a", "b"));
  EXPECT_THAT(config.stores.at("dev").target.settings,
              ElementsAre(std::pair<std::string, std::string>("threads", "4")));
}

TEST(ConfigVariables, A2TextThatOnlyLooksLikeJsonStaysText) {
  const Config config = with_toml(kDev, {{"METAXY_STORES__DEV__CONFIG__DATABASE", "{not json"}}).load();
  EXPECT_EQ(config.stores.at("dev").target.location.reveal(), "{not json");
}

TEST(ConfigVariables, A2AStoreInUpperCaseCannotBeReached) {
  const Config config = with_toml(R"([stores.Dev]
type = "metaxy.ext.duckdb.DuckDBMetadataStore"
config = { database = "dev.duckdb" }
)",
                                  {{"METAXY_STORES__DEV__CONFIG__DATABASE", "other.duckdb"}})
                            .load();
  EXPECT_THAT(config.store_names(), ElementsAre("Dev"));
  EXPECT_EQ(config.stores.at("Dev").target.location.reveal(), "dev.duckdb");
  EXPECT_THAT(
      config.warnings,
      ElementsAre("store 'dev' (METAXY_STORES__DEV__CONFIG__DATABASE) is left out, because it has no 'type': "
                  "variables reach lower-case names only, not 'Dev'"));
}

TEST(ConfigVariables, A2StoreWithoutTypeIsLeftOutWithAWarning) {
  const Config config = with_toml("[stores.half]\nconfig = { database = \"x\" }").load();
  EXPECT_THAT(config.store_names(), IsEmpty());
  EXPECT_THAT(config.warnings,
              ElementsAre("store 'half' (metaxy.toml:1) is left out, because it has no 'type'"));
}

TEST(ConfigVariables, A2BooleanTexts) {
  for (const char* text : {"1", "true", "t", "yes", "y", "on", "TRUE", "Yes", "oN"}) {
    EXPECT_TRUE(with_toml("", {{"METAXY_AUTO_CREATE_TABLES", text}}).load().auto_create_tables.value) << text;
  }
  for (const char* text : {"0", "false", "f", "no", "n", "off", "FALSE", "No", "oFF"}) {
    EXPECT_FALSE(with_toml("auto_create_tables = true", {{"METAXY_AUTO_CREATE_TABLES", text}})
                     .load()
                     .auto_create_tables.value)
        << text;
  }
  EXPECT_EQ(
      with_toml("", {{"METAXY_ENABLE_MAP_DATATYPE", "maybe"}}).error(),
      "error: 'enable_map_datatype' is 'maybe', expected true or false\n  --> METAXY_ENABLE_MAP_DATATYPE");
}

TEST(ConfigVariables, A2BooleanOfAStoreMayBeTextOrJson) {
  for (const char* text : {"true", "1", "yes"}) {
    const Config config = with_toml(kDev, {{"METAXY_STORES__DEV__CONFIG__AUTO_CREATE_TABLES", text}}).load();
    EXPECT_TRUE(config.environment("dev").store.auto_create_tables) << text;
  }
}

TEST(ConfigVariables, A2VariablesOfNoSettingAreIgnored) {
  const Config config =
      with_toml("", {{"METAXY_LOG_LEVEL", "debug"}, {"METAXY_UNHEARD_OF", "x"}, {"METAXY_STORE__X", "y"}})
          .load();
  EXPECT_THAT(config.warnings, IsEmpty());
  EXPECT_EQ(config.default_store.value, "dev");
}

TEST(ConfigVariables, A2EntrypointVariablesAddModules) {
  const Config config =
      with_toml("entrypoints = [\"own\"]",
                {{"METAXY_ENTRYPOINT", "a, b"}, {"METAXY_ENTRYPOINTS__0", "c"}, {"METAXY_ENTRYPOINT_X", " "}})
          .load();
  EXPECT_THAT(config.entrypoints.value, ElementsAre("own", "a", "b", "c"));
  EXPECT_EQ(config.entrypoints.origin, "metaxy.toml:1, METAXY_ENTRYPOINT, METAXY_ENTRYPOINTS__0");
}

TEST(ConfigVariables, A2EntrypointsAsJsonReplaceTheFiles) {
  const Config config =
      with_toml("entrypoints = [\"own\"]", {{"METAXY_ENTRYPOINTS", R"(["a", "b"])"}}).load();
  EXPECT_THAT(config.entrypoints.value, ElementsAre("a", "b"));
  EXPECT_EQ(config.entrypoints.origin, "METAXY_ENTRYPOINTS");
}

TEST(ConfigVariables, A2UnprefixedVariablesThatFillMissingFieldsAreTold) {
  const Config config = with_toml(R"([stores.dev]
type = "metaxy.ext.duckdb.DuckDBMetadataStore"
config = { database = "dev.duckdb" }
[stores.prod]
type = "metaxy.ext.duckdb.DuckDBMetadataStore"
config = { database = "prod.duckdb", table_prefix = "own_" }
[stores.last]
type = "metaxy.ext.duckdb.DuckDBMetadataStore"
config = { database = "last.duckdb" }
)",
                                  {{"TABLE_PREFIX", "leak_"}, {"DATABASE", "leak.duckdb"}})
                            .load();
  EXPECT_EQ(config.stores.at("dev").table_prefix, "");
  EXPECT_THAT(
      config.warnings,
      ElementsAre(
          "environment variable 'TABLE_PREFIX' is set: Metaxy takes it as 'table_prefix' of stores 'dev', "
          "'last', metaxy-migrate does not; unset it, or write 'table_prefix' into the configuration"));
}

TEST(ConfigVariables, A2ConfigVariableFillsAMissingConfigTable) {
  const Config config =
      with_toml("[stores.dev]\ntype = \"metaxy.ext.duckdb.DuckDBMetadataStore\"", {{"CONFIG", "{}"}}).load();
  EXPECT_THAT(config.warnings, ElementsAre(HasSubstr("environment variable 'CONFIG' is set")));
}

TEST(ConfigVariables, A2ConfigVariableIsMergedIntoTheConfigTableThatIsThere) {
  const Config config =
      with_toml("[stores.dev]\ntype = \"metaxy.ext.duckdb.DuckDBMetadataStore\"\nconfig = { config = {} }",
                {{"CONFIG", "{}"}})
          .load();
  EXPECT_THAT(config.warnings,
              ElementsAre("environment variable 'CONFIG' is set: Metaxy takes it as 'config' of store 'dev', "
                          "metaxy-migrate does not; unset it"));
}

TEST(ConfigVariables, A2AutoCreateTablesWithoutPrefixFillsNothing) {
  EXPECT_THAT(with_toml(kDev, {{"AUTO_CREATE_TABLES", "true"}}).load().warnings, IsEmpty());
}

TEST(ConfigVariables, A2StoreConfigThatIsNoJsonIsAnErrorWithoutATypeToo) {
  EXPECT_EQ(with_toml("", {{"METAXY_STORES__HALF__CONFIG", "{broken"}}).error(),
            "error: environment variable 'METAXY_STORES__HALF__CONFIG' is not a JSON object\n"
            "  --> METAXY_STORES__HALF__CONFIG");
}

}  // namespace
}  // namespace metaxy::migrate
