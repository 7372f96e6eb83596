#include "dialect/duckdb/connection.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/error.hpp"
#include "unit/duckdb/support.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::AllOf;
using testing::Child;
using ::testing::ElementsAre;
using testing::Failure;
using testing::failure_of;
using testing::Folder;
using ::testing::HasSubstr;
using testing::in_memory;
using ::testing::Not;
using testing::opened;
using testing::rows;
using testing::run_all;
using testing::run_child;
using testing::write_file;

ConnectOptions reading() {
  ConnectOptions options;
  options.lock_wait = std::chrono::milliseconds(0);
  return options;
}

TEST(DuckdbConnection, GivesValuesOfEveryTypeAsDuckdbsOwnText) {
  const auto connection = in_memory();
  EXPECT_THAT(
      rows(*connection,
           "SELECT 1, true, 'a', NULL, 1.50::DECIMAL(5,2), DATE '2020-01-02', [1, 2], {'a': 'b'}, "
           "MAP {'k': 1}, TIMESTAMPTZ '2020-01-01 00:00:00+02', 0.1::DOUBLE, '\\xAA'::BLOB"),
      ElementsAre("1|true|a|NULL|1.50|2020-01-02|[1, 2]|{'a': b}|{k=1}|2019-12-31 22:00:00+00|0.1|\\xAA"));
}

TEST(DuckdbConnection, KeepsTheOrderOfRowsThatItCasts) {
  const auto connection = in_memory();
  EXPECT_THAT(rows(*connection,
                   "SELECT i::DECIMAL(5,1) AS x, i::DOUBLE AS x FROM range(3) t(i) ORDER BY i DESC -- down"),
              ElementsAre("2.0|2.0", "1.0|1.0", "0.0|0.0"));
}

TEST(DuckdbConnection, BindsParametersAsText) {
  const auto connection = in_memory();
  connection->execute("CREATE TABLE t(a BIGINT, b VARCHAR, c TIMESTAMP)");
  const std::vector<Cell> values = {"5", "it's; --", std::nullopt};
  EXPECT_EQ(connection->execute("INSERT INTO t VALUES (?, ?, ?)", values), 1);
  EXPECT_EQ(connection->execute("UPDATE t SET b = ? WHERE a = ?", std::vector<Cell>{"x", "6"}), 0);
  EXPECT_EQ(connection->query("SELECT a, b, c FROM t WHERE a = ?", std::vector<Cell>{"5"}),
            (std::vector<Row>{{"5", "it's; --", std::nullopt}}));
}

TEST(DuckdbConnection, ReadsMoreRowsThanOneChunkHolds) {
  const auto connection = in_memory();
  const std::vector<Row> all = connection->query(
      "SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE 'value number ' || i END "
      "FROM range(5000) t(i) ORDER BY i");
  ASSERT_EQ(all.size(), 5000U);
  EXPECT_EQ(all[4999], (Row{"4999", "value number 4999"}));
  EXPECT_EQ(all[4998], (Row{"4998", std::nullopt}));
}

TEST(DuckdbConnection, FailsWithDuckdbsOwnWordsAndTheStatement) {
  const auto connection = in_memory();
  connection->execute("CREATE TABLE features(a INTEGER)");
  try {
    connection->execute("SELECT * FROM feature");
    FAIL();
  } catch (const StatementFailed& error) {
    EXPECT_STREQ(error.what(),
                 "Catalog Error: Table with name feature does not exist! Did you mean \"features\"?");
    EXPECT_EQ(error.sql(), "SELECT * FROM feature");
  }
}

TEST(DuckdbConnection, NeverCommitsATransactionInWhichAStatementFailed) {
  for (const std::string& faulty :
       {std::string("ALTER TABLE nowhere ADD COLUMN b INTEGER"), std::string("CREATE TABEL x(a INT)"),
        std::string("INSERT INTO t VALUES (1)")}) {
    const auto connection = in_memory();
    run_all(*connection, {"CREATE TABLE t(a INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1)"});
    connection->begin({});
    connection->execute("CREATE TABLE half(a INTEGER)");
    EXPECT_THROW(connection->execute(faulty), StatementFailed);
    EXPECT_TRUE(connection->is_in_transaction());
    EXPECT_EQ(failure_of([&] { connection->commit(); }).text,
              "error: a statement of the transaction failed, so it was rolled back");
    EXPECT_FALSE(connection->is_in_transaction());
    EXPECT_THAT(rows(*connection, "SELECT table_name FROM duckdb_tables()"), ElementsAre("t")) << faulty;
  }
}

