// What `-n` selects (product reference 1, 2 and 5; decisions 20, 21 and 23).
#include "config_setup.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kProject = R"(project = "my-project"
[stores.dev]
type = "x.DuckDBMetadataStore"
config = { database = "dev.duckdb", table_prefix = "p_" }
[stores.prod]
type = "x.DuckDBMetadataStore"
config = { database = "prod.duckdb" }
)";

Config project_with(const std::string& text, std::map<std::string, std::string> more_files = {},
                    std::map<std::string, std::string> flags = {}) {
  more_files["metaxy.toml"] = kProject + text;
  return ConfigSetup{std::move(more_files), {}, {.config_file = {}, .values = std::move(flags)}}.load();
}

std::string directory_of(const Config& config, const std::string& name) {
  const Setting<std::string> directory = config.environment(name).script_directory;
  return directory.value + " " + directory.origin;
}

std::string selection_error(const Config& config, const std::vector<std::string>& names) {
  return ConfigSetup::error_of([&] { config.environments(names); });
}

TEST(Environment, IsAStoreOrAPartOfIt) {
  const Config config = project_with("");
  EXPECT_EQ(config.environment("dev").part, Part::all);
  EXPECT_EQ(config.environment("dev:metaxy_system").part, Part::system);
  EXPECT_EQ(config.environment("dev:metaxy_features").part, Part::features);
  EXPECT_EQ(config.environment("dev:metaxy_system").name, "dev:metaxy_system");
  EXPECT_EQ(config.environment("dev:metaxy_system").store.name, "dev");
}

TEST(Environment, UnknownNamesAreUsageErrorsWithASuggestion) {
  const Config config = project_with("");
  const auto refusal = [&](const std::string& name) {
    return ConfigSetup::error_of([&] { config.environment(name); });
  };
  EXPECT_EQ(refusal("prd"), "error: there is no store 'prd'\n  = help: did you mean 'prod'?");
  EXPECT_EQ(refusal("dev:metaxy_sytem"),
            "error: there is no store 'dev:metaxy_sytem'\n  = help: did you mean 'dev:metaxy_system'?");
  EXPECT_EQ(refusal("staging"),
            "error: there is no store 'staging'\n  = help: there are dev, prod; a part of one is "
            "dev:metaxy_system");
  EXPECT_EQ(ConfigSetup::error_of([] { ConfigSetup{}.load().environment("dev"); }),
            "error: there is no store 'dev'\n  = help: no metaxy.toml was found, and the environment names "
            "no store: add [stores.dev]");
  EXPECT_EQ(
      ConfigSetup::error_of([] { with_toml("").load().environment("dev:metaxy_system"); }),
      "error: there is no store 'dev:metaxy_system'\n  = help: metaxy.toml names no store: add [stores.dev]");
  try {
    config.environment("prd");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
  }
}

TEST(ScriptDirectory, DefaultIsAFolderAStore) {
  const Config config = project_with("");
  EXPECT_EQ(directory_of(config, "dev"), "migrations/dev default");
  EXPECT_EQ(directory_of(config, "dev:metaxy_system"), "migrations/dev/system default");
  EXPECT_EQ(directory_of(config, "dev:metaxy_features"), "migrations/dev/features default");
}

TEST(ScriptDirectory, Decision21GlobalLocationHoldsAFolderAStore) {
  const Config config = project_with("[ext.migrate]\nscript_location = \"db\"");
  EXPECT_EQ(directory_of(config, "dev"), "db/dev metaxy.toml:9");
  EXPECT_EQ(directory_of(config, "dev:metaxy_system"), "db/dev/system metaxy.toml:9");
}

TEST(ScriptDirectory, Decision21EnvironmentsLocationIsTheFolderItself) {
  const Config config = project_with(
      "[ext.migrate]\nscript_location = \"db\"\n[ext.migrate.environments.prod]\nscript_location = \"live\"\n"
      "[ext.migrate.environments.\"dev:metaxy_system\"]\nscript_location = \"sys\"");
  EXPECT_EQ(directory_of(config, "prod"), "live metaxy.toml:11");
  EXPECT_EQ(directory_of(config, "prod:metaxy_features"), "live/features metaxy.toml:11");
  EXPECT_EQ(directory_of(config, "dev:metaxy_system"), "sys metaxy.toml:13");
  EXPECT_EQ(directory_of(config, "dev:metaxy_features"), "db/dev/features metaxy.toml:9");
}

