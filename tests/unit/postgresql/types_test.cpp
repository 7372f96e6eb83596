// Spellings and alternatives of types; what the server says of the same spellings.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "dialect/postgresql/ddl.hpp"
#include "dialect/postgresql/types.hpp"
#include "support/postgres_server.hpp"

namespace metaxy::migrate::test {
namespace {

using Verdict = Acceptance::Verdict;

std::string canonical(const std::string& text) {
  return to_text(postgresql_dialect().canonical_type(parse_type(text)));
}

TEST(PostgresqlTypes, AreSpelledAsTheServerSpellsThem) {
  const std::vector<std::string> spellings = {"int",          "int4",           "int8",
                                              "INT2",         "varchar",        "varchar(20)",
                                              "char",         "char(3)",        "float",
                                              "float(24)",    "float8",         "decimal",
                                              "decimal(10)",  "numeric(10, 2)", "timestamp",
                                              "timestamptz",  "timestamp(3)",   "timestamp(6) with time zone",
                                              "time",         "bool",           "text[]",
                                              "varchar(5)[]", "int[3]",         "jsonb",
                                              "bytea",        "uuid",           "interval",
                                              "bit",          "bit varying(4)", "\"char\""};
  const auto writer = postgresql_dialect().connect(server_target(), writing());
  for (const std::string& spelling : spellings) {
    writer->begin({});
    writer->execute("CREATE TABLE types_of_a_test (c " + spelling + ")");
    const std::string theirs = value(*writer,
                                     "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
                                     "WHERE attrelid = 'types_of_a_test'::regclass AND attnum = 1");
    writer->rollback();
    EXPECT_EQ(canonical(spelling), theirs) << spelling;
  }
}

TEST(PostgresqlTypes, WhatIsNoTypeHereIsRefused) {
  EXPECT_THROW(canonical("STRUCT(a text)"), Error);
  EXPECT_THROW(canonical("MAP(text, text)[]"), Error);
}

Verdict verdict(ColumnRole role, const std::string& wanted, const std::string& live) {
  const Dialect& dialect = postgresql_dialect();
  return dialect
      .acceptance(role, dialect.canonical_type(parse_type(wanted)), dialect.canonical_type(parse_type(live)))
      .verdict;
}

TEST(PostgresqlTypes, AlternativesOfMetaxysColumnsAreAccepted) {
  for (const char* live : {"json", "text", "varchar"}) {
    EXPECT_EQ(verdict(ColumnRole::by_field, "jsonb", live), Verdict::accepted) << live;
  }
  EXPECT_EQ(verdict(ColumnRole::by_field, "jsonb", "varchar(100)"), Verdict::different);
  EXPECT_EQ(verdict(ColumnRole::system_text, "text", "varchar(64)"), Verdict::accepted);
  EXPECT_EQ(verdict(ColumnRole::system_text, "text", "varchar(63)"), Verdict::different);
  EXPECT_EQ(verdict(ColumnRole::system_text, "text", "jsonb"), Verdict::different);
  EXPECT_EQ(verdict(ColumnRole::system_timestamp, "timestamptz", "timestamptz(6)"), Verdict::accepted);
  EXPECT_EQ(verdict(ColumnRole::system_timestamp, "timestamptz", "timestamptz(3)"), Verdict::different);
  EXPECT_EQ(verdict(ColumnRole::system_timestamp, "timestamptz", "timestamp"), Verdict::different);
}

TEST(PostgresqlTypes, AlternativesOfAModelsColumnsAreAccepted) {
  const std::vector<std::pair<std::string, std::string>> accepted = {
      {"text", "varchar"},   {"varchar(20)", "text"},      {"varchar(20)", "varchar(30)"},
      {"bigint", "integer"}, {"timestamp", "timestamptz"}, {"timestamp", "timestamp(6)"},
      {"uuid", "text"},      {"text[]", "jsonb"},          {"jsonb", "text[]"},
      {"jsonb", "json"},     {"numeric(10,2)", "numeric"}, {"text[]", "varchar[]"}};
  for (const auto& [wanted, live] : accepted) {
    EXPECT_EQ(verdict(ColumnRole::ordinary, wanted, live), Verdict::accepted) << wanted << " " << live;
  }
  const std::vector<std::pair<std::string, std::string>> different = {{"text", "jsonb"},
                                                                      {"text", "varchar(20)"},
                                                                      {"varchar(20)", "varchar(10)"},
                                                                      {"integer", "bigint"},
                                                                      {"double precision", "real"},
                                                                      {"timestamptz", "timestamp"},
                                                                      {"numeric", "numeric(10,2)"},
                                                                      {"boolean", "integer"}};
  for (const auto& [wanted, live] : different) {
    EXPECT_EQ(verdict(ColumnRole::ordinary, wanted, live), Verdict::different) << wanted << " " << live;
  }
}

/// What scripts say of a type change ("all rows are written anew") is what the server does.
TEST(PostgresqlTypes, WhetherRowsAreWrittenAnewIsKnown) {
  const std::vector<std::string> types = {
      "text",         "varchar",      "varchar(10)",   "varchar(20)",    "char(5)",       "integer",
      "bigint",       "numeric",      "numeric(10,2)", "numeric(12,2)",  "numeric(12,3)", "timestamp",
      "timestamp(3)", "timestamp(6)", "timestamptz",   "timestamptz(3)", "date",          "jsonb"};
  const TestSchema place;
  const auto connection = place.connected();
  for (const std::string& from : types) {
    for (const std::string& to : types) {
      if (from == to) continue;
      const Type old_type = postgresql_dialect().canonical_type(parse_type(from));
      const Type new_type = postgresql_dialect().canonical_type(parse_type(to));
      if (old_type == new_type) continue;
      run(*connection, {"DROP TABLE IF EXISTS t", "CREATE TABLE t (c " + from + ")"});
      const std::string before =
          value(*connection, "SELECT relfilenode FROM pg_class WHERE oid = 't'::regclass");
      try {
        connection->execute("ALTER TABLE t ALTER COLUMN c TYPE " + to + " USING " +
                            postgresql::conversion("c", old_type, new_type));
      } catch (const StatementFailed&) {
        continue;  // no way from one to the other
      }
      const std::string after =
          value(*connection, "SELECT relfilenode FROM pg_class WHERE oid = 't'::regclass");
      EXPECT_EQ(postgresql::keeps_rows(old_type, new_type), before == after) << from << " to " << to;
    }
  }
}

}  // namespace
}  // namespace metaxy::migrate::test