TEST(DuckdbConnection, RollsBackWhenItsCommitFails) {
  const auto connection = in_memory();
  run_all(*connection, {"CREATE TABLE t(a INTEGER)", "INSERT INTO t VALUES (1)"});
  connection->begin({});
  run_all(*connection, {"UPDATE t SET a = 2", "ALTER TABLE t ADD COLUMN b INTEGER"});
  try {
    connection->commit();
    ADD_FAILURE() << "it is committed";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("another transaction has altered this table"));
    EXPECT_THAT(error.hint(), HasSubstr("into a section of its own"));
  }
  EXPECT_FALSE(connection->is_in_transaction());
  connection->begin({});
  EXPECT_THAT(rows(*connection, "SELECT * FROM t"), ElementsAre("1"));
  connection->commit();
}

TEST(DuckdbConnection, WritesNothingInAReadTransaction) {
  const auto connection = in_memory();
  connection->begin_read();
  EXPECT_THAT(failure_of([&] { connection->execute("CREATE TABLE t(a INTEGER)"); }).text,
              HasSubstr("read-only"));
  connection->rollback();
  connection->rollback();
  EXPECT_FALSE(connection->is_in_transaction());
}

/// Statements that DuckDB 1.5.6 cannot replay from its log when run on such a table.
const std::vector<std::string> kUnreplayable = {
    "ALTER TABLE t ADD COLUMN d INTEGER",  "/* why */ ALTER TABLE t ALTER a SET DEFAULT 5",
    "-- why\nalter table t drop column c", "ALTER TABLE t ALTER a SET NOT NULL",
    "ALTER TABLE t ADD PRIMARY KEY (a)",   "ALTER TABLE t ADD COLUMN c.y INTEGER",
};
const std::string kWithStruct =
    "CREATE TABLE t(a INTEGER, b VARCHAR DEFAULT upper('q'), c STRUCT(x INTEGER))";

TEST(DuckdbConnection, AnAlterLeavesNothingInTheLogThatACrashCouldMakeUnreadable) {
  for (const std::string& alter : kUnreplayable) {
    const Folder folder;
    const std::string file = folder.path("x.duckdb");
    run_child({"crash", file, kWithStruct, "BEGIN", "INSERT INTO t(a) VALUES (1)", alter, "COMMIT"});
    EXPECT_FALSE(std::filesystem::exists(file + ".wal")) << alter;
    EXPECT_THAT(rows(*opened(file), "SELECT a, b FROM t"), ElementsAre("1|Q")) << alter;
  }
}

TEST(DuckdbConnection, AnAlterOutsideOfATransactionLeavesNothingInTheLogEither) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  run_child({"crash", file, kWithStruct, "ALTER TABLE t ADD COLUMN d INTEGER"});
  EXPECT_THAT(rows(*opened(file), "SELECT count(*) FROM t"), ElementsAre("0"));
}

/// What a transaction of these statements ends with; empty: it is committed.
std::string end_of(Connection& connection, const std::vector<std::string>& statements) {
  connection.begin({});
  run_all(connection, statements);
  try {
    connection.commit();
    return {};
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::failure);
    EXPECT_FALSE(connection.is_in_transaction());
    return fmt::format("{}: {}", error.what(), fmt::join(error.notes(), ", "));
  }
}