TEST(ScriptDirectory, Decision21FlagIsTheFolderItself) {
  const Config config = project_with("[ext.migrate.environments.prod]\nscript_location = \"live\"", {},
                                     {{"script_location", "x/y"}});
  EXPECT_EQ(directory_of(config, "prod"), "x/y --script-location");
  EXPECT_EQ(directory_of(config, "prod:metaxy_system"), "x/y --script-location");
}

TEST(ScriptDirectory, IsFoundFromBelowTheProject) {
  const ConfigSetup setup{
      {{"/project/metaxy.toml", kProject}, {"/project/a/b/x", ""}}, {}, {}, "/project/a/b"};
  EXPECT_EQ(directory_of(setup.load(), "dev"), "../../migrations/dev default");
}

TEST(ScriptDirectory, MayBeAbsolute) {
  EXPECT_EQ(
      directory_of(project_with("[ext.migrate.environments.dev]\nscript_location = \"/srv/scripts\""), "dev"),
      "/srv/scripts metaxy.toml:9");
}

TEST(ScriptDirectory, EmptyBecauseOfAnUnsetVariableIsAnErrorThatNamesIt) {
  const Config config = project_with("[ext.migrate.environments.prod]\nscript_location = \"${SCRIPTS}\"");
  EXPECT_EQ(directory_of(config, "dev"), "migrations/dev default");
  EXPECT_THAT(ConfigSetup::error_of([&] { config.environment("prod"); }),
              HasSubstr("help: environment variable 'SCRIPTS' is not set"));
}

constexpr const char* kIni = R"(# Alembic's own
[DEFAULT]
root = scripts
[alembic]
script_location = plain
[dev]
script_location = %(root)s/dev
[prod]
script_location = %(here)s/live
[prod:metaxy_system]
script_location = elsewhere
)";

TEST(ScriptDirectory, Decision20AlembicIniIsHonoured) {
  const Config config = project_with("", {{"alembic.ini", kIni}});
  EXPECT_EQ(directory_of(config, "dev"), "scripts/dev alembic.ini:7");
  EXPECT_EQ(directory_of(config, "dev:metaxy_system"), "scripts/dev/system alembic.ini:7");
  EXPECT_EQ(directory_of(config, "prod"), "live alembic.ini:9");
  EXPECT_EQ(directory_of(config, "prod:metaxy_system"), "elsewhere alembic.ini:11");
  EXPECT_EQ(directory_of(config, "prod:metaxy_features"), "live/features alembic.ini:9");
}

TEST(ScriptDirectory, OurOwnLocationBeatsAlembicIni) {
  const Config config =
      project_with("[ext.migrate]\nscript_location = \"db\"", {{"alembic.ini", "not an ini at all"}});
  EXPECT_EQ(directory_of(config, "dev"), "db/dev metaxy.toml:9");
}

TEST(ScriptDirectory, Decision20AlembicIniBesideTheConfigurationComesFirst) {
  ConfigSetup setup{
      {{"/project/metaxy.toml", kProject}, {"/project/sub/alembic.ini", "[dev]\nscript_location = here"}},
      {},
      {},
      "/project/sub"};
  EXPECT_EQ(directory_of(setup.load(), "dev"), "here alembic.ini:2");
  setup.files["/project/alembic.ini"] = "[dev]\nscript_location = above";
  EXPECT_EQ(directory_of(setup.load(), "dev"), "../above ../alembic.ini:2");
}

TEST(ScriptDirectory, SectionOfAnotherNameDoesNotCount) {
  EXPECT_EQ(directory_of(project_with("", {{"alembic.ini", "[alembic]\nscript_location = plain"}}), "dev"),
            "migrations/dev default");
}

