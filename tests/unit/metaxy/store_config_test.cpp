// Contract A4 and A5: store types and the body of a store.
#include "metaxy/store_config.hpp"

#include "config_setup.hpp"
#include "metaxy/store_class.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Settings = std::pair<std::string, std::string>;

/// A metaxy.toml with one store `dev` of this class.
std::string toml_store(const std::string& type, const std::string& config) {
  return "[stores.dev]\ntype = \"" + type + "\"\n[stores.dev.config]\n" + config;
}

Store selected_store(const std::string& type, const std::string& config) {
  return with_toml(toml_store(type, config)).load().environment("dev").store;
}

/// The error when the store is selected.
std::string fault_of(const std::string& type, const std::string& config) {
  return ConfigSetup::error_of([&] { selected_store(type, config); });
}

constexpr const char* kDuckDb = "metaxy.ext.duckdb.DuckDBMetadataStore";
constexpr const char* kSqlite = "metaxy.metadata_store.sqlite.SQLiteMetadataStore";
constexpr const char* kPostgres = "metaxy.ext.postgresql.PostgreSQLMetadataStore";

TEST(StoreType, A4EverySpellingOfEveryClass) {
  const std::string url = "connection_string = \"clickhouse://h/db\"";
  const std::string pg = "connection_string = \"postgresql://h/db\"";
  const std::string database = "database = \"x.db\"";
  struct Case {
    std::string type;
    std::string config;
    std::string dialect;
  };
  const std::vector<Case> cases = {
      {"metaxy.metadata_store.duckdb.DuckDBMetadataStore", database, "duckdb"},
      {"metaxy.ext.metadata_stores.duckdb.DuckDBMetadataStore", database, "duckdb"},
      {"metaxy.ext.duckdb.DuckDBMetadataStore", database, "duckdb"},
      {"metaxy.ext.duckdb.metadata_store.DuckDBMetadataStore", database, "duckdb"},
      {"metaxy.ext.duckdb:DuckDBMetadataStore", database, "duckdb"},
      {"DuckDBMetadataStore", database, "duckdb"},
      {"metaxy.metadata_store.postgresql.PostgreSQLMetadataStore", pg, "postgresql"},
      {"metaxy.ext.metadata_stores.postgresql.PostgreSQLMetadataStore", pg, "postgresql"},
      {"metaxy.ext.postgresql.PostgreSQLMetadataStore", pg, "postgresql"},
      {"metaxy.ext.postgresql:PostgreSQLMetadataStore", pg, "postgresql"},
      {"metaxy.metadata_store.sqlite.SQLiteMetadataStore", database, "sqlite"},
      {"metaxy.metadata_store.SQLiteMetadataStore", database, "sqlite"},
      {"metaxy.metadata_store.clickhouse.ClickHouseMetadataStore", url, ""},
      {"metaxy.ext.metadata_stores.clickhouse.ClickHouseMetadataStore", url, ""},
      {"metaxy.ext.clickhouse.ClickHouseMetadataStore", url, ""},
      {"metaxy.metadata_store.bigquery.BigQueryMetadataStore", "project_id = \"p\"", ""},
      {"metaxy.ext.metadata_stores.bigquery.BigQueryMetadataStore", "project_id = \"p\"", ""},
      {"metaxy.ext.bigquery.BigQueryMetadataStore", "project_id = \"p\"", ""},
      {"metaxy.metadata_store.lancedb.LanceDBMetadataStore", "uri = \"u\"", ""},
      {"metaxy.ext.metadata_stores.lancedb.LanceDBMetadataStore", "uri = \"u\"", ""},
      {"metaxy.ext.lancedb.LanceDBMetadataStore", "uri = \"u\"", ""},
      {"metaxy.metadata_store.delta.DeltaMetadataStore", "root_path = \"r\"", ""},
      {"metaxy.ext.metadata_stores.delta.DeltaMetadataStore", "root_path = \"r\"", ""},
      {"metaxy.ext.polars.DeltaMetadataStore", "root_path = \"r\"", ""},
      {"metaxy.ext.polars.handlers.delta.DeltaMetadataStore", "root_path = \"r\"", ""},
      {"metaxy.ext.metadata_stores.iceberg.IcebergMetadataStore", "warehouse = \"w\"", ""},
      {"metaxy.ext.polars.handlers.iceberg.IcebergMetadataStore", "warehouse = \"w\"", ""},
      {"metaxy.ext.iceberg.IcebergMetadataStore", "warehouse = \"w\"", ""},
      {"metaxy.metadata_store.memory.InMemoryMetadataStore", "", ""},
      {"metaxy.ext.ibis.metadata_store.IbisMetadataStore", "connection_string = \"duckdb:///x.db\"",
       "duckdb"},
      {"metaxy.metadata_store.ibis.IbisMetadataStore", pg, "postgresql"},
  };
  for (const Case& one : cases) {
    const Store store = selected_store(one.type, one.config);
    EXPECT_EQ(store.dialect, one.dialect) << one.type;
    EXPECT_EQ(store.unsupported.empty(), !one.dialect.empty()) << one.type;
    EXPECT_EQ(store.type, store_class(one.type));
  }
}

