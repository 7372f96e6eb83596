#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "base/error.hpp"
#include "unit/sqlite/database.hpp"

namespace metaxy::migrate::test {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// What the act throws, described; empty when it throws nothing.
template <class Act>
std::string failure(Act act) {
  try {
    act();
  } catch (const Error& error) {
    return describe(error);
  }
  return "";
}

/// Another process with a transaction of its own, until it is killed.
class OtherProcess {
 public:
  OtherProcess(const std::string& path, const std::vector<std::string>& statements) {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    pid_ = fork();
    if (pid_ == 0) {
      const std::unique_ptr<Connection> connection = connected(path);
      run(*connection, statements);
      const bool is_told = write(ready[1], "x", 1) == 1;
      while (is_told) {
        pause();
      }
      _exit(1);
    }
    char told = 0;
    EXPECT_EQ(read(ready[0], &told, 1), 1);
    close(ready[0]);
    close(ready[1]);
  }
  ~OtherProcess() { stop(); }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  void stop() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      pid_ = 0;
    }
  }
  std::string pid_text() const { return "pid " + std::to_string(pid_); }

 private:
  pid_t pid_ = 0;
};

class SqliteConnection : public testing::Test {
 protected:
  SqliteConnection() {
    run(*connected(path_), {"CREATE TABLE t (a INTEGER, b TEXT)", "INSERT INTO t VALUES (1, 'x')"});
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.path("store.db");
};

TEST_F(SqliteConnection, ValuesGoInAndOutAsText) {
  const std::unique_ptr<Connection> connection = connected(path_);
  const std::vector<Cell> parameters = {"2", std::nullopt};
  EXPECT_EQ(connection->execute("INSERT INTO t VALUES (?, ?)", parameters), 1);
  EXPECT_THAT(rows(*connection, "SELECT a, b, typeof(a) FROM t ORDER BY a"),
              ElementsAre("1|x|integer", "2|NULL|integer"));
}

TEST_F(SqliteConnection, ChangedRowsAreCounted) {
  const std::unique_ptr<Connection> connection = connected(path_);
  EXPECT_EQ(connection->execute("INSERT INTO t VALUES (2, 'y'), (3, 'z')"), 2);
  EXPECT_EQ(connection->execute("CREATE INDEX i ON t (a)"), 0);
  EXPECT_EQ(connection->execute("ALTER TABLE t ADD COLUMN c INTEGER"), 0);
  EXPECT_EQ(connection->execute("UPDATE t SET b = '' WHERE a > 1"), 2);
  EXPECT_EQ(connection->execute("DELETE FROM t WHERE a > 99"), 0);
}

TEST_F(SqliteConnection, ASecondStatementIsNotIgnored) {
  const std::unique_ptr<Connection> connection = connected(path_);
  EXPECT_THAT(failure([&] { connection->execute("SELECT 1; DELETE FROM t"); }),
              HasSubstr("a second statement follows the first one"));
  EXPECT_EQ(connection->execute("DELETE FROM t WHERE a = 7; -- done"), 0);
  EXPECT_EQ(connection->execute("-- nothing"), 0);
  EXPECT_EQ(value(*connection, "SELECT count(*) FROM t"), "1");
}

TEST_F(SqliteConnection, AMissingParameterIsNoNull) {
  const std::unique_ptr<Connection> connection = connected(path_);
  EXPECT_THAT(failure([&] { connection->execute("INSERT INTO t VALUES (?, 'y')"); }),
              HasSubstr("the statement has 1 parameter, and 0 given"));
}

TEST_F(SqliteConnection, AFailedStatementKeepsSqlitesWords) {
  const std::unique_ptr<Connection> connection = connected(path_);
  try {
    connection->execute("INSERT INTO nowhere VALUES (1)");
    FAIL() << "the table was found";
  } catch (const StatementFailed& failed) {
    EXPECT_STREQ(failed.what(), "no such table: nowhere");
    EXPECT_EQ(failed.sql(), "INSERT INTO nowhere VALUES (1)");
  }
}

TEST_F(SqliteConnection, MissingFilesAreMadeOnlyWhenAllowed) {
  const std::string missing = directory_.path("missing.db");
  EXPECT_THAT(failure([&] { connected(missing, reading()); }), HasSubstr("the file does not exist"));
  ConnectOptions options = writing();
  options.may_create = false;
  EXPECT_THAT(failure([&] { connected(missing, options); }),
              HasSubstr("upgrade, stamp and ensure-version create it"));
  EXPECT_FALSE(std::filesystem::exists(missing));
  connected(missing)->execute("CREATE TABLE t (a)");
  EXPECT_TRUE(std::filesystem::exists(missing));
  EXPECT_THAT(failure([&] { connected(directory_.path("no/such/store.db")); }), HasSubstr("does not exist"));
}

TEST_F(SqliteConnection, WhatIsNoSqliteDatabaseIsSaidToBeNone) {
  const std::string junk = directory_.path("junk.db");
  std::ofstream(junk) << std::string(4096, 'j');
  EXPECT_THAT(failure([&] { connected(junk, reading()); }), HasSubstr("it is not a SQLite database"));
  const std::string duck = directory_.path("duck.db");
  std::ofstream(duck) << std::string(8, 'x') << "DUCK" << std::string(4096, 'x');
  EXPECT_THAT(failure([&] { connected(duck); }), HasSubstr("it is a DuckDB database"));
  EXPECT_THAT(failure([&] { connected(directory_.path("")); }), HasSubstr("it is a directory"));
}

TEST_F(SqliteConnection, AReadOnlyConnectionWritesNothing) {
  const std::unique_ptr<Connection> connection = connected(path_, reading());
  EXPECT_EQ(value(*connection, "SELECT b FROM t"), "x");
  EXPECT_THAT(failure([&] { connection->execute("DELETE FROM t"); }),
              HasSubstr("attempt to write a readonly database"));
}

TEST_F(SqliteConnection, ReadsADatabaseInWalMode) {
  run(*connected(path_), {"PRAGMA journal_mode = WAL", "INSERT INTO t VALUES (2, 'y')"});
  EXPECT_EQ(value(*connected(path_, reading()), "SELECT count(*) FROM t"), "2");
}

TEST_F(SqliteConnection, SettingsAreApplied) {
  Target target;
  target.location = Secret(path_);
  target.settings = {{"cache_size", "-4321"}, {"synchronous", "OFF"}};
  const std::unique_ptr<Connection> connection = sqlite_dialect().connect(target, writing());
  EXPECT_EQ(value(*connection, "PRAGMA cache_size"), "-4321");
  EXPECT_EQ(value(*connection, "PRAGMA synchronous"), "0");
  target.settings = {{"memory_limit", "1GB"}};
  EXPECT_THAT(failure([&] { sqlite_dialect().connect(target, writing()); }),
              HasSubstr("SQLite knows no setting 'memory_limit'"));
}

TEST_F(SqliteConnection, TheHolderOfTheLockIsNamed) {
  const OtherProcess other(path_, {"BEGIN IMMEDIATE"});
  std::vector<std::string> holders;
  ConnectOptions options = writing(milliseconds{400});
  options.waiting = [&holders](const std::string& holder) { holders.push_back(holder); };
  const std::unique_ptr<Connection> connection = connected(path_, options);
  const auto begin = std::chrono::steady_clock::now();
  const std::string error = failure([&] { connection->begin({}); });
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds{400});
  EXPECT_THAT(error, HasSubstr("is locked by " + other.pid_text()));
  EXPECT_THAT(holders, ElementsAre(HasSubstr(other.pid_text())));
  EXPECT_FALSE(connection->is_in_transaction());
}