TEST(ScriptDirectory, PackageInAlembicIniIsRefused) {
  EXPECT_EQ(ConfigSetup::error_of([] {
              project_with("", {{"alembic.ini", "[dev]\nscript_location = app:scripts"}}).environment("dev");
            }),
            "error: 'app:scripts' names a Python package, expected a folder\n  --> alembic.ini:2\n"
            "  = help: set script_location in [ext.migrate.environments.dev]");
}

std::string locations_of(const Config& config, const std::string& name) {
  const Setting<std::vector<std::string>> found = config.environment(name).version_locations;
  std::string text;
  for (const std::string& location : found.value) {
    text += location + " ";
  }
  return text + found.origin;
}

TEST(VersionLocations, AreNoneUnlessConfigured) {
  EXPECT_EQ(locations_of(project_with(""), "dev"), "default");
}

TEST(VersionLocations, OfOneEnvironmentAreTheDirectoriesThemselves) {
  const Config config =
      project_with("[ext.migrate.environments.dev]\nversion_locations = [\"db/core\", \"/srv/x\"]");
  EXPECT_EQ(locations_of(config, "dev"), "db/core /srv/x metaxy.toml:9");
  EXPECT_EQ(locations_of(config, "dev:metaxy_system"), "db/core/system /srv/x/system metaxy.toml:9");
  EXPECT_EQ(locations_of(config, "prod"), "default");
}

TEST(VersionLocations, OfAllEnvironmentsHaveAFolderForEach) {
  EXPECT_EQ(locations_of(project_with("[ext.migrate]\nversion_locations = [\"core\", \"more\"]"), "prod"),
            "core/prod more/prod metaxy.toml:9");
}

TEST(VersionLocations, OfAlembicIniCountWithItsScriptLocation) {
  const std::string ini =
      "[dev]\nscript_location = db\nversion_locations = %(here)s/a:b/c\npath_separator = os\n";
  EXPECT_EQ(locations_of(project_with("", {{"alembic.ini", ini}}), "dev"), "a b/c alembic.ini:3");
  EXPECT_EQ(locations_of(project_with("", {{"alembic.ini", ini}}), "dev:metaxy_system"), "default");
  const Config own = project_with("[ext.migrate]\nscript_location = \"x\"", {{"alembic.ini", ini}});
  EXPECT_EQ(locations_of(own, "dev"), "default");
}

TEST(VersionLocations, WithAnUnknownSeparatorAreRefused) {
  const std::string ini = "[dev]\nscript_location = db\nversion_locations = a\npath_separator = |\n";
  EXPECT_EQ(ConfigSetup::error_of([&] {
              project_with("", {{"alembic.ini", ini}}).environment("dev");
            }),
            "error: '|' is no path separator: expected os, space, newline, ':' or ';'\n  --> alembic.ini:4");
}

TEST(VersionTable, Product5NameIsPrefixProjectAndPart) {
  const Config config = project_with("");
  EXPECT_EQ(config.environment("dev").version_table.value, "p_metaxy_migrate_version_my_project");
  EXPECT_EQ(config.environment("prod").version_table.value, "metaxy_migrate_version_my_project");
  EXPECT_EQ(config.environment("dev:metaxy_system").version_table.value,
            "p_metaxy_migrate_version_my_project_metaxy_system");
  EXPECT_EQ(config.environment("dev:metaxy_features").version_table.value,
            "p_metaxy_migrate_version_my_project_metaxy_features");
  EXPECT_EQ(config.environment("dev").log_table, "p_metaxy_migrate_log");
  EXPECT_EQ(config.environment("prod").log_table, "metaxy_migrate_log");
}

TEST(VersionTable, Product5WithoutProjectThereIsNoSuffix) {
  const Config config =
      with_toml("[stores.dev]\ntype = \"x.DuckDBMetadataStore\"\nconfig = { database = \"x\" }").load();
  EXPECT_EQ(config.environment("dev").version_table.value, "metaxy_migrate_version");
}