TEST(StoreType, A4UnsupportedStoresSayWhyWhenTheyAreToBeReached) {
  const auto refusal = [](const std::string& type, const std::string& config) {
    return ConfigSetup::error_of([&] { target_to_connect(selected_store(type, config)); });
  };
  EXPECT_EQ(refusal("x.ClickHouseMetadataStore", "connection_string = \"clickhouse://h/d\""),
            "error: store 'dev' cannot be migrated: it is on ClickHouse; this version drives DuckDB, SQLite "
            "and PostgreSQL");
  EXPECT_EQ(refusal("x.BigQueryMetadataStore", "project_id = \"p\""),
            "error: store 'dev' cannot be migrated: it is on BigQuery; this version drives DuckDB, SQLite "
            "and PostgreSQL");
  EXPECT_EQ(refusal("x.DeltaMetadataStore", "root_path = \"r\""),
            "error: store 'dev' cannot be migrated: DeltaMetadataStore keeps its tables as files, without "
            "SQL (this version "
            "drives DuckDB, SQLite and PostgreSQL)");
  EXPECT_THAT(refusal("x.IcebergMetadataStore", ""),
              HasSubstr("IcebergMetadataStore keeps its tables as files"));
  EXPECT_THAT(refusal("x.LanceDBMetadataStore", ""),
              HasSubstr("LanceDBMetadataStore keeps its tables as files"));
  EXPECT_THAT(refusal("x.InMemoryMetadataStore", ""), HasSubstr("keeps nothing when the process ends"));
}

TEST(StoreType, A4UnknownClassNeedsItsKind) {
  const Store store = selected_store("team.stores.WarehouseStore", "database = \"w.duckdb\"\nmade_up = 1");
  EXPECT_EQ(store.dialect, "");
  EXPECT_EQ(store.unsupported,
            "class 'WarehouseStore' does not tell which database it uses; say it with store_kind = "
            "\"duckdb\", \"sqlite\" or "
            "\"postgresql\" in [ext.migrate.environments.dev] or with --store-kind");
}

TEST(StoreType, A4MistypedClassIsSuggested) {
  EXPECT_THAT(selected_store("metaxy.ext.duckdb.DuckDbMetadataStore", "").unsupported,
              HasSubstr("'DuckDbMetadataStore' does not tell which database it uses (did you mean "
                        "'DuckDBMetadataStore'?)"));
}

TEST(StoreType, A4StoreKindComesFromTheFileTheVariableOrTheFlag) {
  const std::string toml = toml_store("team.stores.WarehouseStore", "database = \"w.duckdb\"\nmade_up = 1\n");
  EXPECT_EQ(with_toml(toml + "[ext.migrate.environments.dev]\nstore_kind = \"duckdb\"")
                .load()
                .environment("dev")
                .store.dialect,
            "duckdb");
  EXPECT_EQ(
      with_toml(toml, {{"METAXY_MIGRATE_STORE_KIND", "sqlite"}}).load().environment("dev").store.dialect,
      "sqlite");
  const ConfigSetup flagged = with_toml(toml, {}, {.config_file = {}, .values = {{"store_kind", "duckdb"}}});
  EXPECT_EQ(flagged.load().environment("dev").store.dialect, "duckdb");
  EXPECT_EQ(flagged.load().stores.at("dev").dialect, "duckdb");
}

TEST(StoreType, A4StoreKindDoesNotOverruleMetaxysClasses) {
  const ConfigSetup setup = with_toml(toml_store(kDuckDb, "database = \"w.duckdb\"\n"), {},
                                      {.config_file = {}, .values = {{"store_kind", "sqlite"}}});
  EXPECT_EQ(setup.load().environment("dev").store.dialect, "duckdb");
}

