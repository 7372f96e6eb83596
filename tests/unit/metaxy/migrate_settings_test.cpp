// [ext.migrate]: keys, values and precedence (product reference 2, decisions 20 and 22).
#include "metaxy/migrate_settings.hpp"

#include "config_setup.hpp"

namespace metaxy::migrate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kTwoStores = R"([stores.dev]
type = "x.DuckDBMetadataStore"
config = { database = "dev.duckdb" }
[stores.prod]
type = "x.DuckDBMetadataStore"
config = { database = "prod.duckdb" }
)";

ConfigSetup with_settings(const std::string& text, ProcessEnvironment variables = {},
                          std::map<std::string, std::string> flags = {}) {
  return with_toml(kTwoStores + text, std::move(variables), {.config_file = {}, .values = std::move(flags)});
}

MigrateSettings settings_of(const std::string& text, const std::string& environment = "dev") {
  return with_settings(text).load().environment(environment).settings;
}

TEST(MigrateSettings, Defaults) {
  const MigrateSettings settings = settings_of("");
  EXPECT_EQ(settings.source.value, "auto");
  EXPECT_THAT(settings.features.value, IsEmpty());
  EXPECT_EQ(settings.python.value, std::nullopt);
  EXPECT_EQ(settings.lock_wait.value, seconds(30));
  EXPECT_EQ(settings.lock_timeout.value, seconds(3));
  EXPECT_EQ(settings.statement_timeout.value, milliseconds(0));
  EXPECT_FALSE(settings.is_protected.value);
  EXPECT_EQ(settings.backup.value, BackupPolicy::automatic);
  EXPECT_EQ(settings.backup_limit.value, 5ULL * 1024 * 1024 * 1024);
  EXPECT_EQ(settings.file_template.value, "");
  EXPECT_TRUE(settings.online.value);
  EXPECT_THAT(settings.materialize.value, IsEmpty());
  EXPECT_THAT(settings.drift_ignore.value, IsEmpty());
  EXPECT_FALSE(settings.load_extensions.value);
  EXPECT_THAT(settings.columns.value, IsEmpty());
  EXPECT_EQ(settings.lock_wait.origin, "default");
}

TEST(MigrateSettings, AllKeysAreRead) {
  const MigrateSettings settings = settings_of(R"([ext.migrate]
enable = true
source = "toml"
features = ["features/*.toml", "more.toml"]
python = ".venv/bin/python"
lock_wait = "500ms"
lock_timeout = "2m"
connect_wait = "20s"
role = "owner"
password_file = "secrets/password"
grants = ["SELECT, INSERT TO app", "select to public"]
statement_timeout = "1h"
protected = true
backup = "always"
backup_limit = "200MB"
file_template = "{revision}"
online = false
materialize = ["video/clip"]
drift_ignore = ["tmp_*"]
load_extensions = true
[ext.migrate.columns."video/clip"]
path = "VARCHAR"
)");
  EXPECT_EQ(settings.source.value, "toml");
  EXPECT_THAT(settings.features.value, ElementsAre("features/*.toml", "more.toml"));
  EXPECT_EQ(settings.features.origin, "metaxy.toml:10");
  EXPECT_EQ(settings.python.value, ".venv/bin/python");
  EXPECT_EQ(settings.lock_wait.value, milliseconds(500));
  EXPECT_EQ(settings.connect_wait.value, seconds(20));
  EXPECT_EQ(settings.role.value, "owner");
  EXPECT_EQ(settings.password_file.value, "secrets/password");
  EXPECT_THAT(settings.grants.value, ElementsAre("SELECT, INSERT TO app", "select to public"));
  EXPECT_EQ(settings.lock_timeout.value, seconds(120));
  EXPECT_EQ(settings.statement_timeout.value, seconds(3600));
  EXPECT_TRUE(settings.is_protected.value);
  EXPECT_EQ(settings.backup.value, BackupPolicy::always);
  EXPECT_EQ(settings.backup_limit.value, 200ULL * 1024 * 1024);
  EXPECT_EQ(settings.file_template.value, "{revision}");
  EXPECT_FALSE(settings.online.value);
  EXPECT_THAT(settings.materialize.value, ElementsAre("video/clip"));
  EXPECT_THAT(settings.drift_ignore.value, ElementsAre("tmp_*"));
  EXPECT_TRUE(settings.load_extensions.value);
  EXPECT_EQ(settings.columns.value.at("video/clip").at("path"), "VARCHAR");
}

