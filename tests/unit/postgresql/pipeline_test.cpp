// Statements that are handed over without waiting for each: what fails is known exactly, and nothing is kept.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"
#include "support/postgres_server.hpp"

namespace metaxy::migrate::test {
namespace {

std::string insert(std::size_t number) { return fmt::format("INSERT INTO t VALUES ({})", number); }

/// Hands over `count` rows of which `bad` is no number, then settles; the number that failed.
std::optional<std::size_t> failure_of(Connection& connection, std::size_t count, std::size_t bad) {
  connection.begin({});
  try {
    for (std::size_t i = 0; i < count; ++i) {
      connection.execute_soon(i == bad ? "INSERT INTO t VALUES ('x')" : insert(i), i);
    }
    connection.settle();
  } catch (const StatementFailed& failure) {
    EXPECT_EQ(failure.sqlstate(), "22P02");
    EXPECT_EQ(failure.sql(), "INSERT INTO t VALUES ('x')");
    const std::optional<std::size_t> failed = connection.unsettled();
    connection.rollback();
    EXPECT_FALSE(connection.unsettled());
    return failed;
  }
  connection.commit();
  return std::nullopt;
}

TEST(PostgresqlPipeline, TheStatementThatFailedIsKnownWhereverItIs) {
  const TestSchema place;
  const auto connection = place.connected();
  run(*connection, {"CREATE TABLE t (a integer)"});
  for (const std::size_t bad : {0U, 1U, 255U, 256U, 257U, 511U, 700U, 999U}) {
    EXPECT_EQ(failure_of(*connection, 1000, bad), bad);
    EXPECT_EQ(value(*connection, "SELECT count(*) FROM t"), "0");
  }
  EXPECT_EQ(failure_of(*connection, 1000, 1000), std::nullopt);
  EXPECT_EQ(value(*connection, "SELECT count(*) FROM t"), "1000");
}

TEST(PostgresqlPipeline, StatementsRunInTheOrderInWhichTheyWereHandedOver) {
  const TestSchema place;
  const auto connection = place.connected();
  connection->begin({});
  std::size_t number = 0;
  for (const std::string& sql : {std::string("CREATE TABLE t (a integer)"), insert(1),
                                 std::string("ALTER TABLE t ADD COLUMN b integer DEFAULT 7"),
                                 std::string("UPDATE t SET a = b"), insert(2)}) {
    connection->execute_soon(sql, number++);
  }
  // Whatever else is asked comes behind them.
  EXPECT_THAT(rows(*connection, "SELECT a FROM t ORDER BY a"), testing::ElementsAre("2", "7"));
  connection->commit();
}

TEST(PostgresqlPipeline, AnEarlierFailureIsNamedWhenALaterStatementIsOfAnotherKind) {
  const TestSchema place;
  const auto connection = place.connected();
  run(*connection, {"CREATE TABLE t (a integer)"});
  connection->begin({});
  connection->execute_soon(insert(1), 10);
  connection->execute_soon("INSERT INTO t VALUES ('x')", 11);
  connection->execute_soon(insert(2), 12);
  EXPECT_THROW(connection->execute_soon("CREATE TABLE other (a integer)", 13), StatementFailed);
  EXPECT_EQ(connection->unsettled(), 11U);
  connection->rollback();
  EXPECT_EQ(value(*connection, "SELECT to_regclass('other')"), "NULL");
}

TEST(PostgresqlPipeline, ARollbackTakesBackWhatIsStillOnItsWay) {
  const TestSchema place;
  const auto connection = place.connected();
  run(*connection, {"CREATE TABLE t (a integer)"});
  connection->begin({});
  for (std::size_t i = 0; i < 300; ++i) connection->execute_soon(insert(i), i);
  connection->rollback();
  EXPECT_EQ(value(*connection, "SELECT count(*) FROM t"), "0");
}

TEST(PostgresqlPipeline, ALostConnectionIsSaid) {
  const TestSchema place;
  const auto connection = place.connected();
  const auto other = place.connected();
  run(*connection, {"CREATE TABLE t (a integer)"});
  const std::string pid = value(*connection, "SELECT pg_backend_pid()");
  connection->begin({});
  connection->execute_soon(insert(1), 0);
  value(*other, "SELECT pg_terminate_backend(" + pid + ", 5000)");
  try {
    for (std::size_t i = 1; i < 2000; ++i) connection->execute_soon(insert(i), i);
    connection->settle();
    FAIL() << "nothing was said";
  } catch (const Error& error) {
    EXPECT_THAT(std::string(error.what()),
                testing::AnyOf("the connection to the server was lost",
                               "terminating connection due to administrator command"));
  }
  connection->rollback();
  EXPECT_EQ(value(*other, "SELECT count(*) FROM t"), "0");
}

TEST(PostgresqlPipeline, WhatReturnsRowsOrIsLongGoesThroughToo) {
  const TestSchema place;
  const auto connection = place.connected();
  run(*connection, {"CREATE TABLE t (a text)"});
  connection->begin({});
  for (std::size_t i = 0; i < 20; ++i) {
    connection->execute_soon(
        fmt::format("INSERT INTO t VALUES ('{}') RETURNING repeat(a, 3)", std::string(300'000, 'x')), i);
  }
  connection->commit();
  EXPECT_EQ(value(*connection, "SELECT sum(length(a)) FROM t"), "6000000");
}

}  // namespace
}  // namespace metaxy::migrate::test
