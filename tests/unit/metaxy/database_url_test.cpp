// Contract B: the SQLAlchemy URL of a store, and our own way to the same database.
#include "metaxy/database_url.hpp"

#include "config_setup.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Settings = std::pair<std::string, std::string>;

Store configured_store(const std::string& type, const std::string& config) {
  return with_toml("[stores.dev]\ntype = \"x." + type + "\"\n[stores.dev.config]\n" + config)
      .load()
      .stores.at("dev");
}

std::string url_of(const std::string& type, const std::string& config) {
  return configured_store(type, config).sqlalchemy_url.reveal();
}

std::string duckdb_url(const std::string& database) {
  return url_of("DuckDBMetadataStore", "database = \"" + database + "\"");
}

std::string clickhouse_url(const std::string& url) {
  return url_of("ClickHouseMetadataStore", "connection_string = \"" + url + "\"");
}

// Made by running Metaxy's own code.
TEST(SqlAlchemyUrl, BDuckDbIsTheRawDatabaseBehindThreeSlashes) {
  EXPECT_EQ(duckdb_url("x.db"), "duckdb:///x.db");
  EXPECT_EQ(duckdb_url("/abs/x.duckdb"), "duckdb:////abs/x.duckdb");
  EXPECT_EQ(duckdb_url(":memory:"), "duckdb:///:memory:");
  EXPECT_EQ(duckdb_url("md:mydb"), "duckdb:///md:mydb");
  EXPECT_EQ(duckdb_url("md:db?motherduck_token=t"), "duckdb:///md:db?motherduck_token=t");
}

TEST(SqlAlchemyUrl, BDuckLakesUrlIsTheLocalFile) {
  EXPECT_EQ(url_of("DuckDBMetadataStore", "database = \"local.db\"\nducklake = { alias = \"lake\" }"),
            "duckdb:///local.db");
}

TEST(SqlAlchemyUrl, BPostgresIsVerbatim) {
  for (const std::string url :
       {"postgres://u:p@h/db", "postgresql://u:p%40ss@h:5432/db/schema?sslmode=require"}) {
    EXPECT_EQ(url_of("PostgreSQLMetadataStore", "connection_string = \"" + url + "\""), url);
  }
}

TEST(SqlAlchemyUrl, BParametersGiveNone) {
  const Store store = configured_store("PostgreSQLMetadataStore", "connection_params = { host = \"h\" }");
  EXPECT_TRUE(store.sqlalchemy_url.empty());
  EXPECT_EQ(store.url_unavailable,
            "store 'dev' is configured without 'connection_string', so it has no SQLAlchemy URL");
  EXPECT_FALSE(configured_store("ClickHouseMetadataStore", "connection_params = { host = \"h\" }")
                   .url_unavailable.empty());
}

TEST(SqlAlchemyUrl, BClickHouseUsesTheNativeProtocol) {
  EXPECT_EQ(clickhouse_url("clickhouse://localhost:8443/default"),
            "clickhouse+native://localhost:9440/default?secure=True");
  EXPECT_EQ(clickhouse_url("clickhouse://u:p@h:8123/db"), "clickhouse+native://u:p@h:9000/db");
  EXPECT_EQ(clickhouse_url("clickhouse://h/db"), "clickhouse+native://h:9000/db");
  EXPECT_EQ(clickhouse_url("clickhouse://h:9000/db"), "clickhouse+native://h:9000/db");
  EXPECT_EQ(clickhouse_url("clickhouse://h:8443/db?secure=True&protocol=https"),
            "clickhouse+native://h:9440/db?secure=True");
  EXPECT_EQ(clickhouse_url("clickhouse://h:18443/db?secure=True"),
            "clickhouse+native://h:9440/db?secure=True");
  EXPECT_EQ(clickhouse_url("clickhouse://h:18443/db?secure=true"),
            "clickhouse+native://h:9000/db?secure=true");
  EXPECT_EQ(clickhouse_url("clickhouse://u:p%40ss@h:8123/db?protocol=https"),
            "clickhouse+native://u:p%40ss@h:9000/db?protocol=https");
  EXPECT_EQ(clickhouse_url("clickhouse://h:8123/db?secure=True"),
            "clickhouse+native://h:9000/db?secure=True");
}

TEST(SqlAlchemyUrl, BBigQueryHasOneOnlyWhenGiven) {
  EXPECT_EQ(url_of("BigQueryMetadataStore", "connection_string = \"bigquery://p/d\""), "bigquery://p/d");
  EXPECT_FALSE(configured_store("BigQueryMetadataStore", "project_id = \"p\"").url_unavailable.empty());
}