TEST(MigrateSettings, Durations) {
  const std::vector<std::pair<std::string, std::optional<milliseconds>>> cases = {
      {"0", milliseconds(0)},
      {"0s", milliseconds(0)},
      {"500ms", milliseconds(500)},
      {"30s", seconds(30)},
      {"2m", seconds(120)},
      {"1h", seconds(3600)},
      {" 5 s ", seconds(5)},
      {"30S", seconds(30)},
      {"30", std::nullopt},
      {"s", std::nullopt},
      {"-5s", std::nullopt},
      {"1.5s", std::nullopt},
      {"5 parsecs", std::nullopt},
      {"", std::nullopt},
      {"99999999999999999999s", std::nullopt},
      {"9999999999999999h", std::nullopt}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(duration_from(text), expected) << "'" << text << "'";
  }
}

TEST(MigrateSettings, Sizes) {
  const std::vector<std::pair<std::string, std::optional<std::uint64_t>>> cases = {
      {"0", 0U},
      {"512B", 512U},
      {"1KB", 1024U},
      {"1k", 1024U},
      {"2MiB", 2097152U},
      {"5GB", 5ULL << 30U},
      {"1TB", 1ULL << 40U},
      {"5", std::nullopt},
      {"GB", std::nullopt},
      {"5PB", std::nullopt},
      {"-1B", std::nullopt},
      {"99999999999999TB", std::nullopt}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(bytes_from(text), expected) << "'" << text << "'";
  }
}

TEST(MigrateSettings, TextsOfValuesAreReadBack) {
  for (const char* text : {"0s", "30s", "1500ms", "86400s"}) {
    EXPECT_EQ(duration_text(*duration_from(text)), text);
  }
  for (const char* text : {"0B", "100B", "3KB", "5GB", "1025B", "2048TB"}) {
    EXPECT_EQ(bytes_text(*bytes_from(text)), text);
  }
}

TEST(MigrateSettings, WrongValuesNameKeyValueAndForms) {
  EXPECT_EQ(with_toml("[ext.migrate]\nlock_wait = 30").error(),
            "error: 'ext.migrate.lock_wait' is '30', expected a duration\n"
            "  --> metaxy.toml:2:1\n   |\n 2 | lock_wait = 30\n   | ^\n"
            "  = help: write a whole number and a unit: \"500ms\", \"30s\", \"2m\", \"1h\"");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"backup_limit = \"5 apples\"", "'ext.migrate.backup_limit' is '5 apples', expected a size"},
      {"backup = \"sometimes\"", "'ext.migrate.backup' is 'sometimes', expected one of auto, always, never"},
      {"source = \"tmol\"",
       "'ext.migrate.source' is 'tmol', expected one of auto, python, export, toml, store:NAME"},
      {"online = \"perhaps\"", "'ext.migrate.online' is 'perhaps', expected true or false"},
      {"features = \"x.toml\"", "'ext.migrate.features' is a string, expected an array of strings"},
      {"features = [1]", "'ext.migrate.features' is an integer, expected a string"},
      {"script_location = []", "'ext.migrate.script_location' is an array, expected a string"},
      {"version_table = \"\"", "'ext.migrate.version_table' is empty"},
      {"lock_wait = [\"30s\"]", "'ext.migrate.lock_wait' is an array, expected a duration such as \"30s\""},
      {"columns = 1", "'ext.migrate.columns' is an integer, expected a table"},
      {"columns.\"a/b\".x = 1", "'ext.migrate.columns.a/b.x' is an integer, expected a string"},
      {"environments = 1", "'ext.migrate.environments' is an integer, expected a table"}};
  for (const auto& [line, message] : cases) {
    EXPECT_THAT(with_toml("[ext.migrate]\n" + line).error(),
                HasSubstr("error: " + message + "\n  --> metaxy.toml:2:"))
        << line;
  }
}

