#include "dialect/duckdb/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>

#include "base/error.hpp"
#include "unit/duckdb/support.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::AllOf;
using testing::Child;
using ::testing::ElementsAre;
using testing::Folder;
using ::testing::HasSubstr;
using testing::opened;
using testing::rows;
using testing::run_all;
using testing::run_child;
using testing::write_file;

std::string failure_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return describe(error);
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

TEST(DuckdbFile, IsKnownByItsMagicBytes) {
  const Folder folder;
  opened(folder.path("x.duckdb"))->execute("CREATE TABLE t(a INTEGER)");
  write_file(folder.path("junk"), std::string(100, 'D'));
  write_file(folder.path("empty"), "");
  EXPECT_TRUE(duckdb::files().owns(folder.path("x.duckdb")));
  EXPECT_FALSE(duckdb::files().owns(folder.path("junk")));
  EXPECT_FALSE(duckdb::files().owns(folder.path("empty")));
  EXPECT_FALSE(duckdb::files().owns(folder.path("none")));
}

TEST(DuckdbFile, BacksUpAnOpenDatabaseWithoutLosingItsLock) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  const std::string copy = folder.path("x.duckdb.backup-20260101T000000Z-7f3a");
  const auto connection = opened(file);
  run_all(*connection, {"CREATE TABLE t AS SELECT range AS a FROM range(1000)"});
  ASSERT_EQ(chmod(file.c_str(), 0640), 0);
  duckdb::files().back_up(*connection, file, copy);
  EXPECT_TRUE(duckdb::files().owns(file));
  connection->execute("INSERT INTO t VALUES (1)");
  EXPECT_THAT(run_child({"run", file}), HasSubstr("is held by pid"));
  EXPECT_THAT(run_child({"run", copy, "SELECT count(*) FROM t"}), "1000\n");
  EXPECT_EQ(std::filesystem::status(copy).permissions(), std::filesystem::perms(0640));
  EXPECT_FALSE(std::filesystem::exists(copy + ".part"));
}

TEST(DuckdbFile, SaysWhyABackupFailsAndLeavesNothingBehind) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  const auto connection = opened(file);
  connection->execute("CREATE TABLE t(a INTEGER)");
  EXPECT_THAT(failure_of([&] { duckdb::files().back_up(*connection, file, folder.path("none/copy")); }),
              AllOf(HasSubstr("cannot be copied"), HasSubstr("No such file or directory")));
  write_file(folder.path("copy"), "something else");
  EXPECT_THAT(failure_of([&] { duckdb::files().back_up(*connection, file, folder.path("copy")); }),
              HasSubstr("is there already"));
  EXPECT_THAT(failure_of([&] { duckdb::files().back_up(*connection, file, "/dev/full"); }),
              HasSubstr("is there already"));
  EXPECT_FALSE(std::filesystem::exists(folder.path("copy.part")));
}

TEST(DuckdbFile, SaysThatTheDiskIsFull) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  const auto connection = opened(file);
  connection->execute("CREATE TABLE t(a INTEGER)");
  std::filesystem::create_symlink("/dev/full", folder.path("copy.part"));
  EXPECT_THAT(failure_of([&] { duckdb::files().back_up(*connection, file, folder.path("copy")); }),
              HasSubstr("No space left on device"));
  EXPECT_FALSE(std::filesystem::exists(folder.path("copy")));
}

TEST(DuckdbFile, NamesWhatBelongsToIt) {
  EXPECT_THAT(duckdb::files().side_files("x.duckdb"),
              ElementsAre("x.duckdb.wal", "x.duckdb.wal.checkpoint", "x.duckdb.wal.recovery"));
}

const std::string kTable = "CREATE TABLE t(a INTEGER, b VARCHAR DEFAULT upper('q'))";
/// A crash in this leaves a log that DuckDB does not replay; an ALTER by itself is guarded by our connection.
const std::string kUnguardedAlter = "CREATE TABLE z(a INTEGER); ALTER TABLE t ADD COLUMN d INTEGER DEFAULT 7";

TEST(DuckdbFile, RecoversADatabaseWhoseLogCannotBeReplayed) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  run_child({"crash", file, kTable, "INSERT INTO t(a) SELECT range FROM range(1000)", "CHECKPOINT",
             kUnguardedAlter, "INSERT INTO t(a) VALUES (1000)"});
  ASSERT_THAT(failure_of([&] { opened(file); }), HasSubstr("metaxy-migrate recover"));
  EXPECT_EQ(duckdb::files().recover(file),
            "replayed the write-ahead log into '" + file + "': 2 tables are there with all their rows");
  EXPECT_FALSE(std::filesystem::exists(file + ".wal"));
  EXPECT_THAT(rows(*opened(file), "SELECT count(*), sum(a), min(b), sum(d) FROM t"),
              ElementsAre("1001|500500|Q|7007"));
}