TEST(StoreType, A4WrongStoreKindIsAnError) {
  EXPECT_THAT(with_toml("", {}, {.config_file = {}, .values = {{"store_kind", "duckbd"}}}).error(),
              HasSubstr("'store_kind' is 'duckbd', expected one of duckdb, sqlite, postgresql\n  --> "
                        "--store-kind\n  = help: did "
                        "you mean 'duckdb'?"));
}

TEST(StoreType, A4DuckLakeIsADuckDbStoreThatIsNotDrivenYet) {
  const Store store = selected_store(
      kDuckDb, "database = \"local.duckdb\"\nducklake = { catalog = { type = \"duckdb\", uri = \"c\" } }");
  EXPECT_EQ(store.dialect, "");
  EXPECT_EQ(store.unsupported,
            "its 'ducklake' makes it a DuckLake store; this version drives DuckDB, SQLite and PostgreSQL");
}

TEST(StoreType, MotherDuckIsNotDrivenYet) {
  for (const char* database : {"md:mydb", "motherduck:mydb"}) {
    const Store store = selected_store(kDuckDb, std::string("database = \"") + database + "\"");
    EXPECT_EQ(store.unsupported,
              "its database is on MotherDuck; this version drives DuckDB, SQLite and PostgreSQL")
        << database;
    EXPECT_EQ(store.sqlalchemy_url.reveal(), std::string("duckdb:///") + database);
  }
}

TEST(StoreBody, A5TypeMustBeAText) {
  EXPECT_THAT(with_toml("[stores.dev]\ntype = 1").error(),
              HasSubstr("'stores.dev.type' is an integer, expected a string"));
  // Metaxy ends only where such a store is used.
  EXPECT_EQ(with_toml("[stores.dev]\ntype = \"\"").load().environment("dev").store.unsupported,
            "'stores.dev.type' is empty");
}

TEST(StoreBody, A5InlineConfigEqualsTheTable) {
  const std::string head = "[stores.dev]\ntype = \"x.DuckDBMetadataStore\"\n";
  EXPECT_EQ(
      with_toml(head + "config = { database = \"a.db\" }").load().stores.at("dev").target.location,
      with_toml(head + "[stores.dev.config]\ndatabase = \"a.db\"").load().stores.at("dev").target.location);
}

TEST(StoreBody, A5KeysDirectlyBelowTheStoreAreATargetedError) {
  const std::string head = "[stores.dev]\ntype = \"x.DuckDBMetadataStore\"\n";
  EXPECT_EQ(
      with_toml(head + "fallback_stores = [\"prod\"]").error(),
      "error: 'fallback_stores' is directly below [stores.dev], where only 'type' and 'config' are allowed\n"
      "  --> metaxy.toml:3:1\n"
      "   |\n"
      " 3 | fallback_stores = [\"prod\"]\n"
      "   | ^\n"
      "  = help: move it to [stores.dev.config]; Metaxy refuses it here too");
  EXPECT_THAT(with_toml("[stores.dev]\ntype = \"x.DeltaMetadataStore\"\nroot_path = \"r\"").error(),
              HasSubstr("move it to [stores.dev.config]"));
  EXPECT_THAT(with_toml(head + "confg = {}").error(), HasSubstr("help: did you mean 'config'?"));
}

TEST(StoreBody, A5UnknownKeysInsideConfigAreErrorsWithASuggestion) {
  EXPECT_EQ(fault_of(kDuckDb, "database = \"x\"\ntable_prefx = \"p_\""),
            "error: unknown key 'table_prefx' in [stores.dev.config]\n"
            "  --> metaxy.toml:5:1\n"
            "   |\n"
            " 5 | table_prefx = \"p_\"\n"
            "   | ^\n"
            "  = help: did you mean 'table_prefix'?");
  EXPECT_THAT(fault_of(kPostgres, "connection_string = \"postgresql://h/d\"\nwarehouse = \"x\""),
              HasSubstr("help: PostgreSQLMetadataStore takes no such key, and Metaxy refuses it too"));
}

TEST(StoreBody, A5FaultsOfOneStoreLeaveTheOthersUsable) {
  const Config config = with_toml(R"([stores.dev]
type = "x.DuckDBMetadataStore"
config = { database = "dev.duckdb" }
[stores.broken]
type = "x.DuckDBMetadataStore"
config = { databas = "x" }
)")
                            .load();
  EXPECT_EQ(config.environment("dev").store.target.location.reveal(), "dev.duckdb");
  EXPECT_THAT(
      ConfigSetup::error_of([&] { config.environment("broken"); }),
      HasSubstr(
          "error: store 'broken' has 2 faults\n"
          "  - metaxy.toml:6:12: unknown key 'databas' in [stores.broken.config] (did you mean 'database'?)\n"
          "  - metaxy.toml:4:9: store 'broken' does not say where its database is"));
}