TEST(DuckdbConnection, RollsBackWhatBreaksAView) {
  const auto connection = in_memory();
  run_all(*connection, {"CREATE TABLE clip(id BIGINT, path VARCHAR)", "INSERT INTO clip VALUES (1, 'a')",
                        "CREATE VIEW paths AS SELECT path FROM clip", "CREATE SCHEMA other",
                        "CREATE VIEW other.\"all paths\" AS SELECT path FROM paths"});
  const std::string broken = end_of(*connection, {"ALTER TABLE clip RENAME COLUMN path TO uri"});
  EXPECT_THAT(broken, HasSubstr("views would no longer work; the transaction was rolled back: "
                                "view 'paths': Binder Error: Referenced column \"path\" not found"));
  EXPECT_THAT(broken, HasSubstr("view 'all paths': Binder Error"));
  EXPECT_THAT(end_of(*connection, {"DROP TABLE IF EXISTS main.\"clip\""}),
              HasSubstr("view 'paths': Catalog"));
  EXPECT_THAT(end_of(*connection, {"DROP VIEW paths"}), HasSubstr("view 'all paths': Catalog"));
  EXPECT_THAT(rows(*connection, "SELECT * FROM other.\"all paths\""), ElementsAre("a"));

  EXPECT_EQ(end_of(*connection,
                   {"ALTER TABLE clip ADD COLUMN size BIGINT", "ALTER TABLE clip RENAME COLUMN id TO key"}),
            "");
  EXPECT_EQ(end_of(*connection, {"ALTER TABLE clip RENAME COLUMN path TO uri",
                                 "CREATE OR REPLACE VIEW paths AS SELECT uri AS path FROM clip"}),
            "");
  EXPECT_EQ(end_of(*connection, {"DROP VIEW other.\"all paths\"", "DROP VIEW paths", "DROP TABLE clip"}), "");
}

TEST(DuckdbConnection, AViewThatDidNotWorkBeforeStopsNothing) {
  const auto connection = in_memory();
  run_all(*connection,
          {"CREATE TABLE clip(id BIGINT, path VARCHAR)", "CREATE VIEW lost AS SELECT path, id FROM clip",
           "ALTER TABLE clip DROP COLUMN path"});
  EXPECT_EQ(end_of(*connection, {"ALTER TABLE clip ADD COLUMN size BIGINT"}), "");
  EXPECT_EQ(end_of(*connection, {"CREATE VIEW sizes AS SELECT size FROM clip",
                                 "ALTER TABLE clip RENAME COLUMN size TO bytes"}),
            "");
  EXPECT_THAT(rows(*connection, "SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY ALL"),
              ElementsAre("lost", "sizes"));
}

/// Another error than of binding would end the transaction in which a view is tried.
TEST(DuckdbConnection, AViewOnAFileThatIsGoneStopsNothing) {
  const Folder folder;
  const std::string file = folder.path("clips.csv");
  write_file(file, "id\n1\n");
  const auto connection = in_memory();
  run_all(*connection,
          {"CREATE TABLE clip(id BIGINT)",
           fmt::format("CREATE VIEW both_clips AS SELECT id FROM clip UNION ALL SELECT id FROM '{}'", file)});
  std::filesystem::remove(file);
  EXPECT_EQ(end_of(*connection, {"ALTER TABLE clip ADD COLUMN size BIGINT"}), "");
  EXPECT_THAT(
      rows(*connection, "SELECT column_name FROM duckdb_columns() WHERE table_name = 'clip' ORDER BY ALL"),
      ElementsAre("id", "size"));
}

TEST(DuckdbConnection, OtherCommitsDoNotPayForACheckpoint) {
  const Folder folder;
  const auto connection = opened(folder.path("x.duckdb"));
  connection->begin({});
  connection->execute("CREATE TABLE t(a INTEGER)");
  connection->commit();
  EXPECT_TRUE(std::filesystem::exists(folder.path("x.duckdb.wal")));
  EXPECT_THAT(rows(*connection, "SELECT current_setting('checkpoint_threshold')"), ElementsAre("16.0 MiB"));
  connection->finish_run();
  EXPECT_FALSE(std::filesystem::exists(folder.path("x.duckdb.wal")));
}

TEST(DuckdbConnection, GivesTheCheckpointThresholdBackAlsoWhenTheCommitFails) {
  const auto connection = in_memory();
  run_all(*connection, {"CREATE TABLE t(a INTEGER)", "INSERT INTO t VALUES (1)"});
  connection->begin({});
  run_all(*connection, {"UPDATE t SET a = 2", "ALTER TABLE t ADD COLUMN b INTEGER"});
  EXPECT_THROW(connection->commit(), Error);
  EXPECT_THAT(rows(*connection, "SELECT current_setting('checkpoint_threshold')"), ElementsAre("16.0 MiB"));
}