TEST(SqlAlchemyUrl, BStoresWithoutSqlHaveNone) {
  for (const char* type : {"DeltaMetadataStore", "IcebergMetadataStore", "LanceDBMetadataStore"}) {
    const Store store = configured_store(type, "");
    EXPECT_TRUE(store.sqlalchemy_url.empty()) << type;
    EXPECT_EQ(store.url_unavailable, std::string(type) + " has no SQLAlchemy URL");
  }
}

TEST(SqlAlchemyUrl, BOverridesReplaceDriverAndPortOnly) {
  const std::string url = "clickhouse+native://u:p%40ss@h:9000/db?secure=True";
  EXPECT_EQ(overridden_url(url, {}), url);
  EXPECT_EQ(overridden_url(url, {.protocol = "clickhouse+http", .port = std::nullopt}),
            "clickhouse+http://u:p%40ss@h:9000/db?secure=True");
  EXPECT_EQ(overridden_url(url, {.protocol = std::nullopt, .port = 19000}),
            "clickhouse+native://u:p%40ss@h:19000/db?secure=True");
  EXPECT_EQ(overridden_url("no url", {}), std::nullopt);
}

// What SQLAlchemy 2.0.45 makes of these.
TEST(DatabaseUrl, RoundTripsAsSqlAlchemyDoes) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"pg://h/db", "pg://h/db"},
      {"pg://u@h/db", "pg://u@h/db"},
      {"pg://u:p@h:5432/db", "pg://u:p@h:5432/db"},
      {"pg://u:p%40ss@h/db", "pg://u:p%40ss@h/db"},
      {"pg://u:p/w?x@h/db", "pg://u:p%2Fw%3Fx@h/db"},
      {"pg://u:a b+c@h/db", "pg://u:a b+c@h/db"},
      {"pg://u:%2F@h", "pg://u:%2F@h"},
      {"pg://[::1]:5432/db", "pg://[::1]:5432/db"},
      {"pg://@h/db", "pg://@h/db"},
      {"pg://:p@h/db", "pg://:p@h/db"},
      {"pg://h/db?b=2&a=1", "pg://h/db?a=1&b=2"},
      {"pg://h/db?a=x+y&b=%26&c=&d", "pg://h/db?a=x+y&b=%26"},
      {"pg:///db", "pg:///db"},
      {"pg://", "pg://"},
      {"pg:///", "pg:///"},
      {"pg://h/db/schema", "pg://h/db/schema"},
      {"pg://h/a%20b", "pg://h/a%20b"},
      {"pg+x://u%3Aa:b%3Ac@h", "pg+x://u%3Aa:b%3Ac@h"},
      {"pg://h?x=1", "pg://h?x=1"},
      {"pg://u:p@x@h/db", "pg://u:p@x@h/db"},
      {"pg://a@b@h/db", "pg://a%40b@h/db"},
      {"pg://h/db?a=2&a=1", "pg://h/db?a=2&a=1"},
      {"sqlite:////abs/x.db", "sqlite:////abs/x.db"},
      {"pg://u:ä@h/db", "pg://u:%C3%A4@h/db"},
      {"pg://h:5432/db?x=a@b", "pg://h:5432%2Fdb%3Fx%3Da@b"},
  };
  for (const auto& [text, expected] : cases) {
    const std::optional<DatabaseUrl> url = parsed_url(text);
    ASSERT_TRUE(url) << text;
    EXPECT_EQ(url_text(*url), expected) << text;
  }
}

TEST(DatabaseUrl, WhatIsNoUrlGivesNone) {
  for (const char* text : {"", "x", "://h", "a-b://h", "pg://h:port/db", "pg://h:/db", "pg://h:99999/db"}) {
    EXPECT_EQ(parsed_url(text), std::nullopt) << text;
  }
}

Target postgres_target(const std::string& config) {
  return configured_store("PostgreSQLMetadataStore", config).target;
}

TEST(PostgresTarget, BAllSpellingsOfTheSchemeBecomeOne) {
  for (const std::string scheme : {"postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"}) {
    EXPECT_EQ(postgres_target("connection_string = \"" + scheme + "://u:p@h:5432/db\"").location.reveal(),
              "postgresql://u:p@h:5432/db");
  }
}

TEST(PostgresTarget, BExtraPathSegmentIsTheSearchPath) {
  const Target target = postgres_target("connection_string = \"postgresql://u@h/db/metaxy?sslmode=require\"");
  EXPECT_EQ(target.location.reveal(), "postgresql://u@h/db?sslmode=require");
  EXPECT_THAT(target.settings, ElementsAre(Settings("search_path", "metaxy")));
}

