// Contract A3 and the end of A1: top-level keys; and the seed's own files.
#include "config_setup.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ConfigKeys, A3Defaults) {
  const Config config = with_toml("").load();
  EXPECT_EQ(config.default_store.value, "dev");
  EXPECT_THAT(config.stores, IsEmpty());
  EXPECT_EQ(config.project.value, std::nullopt);
  EXPECT_THAT(config.entrypoints.value, IsEmpty());
  EXPECT_FALSE(config.auto_create_tables.value);
  EXPECT_FALSE(config.enable_map_datatype.value);
  EXPECT_EQ(config.lock_file.value, "metaxy.lock");
}

TEST(ConfigKeys, A3AllKeysOfMetaxyAreAccepted) {
  const Config config = with_toml(R"(store = "prod"
project = "my-project_1"
entrypoints = ["pkg.features"]
auto_create_tables = true
enable_map_datatype = true
hash_truncation_length = 16
metaxy_lock_path = "locks/metaxy.lock"
theme = "dark"
locked = true
sync = false
extra_features = [{ projects = ["a"], keys = ["b"], all = false }]
[ext.other]
enable = true
anything = [1, 2.5, 1979-05-27]
)")
                            .load();
  EXPECT_EQ(config.default_store.value, "prod");
  EXPECT_EQ(config.project.value, "my-project_1");
  EXPECT_TRUE(config.auto_create_tables.value);
  EXPECT_TRUE(config.enable_map_datatype.value);
  EXPECT_EQ(config.lock_file.value, "locks/metaxy.lock");
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST(ConfigKeys, A3LockPathIsRelativeToTheConfigurationFile) {
  const ConfigSetup setup{
      {{"/project/metaxy.toml", "metaxy_lock_path = \"locks/l.lock\""}, {"/project/a/x", ""}},
      {},
      {},
      "/project/a"};
  EXPECT_EQ(setup.load().lock_file.value, "../locks/l.lock");
}

TEST(ConfigKeys, A3AnEmptyLockPathIsNoFault) {
  EXPECT_EQ(with_toml("metaxy_lock_path = \"${EMPTY}\"", {{"EMPTY", ""}}).load().lock_file.value, ".");
}

TEST(ConfigKeys, A3ProjectNames) {
  for (const char* name : {"a/b", "a__b", "a b", "a.b", "ä"}) {
    EXPECT_EQ(with_toml(std::string("project = \"") + name + "\"").error(),
              std::string("error: '") + name +
                  "' is no project name\n  --> metaxy.toml:1:1\n   |\n 1 | project = \"" + name +
                  "\"\n   | ^\n  = help: use letters, digits, '-' and '_', without '__'");
  }
  EXPECT_THAT(with_toml("project = \"\"").error(), HasSubstr("'project' is empty"));
  EXPECT_THAT(with_toml("project = \"${P}\"").error(),
              HasSubstr("help: environment variable 'P' is not set"));
  EXPECT_THAT(with_toml("project = 5").error(), HasSubstr("'project' is an integer, expected a string"));
}

TEST(ConfigKeys, A3HashTruncationLengthIsAtLeastEight) {
  EXPECT_THAT(with_toml("hash_truncation_length = 7").error(),
              HasSubstr("'hash_truncation_length' is 7, expected 8 or more"));
  EXPECT_THAT(with_toml("", {{"METAXY_HASH_TRUNCATION_LENGTH", "x"}}).error(),
              HasSubstr("expected a whole number"));
}

TEST(ConfigKeys, A3WholeNumbersMayBeWrittenAsPydanticReadsThem) {
  for (const char* text : {"16", " 16 ", "+16", "1_6", "16.0"}) {
    EXPECT_EQ(with_toml("", {{"METAXY_HASH_TRUNCATION_LENGTH", text}}).error(), "") << text;
  }
  for (const char* text : {"", "16.5", "_16", "1__6", "16.", "0x10", "1 6", "+"}) {
    EXPECT_THAT(with_toml("", {{"METAXY_HASH_TRUNCATION_LENGTH", text}}).error(),
                HasSubstr("expected a whole number"))
        << text;
  }
}

TEST(ConfigKeys, A3LegacyKeysAreWarnings) {
  const Config config =
      with_toml("migrations_dir = \".metaxy/migrations\"\n[sqlmodel]\nenabled = true\n").load();
  EXPECT_THAT(
      config.warnings,
      ElementsAre("'migrations_dir' (metaxy.toml:1) was removed in Metaxy 0.1.7 and has no effect",
                  "'sqlmodel' (metaxy.toml:2) is [ext.sqlmodel] since November 2025 and has no effect"));
}

TEST(ConfigKeys, A1UnknownTopLevelKeyIsAnErrorWithASuggestion) {
  EXPECT_EQ(with_toml("# mine\nprojekt = \"x\"").error(),
            "error: unknown key 'projekt' in metaxy.toml\n"
            "  --> metaxy.toml:2:1\n"
            "   |\n"
            " 2 | projekt = \"x\"\n"
            "   | ^\n"
            "  = help: did you mean 'project'?");
  EXPECT_THAT(with_toml("script_location = \"x\"").error(),
              HasSubstr("help: settings of metaxy-migrate belong into [ext.migrate]"));
}

TEST(ConfigKeys, A1UnknownKeysOfOtherExtensionsAreAccepted) {
  EXPECT_EQ(with_toml("[ext.alembic]\nenable = true\nwhatever = 1").error(), "");
}

TEST(ConfigKeys, A6SqlAlchemySpellingsAreAccepted) {
  for (const char* text :
       {"[sqlalchemy]\nenabled = true", "[ext.sqlalchemy]\nenable = true",
        "[ext.sqlalchemy]\nenable = true\ninject_primary_key = true", "[ext.sqlmodel]\nenable = true"}) {
    const Config config = with_toml(text).load();
    EXPECT_THAT(config.warnings, IsEmpty()) << text;
  }
}

TEST(ConfigKeys, AllFaultsShowAtOnce) {
  EXPECT_EQ(with_toml("projekt = \"x\"\nsync = \"maybe\"\n[ext.migrate]\nlock_wait = \"soon\"").error(),
            "error: the configuration has 3 faults\n"
            "  - metaxy.toml:1:1: unknown key 'projekt' in metaxy.toml (did you mean 'project'?)\n"
            "  - metaxy.toml:2:1: 'sync' is 'maybe', expected true or false\n"
            "  - metaxy.toml:4:1: 'ext.migrate.lock_wait' is 'soon', expected a duration (write a whole "
            "number and a "
            "unit: \"500ms\", \"30s\", \"2m\", \"1h\")");
}

TEST(ConfigKeys, WrongShapesOfTablesAreErrors) {
  EXPECT_THAT(with_toml("stores = 1").error(), HasSubstr("'stores' is an integer, expected a table"));
  EXPECT_THAT(with_toml("ext = \"x\"").error(), HasSubstr("'ext' is a string, expected a table"));
  EXPECT_THAT(with_toml("[ext]\nmigrate = 1").error(),
              HasSubstr("'ext.migrate' is an integer, expected a table"));
  EXPECT_THAT(with_toml("[ext]\nother = 1").error(),
              HasSubstr("'ext.other' is an integer, expected a table"));
  EXPECT_THAT(with_toml("entrypoints = \"x\"").error(),
              HasSubstr("'entrypoints' is a string, expected an array"));
  EXPECT_THAT(with_toml("extra_features = {}").error(),
              HasSubstr("'extra_features' is a table, expected an array"));
}

// The founding document's files, letter by letter.
ConfigSetup seed() {
  return {{{"metaxy.toml", R"([sqlalchemy]
enabled = true

[stores.dev]
type = "metaxy.metadata_store.duckdb.DuckDBMetadataStore"
config = { database = "dev_metadata.duckdb" }

[stores.prod]
type = "metaxy.metadata_store.duckdb.DuckDBMetadataStore"
config = { database = "prod_metadata.duckdb" }
)"},
           {"alembic.ini", R"([dev]
script_location = alembic/dev

[prod]
script_location = alembic/prod
)"}}};
}

TEST(Seed, ItsStoresAreRead) {
  const Config config = seed().load();
  EXPECT_THAT(config.warnings, IsEmpty());
  EXPECT_THAT(config.store_names(), ElementsAre("dev", "prod"));
  EXPECT_EQ(config.stores.at("dev").dialect, "duckdb");
  EXPECT_EQ(config.stores.at("dev").target.location.reveal(), "dev_metadata.duckdb");
  EXPECT_EQ(config.stores.at("prod").sqlalchemy_url.reveal(), "duckdb:///prod_metadata.duckdb");
}

TEST(Seed, ItsAlembicIniSaysWhereTheScriptsAre) {
  const Config config = seed().load();
  EXPECT_EQ(config.environment("dev").script_directory.value, "alembic/dev");
  EXPECT_EQ(config.environment("dev").script_directory.origin, "alembic.ini:2");
  EXPECT_EQ(config.environment("prod").script_directory.value, "alembic/prod");
  EXPECT_EQ(config.environment("prod").script_directory.origin, "alembic.ini:5");
}

}  // namespace
}  // namespace metaxy::migrate