TEST(DuckdbConnection, SaysSoWhenAReaderKeepsTheLogFromBeingCleared) {
  const Folder folder;
  const auto writer = opened(folder.path("x.duckdb"));
  run_all(*writer, {kWithStruct, "CREATE TABLE s AS SELECT 1 AS a"});
  const auto reader = opened(folder.path("x.duckdb"));
  reader->begin_read();
  EXPECT_THAT(rows(*reader, "SELECT count(*) FROM t"), ElementsAre("0"));
  writer->begin({});
  writer->execute("ALTER TABLE t ADD COLUMN d INTEGER");
  writer->commit();
  EXPECT_THAT(failure_of([&] { writer->begin({}); }).text,
              AllOf(HasSubstr("committed"), HasSubstr("recover")));
}

TEST(DuckdbConnection, SharesOneHandleOnAFileWithinTheProcess) {
  const Folder folder;
  const auto a = opened(folder.path("x.duckdb"));
  const auto b = opened(folder.path("./x.duckdb"));
  a->execute("CREATE TABLE from_a(a INTEGER)");
  b->execute("CREATE TABLE from_b(a INTEGER)");
  EXPECT_THAT(rows(*b, "SELECT table_name FROM duckdb_tables() ORDER BY 1"), ElementsAre("from_a", "from_b"));
  // Nothing of the second opening may have dropped the lock that keeps other processes out.
  EXPECT_THAT(run_child({"run", folder.path("x.duckdb")}), HasSubstr("is held by pid"));
}

TEST(DuckdbConnection, NamesTheProcessThatHoldsTheFile) {
  const Folder folder;
  Child holder({"hold", folder.path("x.duckdb"), "CREATE TABLE t(a INTEGER)"});
  ASSERT_EQ(holder.line(), "ready");
  const Failure failure = failure_of([&] { opened(folder.path("x.duckdb")); });
  EXPECT_EQ(failure.kind, ErrorKind::lock);
  EXPECT_THAT(failure.text, HasSubstr("is held by pid " + std::to_string(holder.pid()) + " (duckdb_child)"));
}

TEST(DuckdbConnection, WaitsForTheProcessThatHoldsTheFile) {
  const Folder folder;
  Child holder({"hold", folder.path("x.duckdb"), "CREATE TABLE t(a INTEGER)"});
  ASSERT_EQ(holder.line(), "ready");
  std::vector<std::string> notices;
  ConnectOptions options;
  options.access = Access::read_write;
  options.lock_wait = std::chrono::seconds(60);
  options.waiting = [&](const std::string& who) {
    notices.push_back(who);
    holder.kill();
  };
  const auto connection = opened(folder.path("x.duckdb"), options);
  EXPECT_THAT(rows(*connection, "SELECT count(*) FROM t"), ElementsAre("0"));
  EXPECT_EQ(notices.size(), 1U);
}

TEST(DuckdbConnection, OpensForReadingWithoutCreatingOrChangingAnything) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  const Failure missing = failure_of([&] { opened(file, reading()); });
  EXPECT_EQ(missing.kind, ErrorKind::failure);
  EXPECT_THAT(missing.text, HasSubstr("database file '" + file + "' does not exist"));
  EXPECT_FALSE(std::filesystem::exists(file));
  opened(file)->execute("CREATE TABLE t(a INTEGER)");
  const auto connection = opened(file, reading());
  EXPECT_THAT(failure_of([&] { connection->execute("DROP TABLE t"); }).text, HasSubstr("read-only mode"));
}

TEST(DuckdbConnection, RefusesWhatIsNotADuckdbFileBeforeTheLibraryTouchesIt) {
  const Folder folder;
  const auto refusal = [&](std::string_view content) {
    const std::string file = folder.path("x.duckdb");
    write_file(file, content);
    return failure_of([&] { opened(file); }).text;
  };
  EXPECT_THAT(refusal(""), HasSubstr("is empty"));
  EXPECT_THAT(refusal(std::string(4096, 'j')), HasSubstr("is not a DuckDB database"));
  EXPECT_THAT(refusal("DUC"), HasSubstr("is not a DuckDB database"));
  EXPECT_THAT(refusal(std::string("SQLite format 3\0 and so on", 26)), HasSubstr("is a SQLite database"));
  EXPECT_THAT(failure_of([&] { opened(folder.path("")); }).text, HasSubstr("is a folder"));
  EXPECT_THAT(failure_of([&] { opened(folder.path("none/x.duckdb")); }).text,
              HasSubstr("there is no folder"));
  EXPECT_THAT(failure_of([&] { opened("/dev/null"); }).text, HasSubstr("is not a regular file"));
}