TEST_F(SqliteConnection, TheHolderIsNamedInWalModeToo) {
  connected(path_)->execute("PRAGMA journal_mode = WAL");
  const OtherProcess other(path_, {"BEGIN IMMEDIATE"});
  const std::unique_ptr<Connection> connection = connected(path_);
  EXPECT_THAT(failure([&] { connection->begin({}); }), HasSubstr("is locked by " + other.pid_text()));
}

TEST_F(SqliteConnection, AKilledHolderIsWaitedOutAndItsJournalRolledBack) {
  auto other = std::make_unique<OtherProcess>(
      path_, std::vector<std::string>{
                 "PRAGMA cache_size = 1", "BEGIN IMMEDIATE",
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
                 " INSERT INTO t SELECT i, hex(randomblob(100)) FROM n"});
  ConnectOptions options = writing(milliseconds{10000});
  options.waiting = [&other](const std::string&) { other->stop(); };
  const std::unique_ptr<Connection> connection = connected(path_, options);
  connection->begin({});
  EXPECT_EQ(value(*connection, "SELECT count(*) FROM t"), "1");
  connection->rollback();
}

TEST_F(SqliteConnection, AReaderSeesThroughTheJournalOfAKilledProcess) {
  {
    OtherProcess other(path_,
                       {"PRAGMA cache_size = 1", "BEGIN IMMEDIATE",
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
                        " INSERT INTO t SELECT i, hex(randomblob(100)) FROM n"});
  }
  ASSERT_TRUE(std::filesystem::exists(path_ + "-journal"));
  EXPECT_EQ(value(*connected(path_, reading()), "SELECT count(*) FROM t"), "1");
}