TEST(StoreBody, A5AllKeysOfADuckDbStore) {
  const Store store = selected_store(kDuckDb, R"(database = "dev.duckdb"
fallback_stores = ["prod", "other"]
hash_algorithm = "md5"
versioning_engine = "native"
table_prefix = "p_"
auto_create_tables = true
backend = "duckdb"
connection_params = {}
config = { threads = "4", memory_limit = "1GB" }
extensions = ["json", { name = "spatial", repository = "community", init_sql = ["SET x = 1"] }]
)");
  EXPECT_EQ(store.dialect, "duckdb");
  EXPECT_EQ(store.table_prefix, "p_");
  EXPECT_TRUE(store.auto_create_tables);
  EXPECT_THAT(store.fallback_stores, ElementsAre("prod", "other"));
  EXPECT_THAT(store.target.settings, ElementsAre(Settings("memory_limit", "1GB"), Settings("threads", "4")));
  ASSERT_EQ(store.target.extensions.size(), 2U);
  EXPECT_EQ(store.target.extensions[0].name, "json");
  EXPECT_EQ(store.target.extensions[0].repository, "core");
  EXPECT_EQ(store.target.extensions[1].name, "spatial");
  EXPECT_EQ(store.target.extensions[1].repository, "community");
  EXPECT_THAT(store.target.extensions[1].init_sql, ElementsAre("SET x = 1"));
}

TEST(StoreBody, A5WrongExtensionsAreErrors) {
  const std::string database = "database = \"x\"\n";
  EXPECT_THAT(fault_of(kDuckDb, database + "extensions = \"json\""),
              HasSubstr("expected an array of names or tables"));
  EXPECT_THAT(fault_of(kDuckDb, database + "extensions = [{ repository = \"core\" }]"),
              HasSubstr("has no 'name'"));
  EXPECT_THAT(fault_of(kDuckDb, database + "extensions = [{ name = \"a\", repo = \"core\" }]"),
              HasSubstr("unknown key 'repo' in stores.dev.config.extensions"));
  EXPECT_THAT(fault_of(kDuckDb, database + "extensions = [1]"),
              HasSubstr("is an integer, expected a string"));
}

TEST(StoreBody, A5DuckDbPathIsTakenAsItStands) {
  for (const char* path : {"dev.duckdb", "data/dev.duckdb", "/abs/dev.duckdb", ":memory:", "../up.duckdb"}) {
    EXPECT_EQ(selected_store(kDuckDb, std::string("database = \"") + path + "\"").target.location.reveal(),
              path);
  }
}

TEST(StoreBody, A5DuckDbPathIsNotRelativeToTheConfigurationFile) {
  const ConfigSetup setup{
      {{"/project/metaxy.toml", toml_store(kDuckDb, "database = \"dev.duckdb\"")}, {"/project/a/x", ""}},
      {},
      {},
      "/project/a"};
  EXPECT_EQ(setup.load().environment("dev").store.target.location.reveal(), "dev.duckdb");
}

TEST(StoreBody, A5TildeIsNotExpandedButTold) {
  const Config config = with_toml(toml_store(kDuckDb, "database = \"~/dev.duckdb\"")).load();
  EXPECT_EQ(config.stores.at("dev").target.location.reveal(), "~/dev.duckdb");
  EXPECT_THAT(config.warnings,
              ElementsAre("'stores.dev.config.database' begins with '~', which neither Metaxy nor DuckDB "
                          "replaces by the home folder"));
}

TEST(StoreBody, A5DuckDbNeedsItsDatabase) {
  EXPECT_EQ(fault_of(kDuckDb, "table_prefix = \"p_\""),
            "error: store 'dev' does not say where its database is\n"
            "  --> metaxy.toml:1:9\n   |\n 1 | [stores.dev]\n   |         ^\n"
            "  = help: set 'database' in [stores.dev.config]");
  for (const char* connection :
       {"connection_params = { database = \"x.db\" }", "connection_string = \"duckdb:///x.db\""}) {
    EXPECT_THAT(fault_of(kDuckDb, connection), HasSubstr("help: set 'database' in [stores.dev.config]"))
        << connection;
  }
  EXPECT_THAT(fault_of(kDuckDb, "database = \"\""), HasSubstr("'stores.dev.config.database' is empty"));
  EXPECT_THAT(fault_of(kDuckDb, "database = 1"),
              HasSubstr("'stores.dev.config.database' is an integer, expected a string"));
}

