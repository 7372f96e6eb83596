// What `config` prints.
#include "config_setup.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kToml = R"(project = "vision"
[stores.dev]
type = "metaxy.ext.duckdb.DuckDBMetadataStore"
[stores.dev.config]
database = "md:lake?motherduck_token=hunter2"
config = { threads = "4", s3_secret_access_key = "hunter2", motherduck_token = "hunter2" }
extensions = [{ name = "httpfs", init_sql = ["SET s3_secret_access_key = 'hunter2'"] }]
ducklake = { catalog = { type = "postgres", secret_name = "pg", password = "hunter2", secret_parameters = { x = "hunter2" } } }
[stores.prod]
type = "metaxy.ext.postgresql.PostgreSQLMetadataStore"
config = { connection_string = "postgresql://app:hunter2@h/db?password=hunter2", connection_params = { host = "h", password = "hunter2" } }
[stores.big]
type = "metaxy.ext.bigquery.BigQueryMetadataStore"
config = { credentials = "hunter2", credentials_path = "key.json" }
[ext.migrate]
lock_wait = "5s"
[ext.migrate.environments.prod]
url = "postgresql://owner:${SECRET}@h/db"
)";

Config loaded() {
  return with_toml(kToml,
                   {{"SECRET", "hunter2"},
                    {"METAXY_STORE", "prod"},
                    {"METAXY_MIGRATE_URL", "postgresql://ci:hunter2@h/db"},
                    {"METAXY_STORES__PROD__CONFIG__TABLE_PREFIX", "p_"}},
                   {.config_file = {}, .values = {{"lock_timeout", "9s"}}})
      .load();
}

TEST(ConfigEntries, EveryValueSaysWhereItCameFrom) {
  const std::vector<Config::Entry> entries = loaded().entries();
  EXPECT_EQ(entry_of(entries, "project"), "vision (metaxy.toml:1)");
  EXPECT_EQ(entry_of(entries, "store"), "prod (METAXY_STORE)");
  EXPECT_EQ(entry_of(entries, "auto_create_tables"), "false (default)");
  EXPECT_EQ(entry_of(entries, "metaxy_lock_path"), "metaxy.lock (default)");
  EXPECT_EQ(entry_of(entries, "entrypoints"), "[] (default)");
  EXPECT_EQ(entry_of(entries, "stores.dev.type"), "metaxy.ext.duckdb.DuckDBMetadataStore (metaxy.toml:3)");
  EXPECT_EQ(entry_of(entries, "stores.prod.config.table_prefix"),
            "p_ (METAXY_STORES__PROD__CONFIG__TABLE_PREFIX)");
  EXPECT_EQ(entry_of(entries, "ext.migrate.lock_wait"), "5s (metaxy.toml:16)");
  EXPECT_EQ(entry_of(entries, "ext.migrate.lock_timeout"), "9s (--lock-timeout)");
  EXPECT_EQ(entry_of(entries, "ext.migrate.backup_limit"), "5GB (default)");
  EXPECT_EQ(entry_of(entries, "ext.migrate.source"), "auto (default)");
  EXPECT_EQ(entry_of(entries, "ext.migrate.script_location"), "migrations (default)");
  EXPECT_EQ(entry_of(entries, "ext.migrate.version_table"),
            "<prefix>metaxy_migrate_version_<project> (default)");
  EXPECT_EQ(entry_of(entries, "ext.migrate.file_template"), "{date}_{time}_{revision}_{slug} (default)");
}

TEST(ConfigEntries, OfAnEmptyFileHaveNamesAll) {
  for (const Config::Entry& entry : with_toml("").load().entries()) {
    EXPECT_NE(entry.key, "");
  }
}

TEST(ConfigEntries, AreSortedByKey) {
  const std::vector<Config::Entry> entries = loaded().entries();
  EXPECT_TRUE(std::is_sorted(entries.begin(), entries.end(),
                             [](const auto& a, const auto& b) { return a.key < b.key; }));
}

TEST(ConfigEntries, SecretsAreMasked) {
  const std::vector<Config::Entry> entries = loaded().entries();
  for (const Config::Entry& entry : entries) {
    EXPECT_THAT(entry.value, Not(HasSubstr("hunter2"))) << entry.key;
  }
  EXPECT_EQ(entry_of(entries, "stores.prod.config.connection_string"),
            "postgresql://app:***@h/db?password=*** (metaxy.toml:11)");
  EXPECT_EQ(entry_of(entries, "stores.prod.config.connection_params.password"), "*** (metaxy.toml:11)");
  EXPECT_EQ(entry_of(entries, "stores.prod.config.connection_params.host"), "h (metaxy.toml:11)");
  EXPECT_EQ(entry_of(entries, "stores.dev.config.config.threads"), "4 (metaxy.toml:6)");
  EXPECT_EQ(entry_of(entries, "stores.dev.config.ducklake.catalog.secret_name"), "pg (metaxy.toml:8)");
  EXPECT_EQ(entry_of(entries, "stores.dev.config.extensions"),
            R"([{ init_sql = ["***"], name = "httpfs" }] (metaxy.toml:7))");
  EXPECT_EQ(entry_of(entries, "stores.big.config.credentials_path"), "key.json (metaxy.toml:14)");
  EXPECT_EQ(entry_of(entries, "ext.migrate.environments.prod.url"),
            "postgresql://owner:***@h/db (metaxy.toml:18)");
  EXPECT_EQ(entry_of(entries, "ext.migrate.url"), "postgresql://ci:***@h/db (METAXY_MIGRATE_URL)");
}

TEST(ConfigEntries, PasswordsThatLookLikeAPathAreMaskedToo) {
  const Config config = with_toml(R"([stores.prod]
type = "x.PostgreSQLMetadataStore"
config = { connection_string = "postgresql://app:hun/ter?2@h/db" }
)")
                            .load();
  EXPECT_EQ(entry_of(config.entries(), "stores.prod.config.connection_string"),
            "postgresql://app:***@h/db (metaxy.toml:3)");
}

TEST(ConfigEntries, ShowValuesAsToml) {
  const Config config = with_toml(R"(extra_features = [{ projects = ["a\"b", "c\\d"], all = true }]
[ext.other]
number = 12
real = 2.5
day = 1979-05-27
empty = {}
"odd key" = "x"
)")
                            .load();
  const std::vector<Config::Entry> entries = config.entries();
  EXPECT_EQ(entry_of(entries, "extra_features"),
            R"([{ all = true, projects = ["a\"b", "c\\d"] }] (metaxy.toml:1))");
  EXPECT_EQ(entry_of(entries, "ext.other.number"), "12 (metaxy.toml:3)");
  EXPECT_EQ(entry_of(entries, "ext.other.real"), "2.5 (metaxy.toml:4)");
  EXPECT_EQ(entry_of(entries, "ext.other.day"), "1979-05-27 (metaxy.toml:5)");
  EXPECT_EQ(entry_of(entries, "ext.other.empty"), "{} (metaxy.toml:6)");
}

TEST(ConfigEntries, OfAnEnvironmentAreWhatItResolvedTo) {
  const std::vector<Config::Entry> found = entries(with_toml(kToml).load().environment("prod:metaxy_system"));
  EXPECT_EQ(entry_of(found, "script_location"), "migrations/prod/system (default)");
  EXPECT_EQ(entry_of(found, "version_table"), "metaxy_migrate_version_vision_metaxy_system (default)");
  EXPECT_EQ(entry_of(found, "lock_wait"), "5s (metaxy.toml:16)");
}

}  // namespace
}  // namespace metaxy::migrate