TEST_F(SqliteConnection, ACommitThatAReaderStopsIsRolledBackAndSaysSo) {
  const OtherProcess reader(path_, {"BEGIN", "SELECT * FROM t"});
  const std::unique_ptr<Connection> connection = connected(path_, writing(milliseconds{50}));
  connection->begin({});
  connection->execute("INSERT INTO t VALUES (2, 'y')");
  const std::string error = failure([&] { connection->commit(); });
  EXPECT_THAT(error, HasSubstr("the database did not commit"));
  EXPECT_THAT(error, HasSubstr(reader.pid_text()));
  EXPECT_THAT(error, HasSubstr("nothing of it is in the database"));
  EXPECT_FALSE(connection->is_in_transaction());
  EXPECT_EQ(value(*connection, "SELECT count(*) FROM t"), "1");
}

TEST_F(SqliteConnection, ACommitWaitsUntilTheReaderIsDone) {
  auto reader = std::make_unique<OtherProcess>(path_, std::vector<std::string>{"BEGIN", "SELECT * FROM t"});
  ConnectOptions options = writing(milliseconds{10000});
  options.waiting = [&reader](const std::string&) { reader->stop(); };
  const std::unique_ptr<Connection> connection = connected(path_, options);
  connection->begin({});
  connection->execute("INSERT INTO t VALUES (2, 'y')");
  connection->commit();
  EXPECT_EQ(value(*connection, "SELECT count(*) FROM t"), "2");
}

/// Interrupts again and again while something runs: nobody knows when it has begun.
class Interrupting {
 public:
  explicit Interrupting(Connection& connection)
      : thread_([this, &connection] {
          while (!is_done_) {
            connection.interrupt();
            std::this_thread::yield();
          }
        }) {}
  ~Interrupting() {
    is_done_ = true;
    thread_.join();
  }
  Interrupting(const Interrupting&) = delete;
  Interrupting& operator=(const Interrupting&) = delete;

 private:
  std::atomic<bool> is_done_{false};
  std::thread thread_;
};