TEST(PostgresTarget, PasswordIsEncodedForLibpq) {
  EXPECT_EQ(postgres_target("connection_string = \"postgresql://u:a%2Fb+c d@h/db\"").location.reveal(),
            "postgresql://u:a%2Fb%2Bc%20d@h/db");
}

TEST(PostgresTarget, BParametersMakeTheSameTarget) {
  const Target target = postgres_target(
      R"(connection_params = { host = "h", port = 5433, user = "u", password = "p@s/s", database = "db", schema = "metaxy", sslmode = "require" }
)");
  EXPECT_EQ(target.location.reveal(), "postgresql://u:p%40s%2Fs@/db?host=h&port=5433&sslmode=require");
  EXPECT_THAT(target.settings, ElementsAre(Settings("search_path", "metaxy")));
}

TEST(PostgresTarget, SocketFoldersStay) {
  EXPECT_EQ(
      postgres_target("connection_string = \"postgresql:///db?host=/var/run/postgresql\"").location.reveal(),
      "postgresql:///db?host=%2Fvar%2Frun%2Fpostgresql");
}

constexpr const char* kProd = R"([stores.prod]
type = "x.PostgreSQLMetadataStore"
config = { connection_string = "postgresql://app:${APP_PASSWORD}@h/db/metaxy" }
[ext.migrate.environments.prod]
url = "${PROD_MIGRATE_URL}"
)";

TEST(EnvironmentUrl, ReplacesTheStoresOwnForOurConnectionOnly) {
  const Config config =
      with_toml(kProd, {{"APP_PASSWORD", "a"}, {"PROD_MIGRATE_URL", "postgresql://owner:o@h/db/other"}})
          .load();
  const Store store = config.environment("prod").store;
  EXPECT_EQ(store.target.location.reveal(), "postgresql://owner:o@h/db");
  EXPECT_THAT(store.target.settings, ElementsAre(Settings("search_path", "other")));
  EXPECT_EQ(store.sqlalchemy_url.reveal(), "postgresql://app:a@h/db/metaxy");
}

TEST(EnvironmentUrl, KeepsTheStoresSearchPathWithoutItsOwn) {
  const Config config =
      with_toml(kProd, {{"APP_PASSWORD", "a"}, {"PROD_MIGRATE_URL", "postgresql://owner:o@h/db"}}).load();
  EXPECT_THAT(config.environment("prod").store.target.settings,
              ElementsAre(Settings("search_path", "metaxy")));
}

TEST(EnvironmentUrl, NeedsNoVariableOfTheUrlThatItReplaces) {
  const Config config = with_toml(kProd, {{"PROD_MIGRATE_URL", "postgresql://owner:o@h/db"}}).load();
  EXPECT_THAT(config.environment("prod").store.unset_variables, IsEmpty());
}

TEST(EnvironmentUrl, UnsetVariableIsNamedWhenConnecting) {
  const Config config = with_toml(kProd, {{"APP_PASSWORD", "a"}}).load();
  EXPECT_EQ(ConfigSetup::error_of([&] { target_to_connect(config.environment("prod").store); }),
            "error: store 'prod' cannot be reached: environment variable 'PROD_MIGRATE_URL' is not set");
}

TEST(EnvironmentUrl, MustBeOfTheStoresDatabase) {
  EXPECT_EQ(ConfigSetup::error_of([&] {
              with_toml(kProd, {{"PROD_MIGRATE_URL", "duckdb:///x.db"}}).load().environment("prod");
            }),
            "error: 'url' names a duckdb database, but store 'prod' is on postgresql\n"
            "  --> metaxy.toml:5:1\n   |\n 5 | url = \"${PROD_MIGRATE_URL}\"\n   | ^");
  EXPECT_THAT(ConfigSetup::error_of([&] {
                with_toml(kProd, {{"PROD_MIGRATE_URL", "nonsense"}}).load().environment("prod");
              }),
              HasSubstr("'url' is not a database URL"));
}

TEST(EnvironmentUrl, ComesFromVariableAndFlagToo) {
  const ConfigSetup setup = with_toml(R"([stores.dev]
type = "x.DuckDBMetadataStore"
config = { database = "dev.duckdb" }
)",
                                      {{"METAXY_MIGRATE_URL", "duckdb:///variable.duckdb"}});
  EXPECT_EQ(setup.load().environment("dev").store.target.location.reveal(), "variable.duckdb");
  ConfigSetup flagged = setup;
  flagged.flags.values["url"] = "duckdb:////abs/flag.duckdb";
  EXPECT_EQ(flagged.load().environment("dev").store.target.location.reveal(), "/abs/flag.duckdb");
}

}  // namespace
}  // namespace metaxy::migrate