TEST(MigrateSettings, UnknownKeysAreErrorsWithASuggestionAndAPlace) {
  EXPECT_EQ(with_toml("[ext.migrate]\nscript_locaton = \"x\"").error(),
            "error: unknown key 'script_locaton' in [ext.migrate]\n"
            "  --> metaxy.toml:2:1\n   |\n 2 | script_locaton = \"x\"\n   | ^\n"
            "  = help: did you mean 'script_location'?");
  EXPECT_THAT(with_settings("[ext.migrate.environments.dev]\nprotectd = true").error(),
              HasSubstr("unknown key 'protectd' in [ext.migrate.environments.dev]\n  --> metaxy.toml:8:1"));
}

TEST(MigrateSettings, EnvironmentsMustBelongToAStore) {
  EXPECT_THAT(
      with_settings("[ext.migrate.environments.prd]\nprotected = true").error(),
      HasSubstr("'ext.migrate.environments.prd' is for a store that does not exist\n  --> metaxy.toml:7:27"));
  EXPECT_THAT(with_settings("[ext.migrate.environments.prd]\nprotected = true").error(),
              HasSubstr("did you mean 'prod'?"));
  EXPECT_EQ(with_settings("[ext.migrate.environments.\"prod:metaxy_system\"]\nprotected = true").error(), "");
}

TEST(MigrateSettings, AGlobalUrlIsRefused) {
  EXPECT_THAT(with_settings("[ext.migrate]\nurl = \"duckdb:///x\"").error(),
              HasSubstr("'ext.migrate.url' would send every store to one database\n  --> metaxy.toml:8:1"));
}

TEST(MigrateSettings, EnvironmentOverridesGlobal) {
  const std::string text =
      "[ext.migrate]\nlock_wait = \"1s\"\n[ext.migrate.environments.prod]\nlock_wait = \"2s\"\nprotected = "
      "true";
  EXPECT_EQ(settings_of(text, "dev").lock_wait.value, seconds(1));
  EXPECT_FALSE(settings_of(text, "dev").is_protected.value);
  EXPECT_EQ(settings_of(text, "prod").lock_wait.value, seconds(2));
  EXPECT_EQ(settings_of(text, "prod").lock_wait.origin, "metaxy.toml:10");
  EXPECT_TRUE(settings_of(text, "prod").is_protected.value);
}

TEST(MigrateSettings, PartOverridesStore) {
  const std::string text =
      "[ext.migrate.environments.prod]\nlock_wait = "
      "\"1s\"\n[ext.migrate.environments.\"prod:metaxy_system\"]\nlock_wait = \"2s\"";
  EXPECT_EQ(settings_of(text, "prod:metaxy_system").lock_wait.value, seconds(2));
  EXPECT_EQ(settings_of(text, "prod:metaxy_features").lock_wait.value, seconds(1));
}

