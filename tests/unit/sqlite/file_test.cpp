#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/error.hpp"
#include "unit/sqlite/database.hpp"

namespace metaxy::migrate::test {
namespace {

using testing::HasSubstr;

const FileDatabase& files() { return *sqlite_dialect().files(); }

class SqliteFile : public testing::TestWithParam<std::string> {
 protected:
  SqliteFile() {
    const std::unique_ptr<Connection> connection = connected(path_);
    run(*connection, {"CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (1)"});
  }
  TemporaryDirectory directory_;
  std::string path_ = directory_.path("store.db");
};

TEST_F(SqliteFile, IsKnownByItsFirstBytes) {
  EXPECT_TRUE(files().owns(path_));
  std::ofstream(directory_.path("junk.db")) << "SQLite format 2 and so on";
  EXPECT_FALSE(files().owns(directory_.path("junk.db")));
  EXPECT_FALSE(files().owns(directory_.path("missing.db")));
}

TEST_F(SqliteFile, SideFilesAreThoseThatSqliteMakes) {
  EXPECT_EQ(files().side_files("a.db"), (std::vector<std::string>{"a.db-journal", "a.db-wal", "a.db-shm"}));
}

TEST_P(SqliteFile, BackupHasWhatIsCommittedWhileWeHoldTheLock) {
  const std::string backup = directory_.path("store.db.backup");
  const std::unique_ptr<Connection> connection = connected(path_);
  connection->query("PRAGMA journal_mode = " + GetParam());
  ASSERT_EQ(chmod(path_.c_str(), 0640), 0);
  connection->begin({});
  connection->execute("INSERT INTO t VALUES (2)");
  files().back_up(*connection, path_, backup);
  EXPECT_TRUE(connection->is_in_transaction());
  EXPECT_THROW(connected(path_)->begin({}), Error);
  connection->commit();
  EXPECT_EQ(value(*connected(backup, reading()), "SELECT group_concat(a) FROM t"), "1");
  EXPECT_EQ(value(*connected(path_), "SELECT group_concat(a) FROM t"), "1,2");
  struct stat info {};
  ASSERT_EQ(stat(backup.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0640U);
  EXPECT_FALSE(std::filesystem::exists(backup + ".partial"));
}

/// A copy that SQLite could not make yet is no copy, though it throws nothing.
TEST_F(SqliteFile, ABackupThatSomebodyLocksIsNotPutBack) {
  const std::string backup = directory_.path("backup.db");
  const std::string kept = directory_.path("kept.db");
  const std::unique_ptr<Connection> other = connected(backup);
  run(*other, {"CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (7)"});
  other->execute("BEGIN EXCLUSIVE");
  {
    const std::unique_ptr<Connection> connection = connected(path_);
    EXPECT_THROW(files().put_back(*connection, backup, kept), Error);
  }
  EXPECT_EQ(value(*connected(path_), "SELECT a FROM t"), "1");
  EXPECT_FALSE(std::filesystem::exists(kept));
  other->rollback();
  EXPECT_TRUE(files().put_back(*connected(path_), backup, kept));
  EXPECT_EQ(value(*connected(path_), "SELECT a FROM t"), "7");
  EXPECT_EQ(value(*connected(kept), "SELECT a FROM t"), "1");
}

INSTANTIATE_TEST_SUITE_P(JournalModes, SqliteFile, testing::Values("delete", "wal"));

TEST_F(SqliteFile, BackupOutsideATransactionTakesTheLockForItself) {
  const std::unique_ptr<Connection> connection = connected(path_);
  files().back_up(*connection, path_, directory_.path("backup"));
  EXPECT_FALSE(connection->is_in_transaction());
  EXPECT_EQ(value(*connected(directory_.path("backup")), "SELECT a FROM t"), "1");
}

TEST_F(SqliteFile, BackupIntoNowhereLeavesNothingBehind) {
  const std::unique_ptr<Connection> connection = connected(path_);
  EXPECT_THROW(files().back_up(*connection, path_, directory_.path("no/backup")), Error);
  EXPECT_FALSE(connection->is_in_transaction());
}

TEST_F(SqliteFile, NothingToRecoverIsAnError) {
  try {
    files().recover(path_);
    FAIL() << "it recovered something";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("opens and is whole: there is nothing to recover"));
  }
}

TEST_F(SqliteFile, DamageIsFoundAndNotHidden) {
  {
    const std::unique_ptr<Connection> connection = connected(path_);
    run(*connection, {"CREATE TABLE big (a TEXT)", "CREATE INDEX i ON big (a)",
                      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
                      " INSERT INTO big SELECT hex(randomblob(50)) FROM n"});
  }
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(std::streamoff{4096} * 20);
  file << std::string(4096, '\x5A');
  file.close();
  try {
    files().recover(path_);
    FAIL() << "the damage was not seen";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("is damaged"));
    EXPECT_FALSE(error.notes().empty());
  }
}

TEST_F(SqliteFile, RecoverTakesAWalOver) {
  // A copy of the files while the connection is open is what a killed process leaves.
  const std::string left = directory_.path("left.db");
  const std::unique_ptr<Connection> connection = connected(path_);
  run(*connection, {"PRAGMA journal_mode = WAL", "INSERT INTO t VALUES (2)"});
  std::filesystem::copy_file(path_, left);
  std::filesystem::copy_file(path_ + "-wal", left + "-wal");
  EXPECT_THAT(files().recover(left), HasSubstr("took over what a killed process left"));
  EXPECT_EQ(value(*connected(left, reading()), "SELECT count(*) FROM t"), "2");
}

}  // namespace
}  // namespace metaxy::migrate::test