TEST(DuckdbConnection, SaysThatADamagedFileIsDamaged) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  opened(file)->execute("CREATE TABLE t AS SELECT range AS a FROM range(10000)");
  std::filesystem::resize_file(file, 4096);
  EXPECT_THAT(failure_of([&] { opened(file); }).text, HasSubstr(file));
}

TEST(DuckdbConnection, DoesNotThrowALogAwayWhoseDatabaseIsMissing) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  run_child({"crash", file, "CREATE TABLE t(a INTEGER)"});
  std::filesystem::remove(file);
  EXPECT_THAT(failure_of([&] { opened(file); }).text, HasSubstr("its write-ahead log"));
  EXPECT_TRUE(std::filesystem::exists(file + ".wal"));
}

TEST(DuckdbConnection, NamesRecoverWhenTheLogCannotBeReplayed) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  // An ALTER behind another statement goes past what our connection does about it.
  run_child({"crash", file, kWithStruct, "CREATE TABLE z(a INTEGER); ALTER TABLE t ADD COLUMN d INTEGER"});
  EXPECT_THAT(failure_of([&] { opened(file); }).text,
              AllOf(HasSubstr("was not closed cleanly"), HasSubstr("metaxy-migrate recover"),
                    Not(HasSubstr("Stack Trace"))));
}

TEST(DuckdbConnection, AppliesTheStoresSettings) {
  Target target;
  target.location = Secret(":memory:");
  target.settings = {{"threads", "1"}, {"TimeZone", "Europe/Rome"}};
  const auto connection = duckdb::connect(target, reading());
  EXPECT_THAT(rows(*connection, "SELECT current_setting('threads'), current_setting('TimeZone')"),
              ElementsAre("1|UTC"));
  target.settings = {{"no_such_setting", "1"}};
  const Failure failure = failure_of([&] { duckdb::connect(target, reading()); });
  EXPECT_EQ(failure.kind, ErrorKind::configuration);
  EXPECT_THAT(failure.text, HasSubstr("no_such_setting"));
}

TEST(DuckdbConnection, DownloadsNoExtensions) {
  const auto connection = in_memory();
  EXPECT_THAT(rows(*connection,
                   "SELECT current_setting('autoinstall_known_extensions'), "
                   "current_setting('autoload_known_extensions')"),
              ElementsAre("false|false"));
}

TEST(DuckdbConnection, StopsAStatementFromAnotherThread) {
  const auto connection = in_memory();
  std::atomic<bool> is_over = false;
  // An interrupt that comes before the statement has begun is lost.
  std::thread stopper([&] {
    while (!is_over) connection->interrupt();
  });
  const Failure failure = failure_of(
      [&] { connection->execute("SELECT count(*) FROM range(1000000000000) a WHERE a.range % 7 = 3"); });
  is_over = true;
  stopper.join();
  EXPECT_THAT(failure.text, HasSubstr("INTERRUPT Error"));
}

TEST(DuckdbConnection, ACommitThatIsInterruptedTellsTheTruth) {
  const Folder folder;
  const auto connection = opened(folder.path("a.db"));
  run_all(*connection, {"CREATE TABLE t (i BIGINT, s VARCHAR)"});
  for (int i = 0; i < 3; ++i) {
    connection->begin({});
    connection->execute(fmt::format("INSERT INTO t (i, s) SELECT {}, range::VARCHAR FROM range(20000)", i));
    connection->execute(fmt::format("ALTER TABLE t ADD COLUMN c{} INTEGER", i));
    std::atomic<bool> is_over = false;
    std::thread other([&] {
      while (!is_over) connection->interrupt();
    });
    bool is_committed = true;
    try {
      connection->commit();
    } catch (const Error&) {
      is_committed = false;
    }
    is_over = true;
    other.join();
    EXPECT_EQ(rows(*connection, fmt::format("SELECT count(*) FROM t WHERE i = {}", i)),
              std::vector<std::string>{is_committed ? "20000" : "0"});
  }
}

TEST(DuckdbConnection, KnowsTheLibrarysVersion) { EXPECT_EQ(in_memory()->server_version(), "1.5.6"); }

}  // namespace
}  // namespace metaxy::migrate
