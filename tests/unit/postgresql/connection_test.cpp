// The connection: how it is reached, what it promises to a run, how it behaves when others are in the way.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/postgresql/concurrent.hpp"
#include "support/postgres_server.hpp"

namespace metaxy::migrate::test {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

/// All that a person would read of the error that `act` ends in.
template <class Act>
std::string words_of(Act act) {
  try {
    act();
  } catch (const Error& error) {
    return describe(error);
  }
  return "no error";
}

template <class Act>
ErrorKind kind_of_error(Act act) {
  try {
    act();
  } catch (const Error& error) {
    return error.kind();
  }
  throw std::runtime_error("no error");
}

Target with_url(const std::string& url) {
  Target target;
  target.location = Secret(url);
  return target;
}

std::string url_with_password(const std::string& password) {
  return replace_all(server_url(), server_password(), password);
}

TEST(PostgresqlConnection, ReadsOnlyWhatMayBeRead) {
  const TestSchema place;
  const auto reader = place.connected(reading());
  EXPECT_EQ(value(*reader, "SHOW default_transaction_read_only"), "on");
  EXPECT_THAT(words_of([&] { reader->execute("CREATE TABLE t (a integer)"); }),
              HasSubstr("cannot execute CREATE TABLE in a read-only transaction"));
}

TEST(PostgresqlConnection, TheSessionIsTheSameWhateverTheServersSettings) {
  const TestSchema place;
  const auto connection = place.connected();
  EXPECT_EQ(value(*connection, "SELECT current_schema()"), place.name());
  for (const auto& [name, wanted] :
       std::vector<std::pair<std::string, std::string>>{{"TimeZone", "UTC"},
                                                        {"DateStyle", "ISO, YMD"},
                                                        {"IntervalStyle", "postgres"},
                                                        {"standard_conforming_strings", "on"},
                                                        {"application_name", "metaxy-migrate"},
                                                        {"lock_timeout", "10s"}}) {
    EXPECT_EQ(value(*connection, "SHOW " + name), wanted);
  }
}

TEST(PostgresqlConnection, ParametersAreNumberedOutsideOfQuotes) {
  const TestSchema place;
  const auto connection = place.connected();
  const std::vector<Cell> parameters = {"x", std::nullopt};
  const std::vector<Row> rows = connection->query("SELECT '?' || ?::text, ?::text -- ?", parameters);
  EXPECT_EQ(rows.at(0), (Row{"?x", std::nullopt}));
}

TEST(PostgresqlConnection, AFailureSpeaksInTheServersWords) {
  const TestSchema place;
  const auto connection = place.connected();
  run(*connection, {"CREATE TABLE t (a integer PRIMARY KEY)", "INSERT INTO t VALUES (1)"});
  try {
    connection->execute("INSERT INTO t VALUES (1)");
    FAIL() << "accepted";
  } catch (const StatementFailed& failure) {
    EXPECT_STREQ(failure.what(), "duplicate key value violates unique constraint \"t_pkey\"");
    EXPECT_EQ(failure.sqlstate(), "23505");
    EXPECT_THAT(failure.notes(), testing::ElementsAre("Key (a)=(1) already exists."));
  }
  EXPECT_THAT(words_of([&] { connection->execute("SELECT * FROM nowhere"); }),
              testing::AllOf(HasSubstr("relation \"nowhere\" does not exist"), Not(HasSubstr("LINE 1"))));
}

TEST(PostgresqlConnection, ATransactionInWhichAStatementFailedIsNeverCommitted) {
  const TestSchema place;
  const auto connection = place.connected();
  connection->begin({});
  connection->execute("CREATE TABLE t (a integer)");
  EXPECT_THROW(connection->execute("SELECT 1/0"), StatementFailed);
  EXPECT_THAT(words_of([&] { connection->commit(); }), HasSubstr("it was rolled back"));
  EXPECT_EQ(value(*connection, "SELECT to_regclass('t')"), "NULL");
}

TEST(PostgresqlConnection, SecretsNeverReachAMessage) {
  const std::string secret = "wr0ng-" + server_password();
  for (const std::string& url :
       {url_with_password(secret), url_with_password("%20x" + secret), server_url() + "?password=" + secret,
        "postgresql://u:" + secret + "@127.0.0.1:1/d", "postgresql://u:" + secret + "@no.such.host.invalid/d",
        url_with_password(secret) + "?sslmode=nonsense"}) {
    const std::string words = words_of([&] { postgresql_dialect().connect(with_url(url), reading()); });
    EXPECT_THAT(words, Not(HasSubstr(secret)));
    EXPECT_THAT(words, HasSubstr("cannot connect to 'postgresql://"));
  }
  const TestSchema place;
  const auto connection = place.connected();
  EXPECT_THAT(words_of([&] { connection->execute("SELECT '" + server_password() + "'::integer"); }),
              testing::AllOf(HasSubstr("***"), Not(HasSubstr(server_password()))));
}

TEST(PostgresqlConnection, ARawAtInAPasswordIsRefusedBeforeLibpqPrintsHalfOfIt) {
  const std::string words =
      words_of([&] { postgresql_dialect().connect(with_url(url_with_password("p@ss@word1")), reading()); });
  EXPECT_THAT(words, testing::AllOf(HasSubstr("more than one '@'"), HasSubstr("%40"), Not(HasSubstr("ss@")),
                                    Not(HasSubstr("word1"))));
  // What stands in a parameter is no part of it.
  EXPECT_THAT(words_of([&] {
                postgresql_dialect().connect(with_url(server_url() + "?application_name=a@b@c"), reading());
              }),
              testing::StrEq("no error"));
}

TEST(PostgresqlConnection, ThePasswordMayComeFromAFile) {
  const std::string path = testing::TempDir() + "metaxy-migrate-password";
  std::ofstream(path) << server_password() << "\n";
  Target target = with_url(replace_all(server_url(), ":" + server_password() + "@", "@"));
  target.password_file = path;
  EXPECT_EQ(value(*postgresql_dialect().connect(target, reading()), "SELECT 1"), "1");
  std::remove(path.c_str());
  EXPECT_THAT(words_of([&] { postgresql_dialect().connect(target, reading()); }),
              HasSubstr("cannot be read"));
}

TEST(PostgresqlConnection, ActsAsTheRoleItIsGiven) {
  const auto admin = postgresql_dialect().connect(server_target(), writing());
  admin->execute("DROP ROLE IF EXISTS \"Owner of a test\"");
  admin->execute("CREATE ROLE \"Owner of a test\"");
  Target target = server_target();
  target.role = "Owner of a test";
  {
    const auto connection = postgresql_dialect().connect(target, writing());
    EXPECT_EQ(value(*connection, "SELECT current_user"), "Owner of a test");
  }
  admin->execute("DROP ROLE \"Owner of a test\"");
}

TEST(PostgresqlConnection, RowsThatAPolicyHidesAreNotPassedOver) {
  const TestSchema place;
  const auto admin = place.connected();
  run(*admin, {"DROP ROLE IF EXISTS seer", "CREATE ROLE seer", "CREATE TABLE t AS SELECT 1 AS a",
               "ALTER TABLE t ENABLE ROW LEVEL SECURITY", "GRANT ALL ON t TO seer",
               "GRANT USAGE ON SCHEMA " + place.name() + " TO seer"});
  Target target = place.target();
  target.role = "seer";
  for (const ConnectOptions& options : {writing(), reading()}) {
    const auto connection = postgresql_dialect().connect(target, options);
    EXPECT_THAT(words_of([&] { connection->query("SELECT * FROM t"); }),
                testing::AllOf(HasSubstr("row-level security"), HasSubstr("BYPASSRLS")));
  }
  EXPECT_EQ(value(*admin, "SELECT count(*) FROM t"), "1");
  run(*admin, {"DROP OWNED BY seer", "DROP ROLE seer"});
}

/// Settings of the session that statements change, and what they are at home.
std::string session_of(Connection& connection) {
  return rows(connection,
              "SELECT current_setting('TimeZone'), current_setting('standard_conforming_strings'), "
              "current_setting('session_replication_role'), current_setting('lock_timeout'), current_user, "
              "current_setting('search_path'), to_regclass('staging'), (SELECT count(*) FROM "
              "pg_prepared_statements), coalesce(current_setting('my.own', true), '')")
      .at(0);
}

void go_away(Connection& connection) {
  run(connection, {"SET TimeZone = 'Asia/Tokyo'", "SET standard_conforming_strings = off",
                   "SET session_replication_role = replica", "SET lock_timeout = '7s'", "SET my.own = 'x'",
                   "CREATE TEMP TABLE staging (a integer)", "PREPARE p AS SELECT 1",
                   "SET search_path = pg_catalog", "SET ROLE pg_monitor"});
}

TEST(PostgresqlConnection, NothingOfARevisionHoldsForTheNext) {
  const TestSchema place;
  const auto connection = place.connected();
  const std::string home = session_of(*connection);
  for (const bool is_alone : {true, false}) {
    if (!is_alone) connection->begin({});
    go_away(*connection);
    EXPECT_NE(session_of(*connection), home);
    connection->come_home();
    EXPECT_EQ(session_of(*connection), home);
    if (!is_alone) connection->commit();
    EXPECT_EQ(session_of(*connection), home);
  }
}

TEST(PostgresqlConnection, StateIsWrittenAtHome) {
  const TestSchema place;
  const auto connection = place.connected();
  const std::string home = value(*connection, "SELECT current_user || current_schema()");
  go_away(*connection);
  const std::string away = session_of(*connection);
  connection->begin({});
  connection->visit_home();
  EXPECT_EQ(value(*connection, "SELECT current_user || current_schema()"), home);
  EXPECT_EQ(value(*connection, "SHOW standard_conforming_strings"), "on");
  connection->commit();
  EXPECT_EQ(session_of(*connection), away) << "the revision goes on where it was";
}

TEST(PostgresqlConnection, ARollbackBringsBackWhatHeldBeforeAndHomeIsFoundAgain) {
  const TestSchema place;
  const auto connection = place.connected();
  const std::string home = session_of(*connection);
  go_away(*connection);
  connection->begin({});
  connection->come_home();
  connection->rollback();
  connection->come_home();
  EXPECT_EQ(session_of(*connection), home);
}

TEST(PostgresqlConnection, WhatATransactionPreparedGoesWithIt) {
  const TestSchema place;
  const auto connection = place.connected();
  connection->execute("PREPARE before AS SELECT 1");
  for (int i = 0; i < 2; ++i) {
    connection->begin({});
    run(*connection, {"PREPARE p(integer) AS SELECT $1", "/* x */ PREPARE \"Q \"\"q\" AS SELECT 1",
                      "EXECUTE p(1)", "PREPARE q AS SELECT 1", "DEALLOCATE q", "PREPARE r AS SELECT 1"});
    connection->rollback();
  }
  EXPECT_EQ(rows(*connection, "SELECT name FROM pg_prepared_statements"), std::vector<std::string>{"before"});
}

TEST(PostgresqlConnection, ASchemaThatIsMadeLaterDoesNotSlipIn) {
  const auto admin = postgresql_dialect().connect(server_target(), writing());
  admin->execute("DROP SCHEMA IF EXISTS later_one CASCADE");
  Target target = server_target();
  target.location = Secret(server_url() + "?options=-csearch_path%3Dlater_one,public");
  const auto connection = postgresql_dialect().connect(target, writing());
  connection->execute("CREATE SCHEMA later_one");
  EXPECT_EQ(value(*connection, "SELECT current_schema()"), "public");
  connection->execute("SET search_path = later_one");
  connection->come_home();
  EXPECT_EQ(value(*connection, "SELECT current_schema()"), "public");
  // A later revision finds there what it names without its schema.
  connection->execute("CREATE TYPE later_one.mood AS ENUM ('good')");
  EXPECT_EQ(value(*connection, "SELECT 'good'::mood"), "good");
  connection->execute("DROP SCHEMA later_one CASCADE");
}

TEST(PostgresqlConnection, AMissingSchemaIsNamed) {
  Target target = server_target();
  target.settings.emplace_back("search_path", "no_such_schema");
  EXPECT_THAT(words_of([&] { postgresql_dialect().connect(target, writing()); }),
              HasSubstr("schema 'no_such_schema' does not exist in the database"));
}

TEST(PostgresqlConnection, ALockIsHeldUntilItsConnectionCloses) {
  const TestSchema place;
  auto first = place.connected();
  first->lock("versions", milliseconds(0), {});
  const std::string pid = value(*first, "SELECT pg_backend_pid()");
  // What a run does meanwhile neither frees it nor is stopped by those who wait.
  first->begin({});
  first->rollback();

  const auto second = place.connected();
  EXPECT_THAT(second->holder("versions"), HasSubstr("pid " + pid));
  EXPECT_EQ(second->holder("other_versions"), "");
  std::vector<std::string> holders;
  const auto note = [&](const std::string& holder) { holders.push_back(holder); };
  EXPECT_THAT(
      words_of([&] { second->lock("versions", milliseconds(100), note); }),
      HasSubstr(fmt::format("another run holds the lock: pid {} (user migrator, host 127.0.0.1", pid)));
  EXPECT_EQ(kind_of_error([&] { second->lock("versions", milliseconds(0), note); }), ErrorKind::lock);
  ASSERT_FALSE(holders.empty());
  EXPECT_THAT(holders[0], HasSubstr("pid " + pid));
  // Another version table, and the same one in another schema, are other locks.
  second->lock("other_versions", milliseconds(0), note);
  const TestSchema elsewhere;
  elsewhere.connected()->lock("versions", milliseconds(0), note);
  first.reset();
  second->lock("versions", milliseconds(5000), note);
}

TEST(PostgresqlConnection, WhoIsInTheWayOfAStatementIsNamed) {
  const TestSchema place;
  const auto holder = place.connected();
  run(*holder, {"CREATE TABLE t (a integer)"});
  holder->begin({});
  holder->execute("LOCK TABLE t IN ACCESS SHARE MODE");
  const std::string pid = value(*holder, "SELECT pg_backend_pid()");

  ConnectOptions options = writing();
  options.lock_timeout = milliseconds(1500);
  std::vector<std::string> seen;
  options.waiting = [&](const std::string& who) { seen.push_back(who); };
  const auto connection = place.connected(options);
  connection->begin({});
  std::string words;
  try {
    connection->execute("ALTER TABLE t ADD COLUMN b integer");
  } catch (const Error& error) {
    words = describe(error);
    EXPECT_EQ(error.kind(), ErrorKind::lock);
  }
  EXPECT_TRUE(connection->may_retry());
  connection->rollback();
  EXPECT_THAT(words, HasSubstr("canceling statement due to lock timeout"));
  EXPECT_THAT(words, HasSubstr("in the way: pid " + pid));
  EXPECT_THAT(words, HasSubstr("idle in transaction"));
  ASSERT_FALSE(seen.empty());
  EXPECT_THAT(seen[0], HasSubstr("pid " + pid));
  holder->rollback();
}

TEST(PostgresqlConnection, ADeadlockMayBeTriedAgainAndAMissingRightMayNot) {
  const TestSchema place;
  const auto first = place.connected();
  run(*first, {"CREATE TABLE a (i integer)", "CREATE TABLE b (i integer)", "SET deadlock_timeout = '100ms'"});
  const auto second = place.connected();
  run(*second, {"SET deadlock_timeout = '60s'"});
  first->begin({});
  second->begin({});
  first->execute("LOCK TABLE a");
  second->execute("LOCK TABLE b");
  std::thread other([&] { second->execute("LOCK TABLE a"); });
  EXPECT_THAT(words_of([&] { first->execute("LOCK TABLE b"); }), HasSubstr("deadlock detected"));
  EXPECT_TRUE(first->may_retry());
  first->rollback();
  other.join();
  second->rollback();

  first->execute("CREATE ROLE \"Nobody " + place.name() + "\"");
  first->execute("SET ROLE \"Nobody " + place.name() + "\"");
  EXPECT_THAT(words_of([&] { first->execute("SELECT * FROM pg_authid"); }),
              testing::AllOf(HasSubstr("permission denied"), HasSubstr("`url` and `role`")));
  EXPECT_FALSE(first->may_retry());
  run(*first, {"RESET ROLE", "DROP ROLE \"Nobody " + place.name() + "\""});
}

TEST(PostgresqlConnection, AnIndexThatFailedIsBuiltAgain) {
  const TestSchema place;
  const auto connection = place.connected();
  const std::string sql = "CREATE UNIQUE INDEX CONCURRENTLY \"Unique a\" ON t (a)";
  run(*connection, {"CREATE TABLE t (a integer)", "INSERT INTO t VALUES (1), (1)"});
  EXPECT_THROW(connection->execute(sql), StatementFailed);
  EXPECT_EQ(value(*connection, "SELECT indisvalid FROM pg_index WHERE indrelid = 't'::regclass"), "f");
  EXPECT_EQ(postgresql_dialect().has_taken_effect(*connection, sql), false);
  run(*connection, {"DELETE FROM t", sql});
  EXPECT_EQ(value(*connection, "SELECT indisvalid FROM pg_index WHERE indrelid = 't'::regclass"), "t");
  EXPECT_EQ(postgresql_dialect().has_taken_effect(*connection, sql), true);
  EXPECT_EQ(postgresql_dialect().has_taken_effect(*connection, "DROP INDEX CONCURRENTLY \"Unique a\""),
            false);
  EXPECT_EQ(postgresql_dialect().has_taken_effect(*connection, "DROP INDEX CONCURRENTLY other"), true);
  EXPECT_EQ(postgresql_dialect().has_taken_effect(*connection, "INSERT INTO t VALUES (1)"), std::nullopt);
  // The limits of the session are what they were.
  EXPECT_EQ(value(*connection, "SHOW lock_timeout"), "10s");
}

TEST(PostgresqlConnection, AnIndexOfAnotherTableStaysWhateverBecameOfIt) {
  const TestSchema place;
  const auto connection = place.connected();
  run(*connection, {"CREATE TABLE ours (a integer)", "CREATE TABLE theirs (a integer)",
                    "INSERT INTO theirs VALUES (1), (1)"});
  EXPECT_THROW(connection->execute("CREATE UNIQUE INDEX CONCURRENTLY i ON theirs (a)"), StatementFailed);
  const std::string sql = "CREATE INDEX CONCURRENTLY i ON ours (a)";
  EXPECT_THAT(words_of([&] { connection->execute(sql); }), HasSubstr("already exists"));
  EXPECT_EQ(value(*connection, "SELECT indrelid::regclass FROM pg_index WHERE indexrelid = 'i'::regclass"),
            "theirs");
  EXPECT_EQ(postgresql_dialect().has_taken_effect(*connection, sql), false);
}

/// One that waited for the lock inside a transaction would be waited for, and both would be stuck.
TEST(PostgresqlConnection, WaitingForTheLockIsNotInTheWayOfAConcurrentIndex) {
  const TestSchema place;
  const auto first = place.connected();
  first->lock("versions", milliseconds(0), {});
  run(*first, {"CREATE TABLE t (a integer)"});
  std::thread waiter([&] {
    const auto second = place.connected();
    EXPECT_THROW(second->lock("versions", milliseconds(1500), {}), Error);
  });
  first->execute("CREATE INDEX CONCURRENTLY i ON t (a)");
  waiter.join();
  EXPECT_EQ(value(*first, "SELECT indisvalid FROM pg_index WHERE indrelid = 't'::regclass"), "t");
}

TEST(PostgresqlConnection, AStatementCanBeInterrupted) {
  const TestSchema place;
  const auto connection = place.connected();
  std::thread stopper([&] {
    const auto other = place.connected(reading());
    while (value(*other, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%'") ==
           "0") {
    }
    connection->interrupt();
  });
  EXPECT_THAT(words_of([&] { connection->query("SELECT pg_sleep(60)"); }), HasSubstr("canceling statement"));
  stopper.join();
}

TEST(PostgresqlConnection, ALostConnectionIsSaid) {
  const TestSchema place;
  const auto connection = place.connected();
  const std::string pid = value(*connection, "SELECT pg_backend_pid()");
  connection->begin({});
  place.connected()->query("SELECT pg_terminate_backend(" + pid + ")");
  const std::string words = words_of([&] { connection->execute("CREATE TABLE t (a integer)"); });
  EXPECT_THAT(words, HasSubstr("the connection to the server was lost"));
  EXPECT_FALSE(connection->may_retry());
  connection->rollback();
  EXPECT_THAT(words_of([&] { connection->query("SELECT 1"); }), HasSubstr("lost"));
}

TEST(PostgresqlConnection, AServerThatIsNotThereIsWaitedFor) {
  ConnectOptions options = reading();
  options.connect_wait = milliseconds(400);
  const auto begin = std::chrono::steady_clock::now();
  const std::string words =
      words_of([&] { postgresql_dialect().connect(with_url("postgresql://u@127.0.0.1:1/d"), options); });
  EXPECT_THAT(words, testing::AllOf(HasSubstr("cannot connect"), HasSubstr("--wait 30s")));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(300));
}

}  // namespace
}  // namespace metaxy::migrate::test