TEST(StoreBody, A3AutoCreateTablesIsCopiedIntoStoresThatDoNotSetIt) {
  const Config config = with_toml(R"(auto_create_tables = true
[stores.dev]
type = "x.DuckDBMetadataStore"
config = { database = "dev.duckdb" }
[stores.prod]
type = "x.DuckDBMetadataStore"
config = { database = "prod.duckdb", auto_create_tables = false }
)")
                            .load();
  EXPECT_TRUE(config.stores.at("dev").auto_create_tables);
  EXPECT_FALSE(config.stores.at("prod").auto_create_tables);
}

TEST(StoreBody, SqliteStoreTakesADatabase) {
  const Store store = selected_store(kSqlite, "database = \"dev.db\"");
  EXPECT_EQ(store.target.location.reveal(), "dev.db");
  EXPECT_EQ(store.sqlalchemy_url.reveal(), "sqlite:///dev.db");
}

TEST(StoreBody, AnySqlStoreWithASqliteUrlIsSqlite) {
  for (const char* type :
       {kSqlite, kDuckDb, kPostgres, "x.ClickHouseMetadataStore", "x.IbisMetadataStore", "team.OwnStore"}) {
    const Store store = selected_store(type, "connection_string = \"sqlite:///data/dev.db\"");
    EXPECT_EQ(store.dialect, "sqlite") << type;
    EXPECT_EQ(store.target.location.reveal(), "data/dev.db") << type;
    EXPECT_EQ(store.sqlalchemy_url.reveal(), "sqlite:///data/dev.db") << type;
  }
}

TEST(StoreBody, SqliteUrlForms) {
  const auto location = [](const std::string& url) {
    return selected_store(kSqlite, "connection_string = \"" + url + "\"").target.location.reveal();
  };
  EXPECT_EQ(location("sqlite:////abs/dev.db"), "/abs/dev.db");
  EXPECT_EQ(location("sqlite://"), ":memory:");
  EXPECT_EQ(location("sqlite:///:memory:"), ":memory:");
  EXPECT_EQ(location("sqlite+pysqlite:///dev.db?timeout=5"), "dev.db");
  EXPECT_THAT(fault_of(kSqlite, "connection_string = \"sqlite://dev.db\""),
              HasSubstr("'stores.dev.config.connection_string' is not of the form sqlite:///path"));
}

TEST(StoreBody, A5PostgresConnectionStringWinsOverParameters) {
  const Store store = selected_store(
      kPostgres, "connection_string = \"postgresql://u:p@h:5433/db\"\nconnection_params = { host = \"x\" }");
  EXPECT_EQ(store.dialect, "postgresql");
  EXPECT_EQ(store.target.location.reveal(), "postgresql://u:p@h:5433/db");
}

TEST(StoreBody, PostgresNeedsAConnection) {
  EXPECT_THAT(fault_of(kPostgres, "table_prefix = \"p_\""),
              HasSubstr("help: set 'connection_string' or 'connection_params' in [stores.dev.config]"));
  EXPECT_THAT(fault_of(kPostgres, "connection_string = \"mysql://h/db\""),
              HasSubstr("'stores.dev.config.connection_string' is no PostgreSQL URL"));
}

TEST(StoreBody, FaultsNeverShowThePassword) {
  for (const char* url : {"mysql://u:hunter2@h/db", "postgresql://u:hunter2@h:port/db", "hunter2"}) {
    const Config config =
        with_toml(toml_store(kPostgres, std::string("connection_string = \"") + url + "\"")).load();
    try {
      config.environment("dev");
      FAIL() << url;
    } catch (const Error& error) {
      EXPECT_THAT(std::string(error.what()), ::testing::Not(HasSubstr("hunter2"))) << url;
      EXPECT_THAT(describe(error), ::testing::Not(HasSubstr("hunter2"))) << url;
    }
  }
}

TEST(StoreBody, UnsetVariableInThePrefixIsTold) {
  const Config config = with_toml(toml_store(kDuckDb, "database = \"x\"\ntable_prefix = \"${P}\"")).load();
  EXPECT_THAT(
      config.warnings,
      ElementsAre("'stores.dev.config.table_prefix' counts as empty, because environment variable 'P' is "
                  "not set"));
  EXPECT_THAT(config.environment("dev").store.unset_variables, ElementsAre("P"));
}

}  // namespace
}  // namespace metaxy::migrate