TEST(MigrateSettings, Decision20FlagBeatsVariableBeatsExtVariableBeatsFileBeatsDefault) {
  const std::string file =
      "[ext.migrate]\nlock_wait = \"1s\"\n[ext.migrate.environments.dev]\nlock_wait = \"2s\"\n";
  ProcessEnvironment variables;
  std::map<std::string, std::string> flags;
  const auto found = [&](const std::string& text) {
    const Setting<milliseconds> setting =
        with_settings(text, variables, flags).load().environment("dev").settings.lock_wait;
    return duration_text(setting.value) + " " + setting.origin;
  };
  EXPECT_EQ(found(""), "30s default");
  EXPECT_EQ(found(file), "2s metaxy.toml:10");
  variables["METAXY_EXT__MIGRATE__LOCK_WAIT"] = "3s";
  EXPECT_EQ(found(file), "3s METAXY_EXT__MIGRATE__LOCK_WAIT");
  variables["METAXY_EXT__MIGRATE__ENVIRONMENTS__DEV__LOCK_WAIT"] = "4s";
  EXPECT_EQ(found(file), "4s METAXY_EXT__MIGRATE__ENVIRONMENTS__DEV__LOCK_WAIT");
  variables["METAXY_MIGRATE_LOCK_WAIT"] = "5s";
  EXPECT_EQ(found(file), "5s METAXY_MIGRATE_LOCK_WAIT");
  flags["lock_wait"] = "6s";
  EXPECT_EQ(found(file), "6s --lock-wait");
}

TEST(MigrateSettings, VariablesAndFlagsTakeListsAsTextOrJson) {
  const Config config = with_settings("", {{"METAXY_MIGRATE_FEATURES", "a.toml, b.toml"},
                                           {"METAXY_MIGRATE_MATERIALIZE", R"(["video/clip"])"},
                                           {"METAXY_MIGRATE_COLUMNS", R"({"a/b": {"x": "INTEGER"}})"}})
                            .load();
  const MigrateSettings settings = config.environment("dev").settings;
  EXPECT_THAT(settings.features.value, ElementsAre("a.toml", "b.toml"));
  EXPECT_THAT(settings.materialize.value, ElementsAre("video/clip"));
  EXPECT_EQ(settings.columns.value.at("a/b").at("x"), "INTEGER");
}

TEST(MigrateSettings, PathsInFlagsAreRelativeToTheWorkingDirectory) {
  const ConfigSetup setup{
      {{"/project/metaxy.toml", kTwoStores}, {"/project/sub/x", ""}},
      {},
      {.config_file = {}, .values = {{"features", "f/*.toml"}, {"script_location", "scripts"}}},
      "/project/sub"};
  const Environment environment = setup.load().environment("dev");
  EXPECT_THAT(environment.settings.features.value, ElementsAre("/project/sub/f/*.toml"));
  EXPECT_EQ(environment.script_directory.value, "scripts");
  EXPECT_EQ(environment.script_directory.origin, "--script-location");
}

TEST(MigrateSettings, WrongVariablesAndFlagsAreNamed) {
  EXPECT_THAT(with_settings("", {{"METAXY_MIGRATE_LOCK_WAIT", "soon"}}).error(),
              HasSubstr("error: 'lock_wait' is 'soon', expected a duration\n  --> METAXY_MIGRATE_LOCK_WAIT"));
  EXPECT_THAT(with_settings("", {}, {{"backup", "x"}}).error(), HasSubstr("\n  --> --backup"));
  EXPECT_THAT(
      with_settings("", {{"METAXY_EXT__MIGRATE__ONLINE", "x"}}).error(),
      HasSubstr(
          "error: 'ext.migrate.online' is 'x', expected true or false\n  --> METAXY_EXT__MIGRATE__ONLINE"));
}

TEST(MigrateSettings, MistypedVariablesAreTold) {
  const Config config =
      with_settings("", {{"METAXY_MIGRATE_LOKC_WAIT", "5s"}, {"METAXY_MIGRATE_NAME", "dev"}}).load();
  EXPECT_THAT(config.warnings, ElementsAre("environment variable 'METAXY_MIGRATE_LOKC_WAIT' is no setting: "
                                           "did you mean 'METAXY_MIGRATE_LOCK_WAIT'?"));
}

}  // namespace
}  // namespace metaxy::migrate