TEST_F(SqliteConnection, InterruptStopsAStatement) {
  const std::unique_ptr<Connection> connection = connected(path_);
  {
    const Interrupting interrupting(*connection);
    EXPECT_THAT(
        failure([&] {
          connection->query(
              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
        }),
        HasSubstr("interrupted"));
  }
  EXPECT_EQ(value(*connection, "SELECT count(*) FROM t"), "1");
}

TEST_F(SqliteConnection, InterruptStopsAWait) {
  const OtherProcess other(path_, {"BEGIN IMMEDIATE"});
  const std::unique_ptr<Connection> connection = connected(path_, writing(std::chrono::hours{1}));
  const Interrupting interrupting(*connection);
  EXPECT_NE(failure([&] { connection->begin({}); }), "");
  EXPECT_FALSE(connection->is_in_transaction());
}

TEST_F(SqliteConnection, ASnapshotDoesNotSeeWhatComesLater) {
  connected(path_)->execute("PRAGMA journal_mode = WAL");
  const std::unique_ptr<Connection> reader = connected(path_, reading());
  reader->begin_read();
  connected(path_)->execute("INSERT INTO t VALUES (2, 'y')");
  EXPECT_EQ(value(*reader, "SELECT count(*) FROM t"), "1");
  reader->rollback();
  EXPECT_EQ(value(*reader, "SELECT count(*) FROM t"), "2");
}

TEST_F(SqliteConnection, ForeignKeysAreOffUnlessASectionAsksForThem) {
  Target target;
  target.location = Secret(path_);
  target.settings = {{"foreign_keys", "ON"}};
  const std::unique_ptr<Connection> connection = sqlite_dialect().connect(target, writing());
  connection->begin({});
  EXPECT_EQ(value(*connection, "PRAGMA foreign_keys"), "0");
  connection->rollback();
  TransactionHints hints;
  hints.has_foreign_keys_on = true;
  connection->begin(hints);
  EXPECT_EQ(value(*connection, "PRAGMA foreign_keys"), "1");
  connection->rollback();
}

TEST_F(SqliteConnection, ANameInDoubleQuotesThatIsNoColumnIsNoText) {
  const std::unique_ptr<Connection> connection = connected(path_);
  const auto attempt = [&](const std::string& sql) { return failure([&] { connection->execute(sql); }); };
  EXPECT_THAT(attempt("INSERT INTO t (b) SELECT \"gone\" FROM t"),
              AllOf(HasSubstr("no such column: gone"),
                    HasSubstr("if \"gone\" is meant as a text, it must stand in single quotes")));
  EXPECT_THAT(attempt("CREATE INDEX i ON t (\"gone\")"), HasSubstr("no such column: gone"));
  EXPECT_THAT(attempt("CREATE TABLE u (a CHECK (a <> \"gone\"))"), HasSubstr("no such column: gone"));
  EXPECT_THAT(attempt("SELECT t.gone FROM t"), Not(HasSubstr("single quotes")));
  EXPECT_THAT(rows(*connection, "SELECT * FROM t"), ElementsAre("1|x"));
}

TEST_F(SqliteConnection, WhatIsThereWithTextsInDoubleQuotesIsOpenedAndAltered) {
  EXPECT_EQ(by_shell(path_, R"(CREATE TABLE u (a CHECK (a <> "no"), b DEFAULT "def", c);
                               CREATE INDEX i ON u (a) WHERE a = "done";
                               CREATE VIEW v AS SELECT a, "text" AS h FROM u;
                               CREATE TRIGGER tr AFTER UPDATE ON t BEGIN UPDATE u SET b = 'bye'; END;)"),
            "");
  const std::unique_ptr<Connection> connection = connected(path_);
  run(*connection, {"INSERT INTO u (a, c) VALUES ('done', 1)", "ALTER TABLE u ADD COLUMN d TEXT",
                    "ALTER TABLE u RENAME COLUMN c TO e", "alter table main.u drop column e",
                    "ALTER TABLE t RENAME TO tt"});
  // SQLite wrote 'text' in single quotes before it dropped the column.
  EXPECT_THAT(rows(*connection, "SELECT * FROM v"), ElementsAre("done|text"));
  run(*connection, {"UPDATE tt SET b = 'y'"});
  EXPECT_THAT(rows(*connection, "SELECT b FROM u"), ElementsAre("bye"));
}

TEST_F(SqliteConnection, ATextInDoubleQuotesInATriggerIsNamedAsWhatItIs) {
  by_shell(path_, "CREATE TRIGGER tr AFTER UPDATE ON t BEGIN SELECT \"bye\"; END;");
  const std::unique_ptr<Connection> connection = connected(path_);
  EXPECT_THAT(failure([&] { connection->execute("UPDATE t SET a = 2"); }),
              HasSubstr("'bye' stands in a view or trigger that the statement uses"));
}

class SqliteForeignKeys : public testing::Test {
 protected:
  SqliteForeignKeys() : connection_(in_memory()) {
    run(*connection_,
        {"PRAGMA foreign_keys = OFF", "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
         "CREATE TABLE child (pid REFERENCES Parent (id))", "INSERT INTO parent VALUES (1), (2)",
         "INSERT INTO child VALUES (1), (2), (7)", "PRAGMA foreign_keys = ON"});
  }
  std::unique_ptr<Connection> connection_;
};

TEST_F(SqliteForeignKeys, AViolationThatIsNewRollsBackAndIsNamed) {
  connection_->begin({});
  connection_->execute("DELETE FROM parent WHERE id = 2");
  const std::string error = failure([&] { connection_->commit(); });
  EXPECT_THAT(error,
              HasSubstr("rows would refer to rows that do not exist; the transaction was rolled back"));
  EXPECT_THAT(error, HasSubstr("'child': 1 row without a row in 'Parent' (rowid 2)"));
  EXPECT_FALSE(connection_->is_in_transaction());
  EXPECT_EQ(value(*connection_, "SELECT count(*) FROM parent"), "2");
}

TEST_F(SqliteForeignKeys, AStatementWithoutTransactionIsRefusedBySqliteItself) {
  const auto remove = [&] { connection_->execute("DELETE FROM parent"); };
  EXPECT_THAT(failure(remove), HasSubstr("FOREIGN KEY constraint failed"));
  connection_->begin({});
  connection_->commit();
  EXPECT_THAT(failure(remove), HasSubstr("FOREIGN KEY constraint failed"));
}

TEST_F(SqliteForeignKeys, AViolationThatWasThereBeforeStays) {
  connection_->begin({});
  run(*connection_,
      {"UPDATE child SET pid = pid", "INSERT INTO parent VALUES (3)", "INSERT INTO child VALUES (3)"});
  connection_->commit();
  EXPECT_EQ(value(*connection_, "SELECT count(*) FROM child"), "4");
}

TEST_F(SqliteForeignKeys, ATableMadeInTheTransactionIsCheckedToo) {
  connection_->begin({});
  run(*connection_, {"CREATE TABLE late (pid INTEGER REFERENCES parent)", "INSERT INTO late VALUES (9)"});
  EXPECT_THAT(failure([&] { connection_->commit(); }),
              HasSubstr("'late': 1 row without a row in 'parent' (rowid 1)"));
}

TEST_F(SqliteForeignKeys, DroppingAParentDoesNotDeleteItsChildren) {
  run(*connection_, {"CREATE TABLE cascading (pid REFERENCES parent (id) ON DELETE CASCADE)",
                     "INSERT INTO cascading VALUES (1), (2)"});
  connection_->begin({});
  run(*connection_, {"CREATE TABLE kept (id INTEGER PRIMARY KEY)", "INSERT INTO kept SELECT id FROM parent",
                     "DROP TABLE parent", "ALTER TABLE kept RENAME TO parent"});
  connection_->commit();
  EXPECT_EQ(value(*connection_, "SELECT count(*) FROM cascading"), "2");
}

TEST_F(SqliteForeignKeys, ADropThatCascadesIsRefusedWhileKeysAreOn) {
  run(*connection_, {"CREATE TABLE cascading (pid REFERENCES parent (id) ON DELETE CASCADE)",
                     "CREATE TABLE empty (pid REFERENCES parent (id) ON DELETE SET NULL)", "DROP TABLE child",
                     "INSERT INTO cascading VALUES (1), (2)", "INSERT INTO empty VALUES (NULL)"});
  const auto drop = [&] { connection_->execute("DROP TABLE Parent"); };
  const std::string refusal =
      "with foreign keys on, DROP TABLE of 'parent' would delete or change the rows of 'cascading' that "
      "refer to it";
  EXPECT_THAT(failure(drop), HasSubstr(refusal)) << "outside a transaction";
  TransactionHints hints;
  hints.has_foreign_keys_on = true;
  connection_->begin(hints);
  EXPECT_THAT(failure(drop), HasSubstr(refusal));
  EXPECT_EQ(value(*connection_, "SELECT count(*) FROM cascading"), "2");
  connection_->execute("DELETE FROM cascading");
  drop();
  connection_->commit();
}

TEST_F(SqliteForeignKeys, KeysOfAnotherConnectionAreNoticed) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("store.db");
  const std::unique_ptr<Connection> connection = connected(path);
  connection->execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)");
  connection->execute("INSERT INTO parent VALUES (1)");
  connection->begin({});
  connection->commit();
  run(*connected(path), {"CREATE TABLE child (pid REFERENCES parent)", "INSERT INTO child VALUES (1)"});
  connection->begin({});
  connection->execute("DELETE FROM parent");
  EXPECT_THAT(failure([&] { connection->commit(); }), HasSubstr("'child': 1 row without a row in 'parent'"));
}

}  // namespace
}  // namespace metaxy::migrate::test