TEST(VersionTable, Product5ConfiguredNameIsLiteral) {
  const Config config = project_with("[ext.migrate.environments.dev]\nversion_table = \"alembic_version\"");
  EXPECT_EQ(config.environment("dev").version_table.value, "alembic_version");
  EXPECT_EQ(config.environment("dev").version_table.origin, "metaxy.toml:9");
}

TEST(VersionTable, Decision21PartsMayNotShareAConfiguredOne) {
  const Config config = project_with("[ext.migrate.environments.dev]\nversion_table = \"alembic_version\"");
  EXPECT_EQ(ConfigSetup::error_of([&] { config.environment("dev:metaxy_system"); }),
            "error: 'dev:metaxy_system' and 'dev:metaxy_features' would share version table "
            "'alembic_version' (metaxy.toml:9)\n"
            "  = help: set version_table in [ext.migrate.environments.\"dev:metaxy_system\"]");
  const Config own = project_with(
      "[ext.migrate.environments.\"dev:metaxy_system\"]\nversion_table = \"alembic_version_system\"");
  EXPECT_EQ(own.environment("dev:metaxy_system").version_table.value, "alembic_version_system");
}

TEST(Environments, OfDifferentDatabasesGoTogether) {
  const std::vector<Environment> found = project_with("").environments({"prod", "dev", "prod"});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "prod");
  EXPECT_EQ(found[1].name, "dev");
}

TEST(Environments, PartsOfOneStoreGoTogether) {
  EXPECT_EQ(selection_error(project_with(""), {"dev:metaxy_system", "dev:metaxy_features"}), "");
}

TEST(Environments, Product1WholeAndPartsExcludeEachOther) {
  EXPECT_EQ(selection_error(project_with(""), {"dev", "dev:metaxy_features"}),
            "error: 'dev' and 'dev:metaxy_features' overlap: a database uses either the whole or the parts");
}

TEST(Environments, Decision21OneDatabaseAndVersionTableIsAnError) {
  const std::string same =
      "[stores.copy]\ntype = \"x.DuckDBMetadataStore\"\nconfig = { database = \"./x/../prod.duckdb\" }\n";
  EXPECT_EQ(selection_error(project_with(same), {"prod", "copy"}),
            "error: 'prod' and 'copy' are one database with one version table, "
            "'metaxy_migrate_version_my_project'\n"
            "  = help: name one of them, or give one its own version_table");
  const std::string prefixed =
      "[stores.copy]\ntype = \"x.DuckDBMetadataStore\"\nconfig = { database = \"prod.duckdb\", table_prefix "
      "= \"c_\" }\n";
  EXPECT_EQ(selection_error(project_with(prefixed), {"prod", "copy"}), "");
}

TEST(Environments, Decision21ServersAreComparedByHostPortDatabaseAndSchema) {
  const auto together = [](const std::string& a, const std::string& b) {
    const std::string type = "type = \"x.PostgreSQLMetadataStore\"\nconfig = { connection_string = \"";
    const Config config =
        with_toml("[stores.a]\n" + type + a + "\" }\n[stores.b]\n" + type + b + "\" }\n").load();
    return selection_error(config, {"a", "b"});
  };
  EXPECT_THAT(together("postgresql://u:p@H/db", "postgres://v@h:5432/db"), HasSubstr("are one database"));
  EXPECT_EQ(together("postgresql://h/db", "postgresql://h/other"), "");
  EXPECT_EQ(together("postgresql://h/db", "postgresql://h:5433/db"), "");
  EXPECT_EQ(together("postgresql://h/db", "postgresql://h/db/schema"), "");
  EXPECT_EQ(together("postgresql://h/${A}", "postgresql://h/${A}"), "");
}

TEST(Environments, DatabasesInMemoryAreNeverTheSame) {
  const std::string memory = "type = \"x.DuckDBMetadataStore\"\nconfig = { database = \":memory:\" }\n";
  EXPECT_EQ(selection_error(with_toml("[stores.a]\n" + memory + "[stores.b]\n" + memory).load(), {"a", "b"}),
            "");
}

}  // namespace
}  // namespace metaxy::migrate