TEST(DuckdbFile, RecoversNothingThatOpens) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  EXPECT_THAT(failure_of([&] { duckdb::files().recover(file); }), HasSubstr("does not exist"));
  run_child({"crash", file, kTable});
  EXPECT_THAT(failure_of([&] { duckdb::files().recover(file); }), HasSubstr("there is nothing to recover"));
  const auto connection = opened(file);
  EXPECT_THAT(failure_of([&] { duckdb::files().recover(file); }), HasSubstr("is open in this process"));
}

TEST(DuckdbFile, RecoversNothingThatAnotherProcessHolds) {
  const Folder folder;
  Child holder({"hold", folder.path("x.duckdb"), kTable});
  ASSERT_EQ(holder.line(), "ready");
  EXPECT_THAT(failure_of([&] { duckdb::files().recover(folder.path("x.duckdb")); }),
              HasSubstr("is held by pid"));
}

TEST(DuckdbFile, ChangesNothingWhenItCannotRecover) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  run_child({"crash", file, kTable, "CHECKPOINT", kUnguardedAlter});
  const auto size = std::filesystem::file_size(file);
  // A log that begins like one and goes on as noise.
  std::filesystem::resize_file(file + ".wal", 30);
  write_file(file + ".wal", std::string(200, '\x01'));
  EXPECT_THAT(failure_of([&] { duckdb::files().recover(file); }), HasSubstr(file));
  EXPECT_EQ(std::filesystem::file_size(file), size);
  EXPECT_EQ(std::filesystem::file_size(file + ".wal"), 200U);
}

TEST(DuckdbFile, StaysReadableForTheOldestDuckdbThatMetaxyAllows) {
  const Folder folder;
  const std::string file = folder.path("x.duckdb");
  {
    const auto connection = opened(file);
    run_all(*connection,
            {"CREATE TABLE p(k VARCHAR PRIMARY KEY, g BIGINT GENERATED ALWAYS AS (length(k)))",
             "CREATE TABLE t(a BIGINT, b VARCHAR DEFAULT upper('q') REFERENCES p(k), s STRUCT(x VARCHAR, y "
             "VARCHAR), "
             "m MAP(VARCHAR, VARCHAR), l BIGINT[], d DECIMAL(18,3), e ENUM('a', 'b'), u UUID, i INTERVAL, j "
             "JSON, "
             "z TIMESTAMPTZ, CHECK (a > 0))",
             "CREATE INDEX ix ON t(a)", "COMMENT ON COLUMN t.a IS 'comment'", "INSERT INTO p VALUES ('k')",
             "INSERT INTO t VALUES (1, 'k', {'x': 'v', 'y': NULL}, MAP {'q': 'w'}, [1, 2], 1.5, 'a', "
             "'00000000-0000-0000-0000-000000000001', INTERVAL '1 day', '{}', '2020-01-01 00:00:00+00')"});
    connection->begin({});
    run_all(*connection, {"ALTER TABLE t ADD COLUMN n BIGINT DEFAULT 5"});
    connection->commit();
    connection->execute("CREATE TABLE only_in_the_log(a INTEGER)");
  }
  run_child({"crash", file, "CREATE TABLE in_the_log AS SELECT 42 AS a"});
  EXPECT_EQ(run_child({"run", file, "SELECT version()", "SELECT a, b, s, m, l, d, e, u, i, j, n FROM t",
                       "SELECT a FROM in_the_log",
                       "SELECT comment FROM duckdb_columns() WHERE column_name = 'a' AND table_name = 't'"},
                      {{"METAXY_MIGRATE_DUCKDB_LIBRARY", MM_DUCKDB_OLDEST_LIBRARY}}),
            "v1.4.1\n"
            "1|k|{'x': v, 'y': NULL}|{q=w}|[1, 2]|1.500|a|00000000-0000-0000-0000-000000000001|1 day|{}|5\n"
            "42\n"
            "comment\n");
}

TEST(DuckdbLibrary, IsTakenFromThePlaceThatTheEnvironmentNames) {
  EXPECT_THAT(run_child({"run", ":memory:", "SELECT version()"},
                        {{"METAXY_MIGRATE_DUCKDB_LIBRARY", "/nowhere/libduckdb.so"}}),
              HasSubstr("error: libduckdb.so cannot be loaded"));
}

}  // namespace
}  // namespace metaxy::migrate
