#include "dialect/sqlite/types.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "dialect/sqlite/sqlite.hpp"

namespace metaxy::migrate {
namespace {

using Verdict = Acceptance::Verdict;

Verdict verdict(std::string_view wanted, std::string_view live) {
  return sqlite_dialect().acceptance(ColumnRole::ordinary, parse_type(wanted), parse_type(live)).verdict;
}

TEST(SqliteTypes, AffinityFollowsSqlitesOrderOfRules) {
  using sqlite::Affinity;
  EXPECT_EQ(sqlite::affinity_of("varchar(20)"), Affinity::text);
  EXPECT_EQ(sqlite::affinity_of("BIGINT"), Affinity::integer);
  EXPECT_EQ(sqlite::affinity_of("FLOATING POINT"), Affinity::integer);
  EXPECT_EQ(sqlite::affinity_of("CHARINT"), Affinity::integer);
  EXPECT_EQ(sqlite::affinity_of("DOUBLE PRECISION"), Affinity::real);
  EXPECT_EQ(sqlite::affinity_of(""), Affinity::blob);
  EXPECT_EQ(sqlite::affinity_of("BOOLEAN"), Affinity::numeric);
  EXPECT_EQ(sqlite::affinity_of("STRING"), Affinity::numeric);
}

TEST(SqliteTypes, CaseAndBlanksOfATypeDoNotMatter) {
  Type written;
  written.name = "double \t  precision";
  EXPECT_EQ(sqlite::canonical_type(written), plain_type("DOUBLE PRECISION"));
  EXPECT_EQ(to_text(sqlite::canonical_type(parse_type("numeric ( 10 , 2 )"))), "NUMERIC(10,2)");
}

TEST(SqliteTypes, NestedTypesAreRefused) {
  try {
    sqlite::canonical_type(parse_type("VARCHAR[]"));
    FAIL() << "a list was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::configuration);
    EXPECT_STREQ(error.what(), "SQLite has no type 'VARCHAR[]'");
  }
}

TEST(SqliteTypes, WhatSqlModelCreatesIsAccepted) {
  EXPECT_EQ(verdict("TEXT", "VARCHAR"), Verdict::accepted);
  EXPECT_EQ(verdict("TEXT", "VARCHAR(12)"), Verdict::accepted);
  EXPECT_EQ(verdict("TEXT", "CHAR(32)"), Verdict::accepted);
  EXPECT_EQ(verdict("TEXT", "DATETIME"), Verdict::accepted);
  EXPECT_EQ(verdict("JSON", "TEXT"), Verdict::accepted);
  EXPECT_EQ(verdict("REAL", "FLOAT"), Verdict::accepted);
  EXPECT_EQ(verdict("BOOLEAN", "INTEGER"), Verdict::accepted);
  EXPECT_EQ(verdict("NUMERIC", "NUMERIC(10,2)"), Verdict::accepted);
  EXPECT_EQ(verdict("INTEGER", "INTEGER"), Verdict::same);
}

TEST(SqliteTypes, JsonMakesNumbersOfTextsAndIsNoText) {
  EXPECT_EQ(verdict("TEXT", "JSON"), Verdict::different);
  EXPECT_EQ(sqlite_dialect().acceptance(ColumnRole::by_field, plain_type("TEXT"), plain_type("JSON")).verdict,
            Verdict::accepted);
}

TEST(SqliteTypes, AnotherAffinityIsADifferenceThatSaysWhy) {
  const Acceptance acceptance =
      sqlite_dialect().acceptance(ColumnRole::ordinary, plain_type("TEXT"), plain_type("INTEGER"));
  EXPECT_EQ(acceptance.verdict, Verdict::different);
  EXPECT_EQ(acceptance.note, "SQLite keeps values of TEXT as TEXT, of INTEGER as INTEGER");
  EXPECT_EQ(verdict("INTEGER", "TEXT"), Verdict::different);
  EXPECT_EQ(verdict("INTEGER", "JSON"), Verdict::different);
  EXPECT_EQ(verdict("BLOB", "TEXT"), Verdict::different);
  EXPECT_EQ(verdict("TEXT", ""), Verdict::accepted_with_warning);
}

TEST(SqliteTypes, ModelsTypesAreThoseOfTheContract) {
  const auto created = [](LogicalKind kind) {
    LogicalType type;
    type.kind = kind;
    return to_text(sqlite_dialect().column_type(type));
  };
  EXPECT_EQ(created(LogicalKind::text), "TEXT");
  EXPECT_EQ(created(LogicalKind::integer), "INTEGER");
  EXPECT_EQ(created(LogicalKind::real), "REAL");
  EXPECT_EQ(created(LogicalKind::boolean), "BOOLEAN");
  EXPECT_EQ(created(LogicalKind::timestamp_with_zone), "TEXT");
  EXPECT_EQ(created(LogicalKind::decimal), "NUMERIC");
  EXPECT_EQ(created(LogicalKind::binary), "BLOB");
  EXPECT_EQ(created(LogicalKind::structure), "JSON");
  EXPECT_EQ(to_text(sqlite_dialect().by_field_type({"a"}, true)), "TEXT");
}

}  // namespace
}  // namespace metaxy::migrate
