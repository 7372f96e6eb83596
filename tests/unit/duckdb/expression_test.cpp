#include "dialect/duckdb/expression.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/duckdb/support.hpp"

namespace metaxy::migrate::duckdb {
namespace {

using metaxy::migrate::testing::in_memory;

const std::vector<std::string> kColumns = {"a", "b", "c", "d", "j", "l", "s", "Weird col", "select"};

std::string spelled(std::string_view text) {
  return canonical_expression(text, kColumns).value_or("not understood");
}

/// Every form that DuckDB takes in a check and that a person may write.
const std::vector<std::string> kChecks = {
    "a > 1",
    "a>1 and b<>'x'",
    "a > 1 AND b = 'y' OR c",
    "a > 1 AND (b = 'y' OR c)",
    "NOT c",
    "not (a = 2)",
    "not (a <= 2)",
    "not (a > 1 and b='x')",
    "a between 1 and 5",
    "a not between 1 and 5",
    "a in (1,2,3)",
    "a not in (1,2)",
    "b in ('x')",
    "b like 'x%'",
    "b not like 'x%'",
    "b ilike 'x%'",
    "b not ilike 'x%'",
    "b like 'x!%' escape '!'",
    "b similar to 'a.*'",
    "b is null",
    "b is not null",
    "b isnull",
    "b notnull",
    "c is true",
    "c is not false",
    "c = true",
    "a is distinct from 1",
    "a is not distinct from 1",
    "a + 1 * 2 - 3 > 0",
    "(a + 1) * 2 > 0",
    "a % 2 = 0",
    "a // 2 = 1",
    "a ^ 2 > 1",
    "-a > 1",
    "- a + 1 > 0",
    "a - -1 > 0",
    "+a > 0",
    "~a > 0",
    "a & 1 | 2 > 0",
    "a << 2 > 0",
    "b || 'x' || 'y' = 'q'",
    "LENGTH(\"b\") > 3",
    "Length(trim(b)) > 0",
    "coalesce(b, 'x') = 'x'",
    "nullif(b,'x') = 'x'",
    "ifnull(a,1) = 1",
    "case when a > 1 then c when a>2 then true else false end",
    "case a when 1 then true end",
    "cast(a as varchar) = 'x'",
    "a::varchar = 'x'",
    "try_cast(b as int) = 1",
    "a::double = 1",
    "a::decimal(10,2) = 1",
    "a = 1::int",
    "d > '2020-01-01'",
    "d > date '2020-01-01'",
    "d > timestamp '2020-01-01 00:00:00'",
    "extract(year from d) = 2020",
    "year(d) > 2020",
    "d + interval '1 day' > d",
    "d + interval '1' day > d",
    "d > timestamp '2020-01-01' + INTERVAL 3650 DAY",
    "d + interval (a + 1) hours > d",
    "interval 1 second < interval 2 milliseconds",
    "interval (a) microsecond < interval '2' minutes and c",
    "interval '2' week = interval 1 month or interval 3 years = interval 1 quarter",
    "interval 1 decade < interval 1 century and interval 2 centuries < interval 3 millennia",
    "interval '1 day' < interval '2 days' and c",
    "b = E'it''s\\ta\\\\b\\nc\\'d\\x41\\101\\q'",
    "json_extract_string(j, '$.a') = 'x'",
    "j->>'$.a' = 'x'",
    "s['x'] = 1",
    "l[1] = 2",
    "len(l[1:2]) = 2",
    "list_contains(l, 1)",
    "list_contains([1,2], a)",
    "b ~ 'x'",
    "position('x' in b) > 1",
    "substring(b from 1 for 2) = 'x'",
    "substring(b,1,2) = 'x'",
    "trim(both 'x' from b) = ''",
    "trim(b, 'x') = ''",
    "now() > d",
    "\"A\" > 1",
    "a > 1.50",
    "a > .5",
    "a > 1e3",
    "a > -1",
    "((a > 1))",
    "a = 1 and b = 'x' and c",
    "(a = 1 and b = 'x') and c",
    "a=1 or b='x' and c",
    "{'k': a} = {'k': 1}",
    "(a, b) = (1, 'x')",
    "map {'k': 1} = map {'k': a}",
    "\"Weird col\" > 1",
    "\"select\" > 1",
    "a == 1",
    "b collate nocase = 'x'",
    "d at time zone 'UTC' > now()",
    "struct_pack(k := a) = {'k': 1}",
    "b glob 'x*'",
    "a is null and b is null",
    "not a is null",
    "c and true",
    "if(c, a > 1, a < 1)",
    "abs(a - 1) * 2 >= 3",
    "left(b,2)='ab'",
    "concat(a, b) = 'it''s'",
    "b = $$it's$$",
    "/* why */ a > 1 -- so",
};

TEST(DuckdbExpression, AnyWayOfWritingItIsTheOneThatTheCatalogPrints) {
  const auto connection = in_memory();
  for (const std::string& check : kChecks) {
    const std::string canonical = spelled(check);
    // Written as given, and written in our own form: the catalog then prints the same.
    for (const std::string& text : {check, canonical}) {
      connection->execute(
          "CREATE OR REPLACE TABLE t(a INT, b VARCHAR, c BOOLEAN, d TIMESTAMP, j JSON, s STRUCT(x INT), l "
          "INT[], "
          "\"Weird col\" INT, \"select\" INT, CHECK (" +
          text + "\n))");
      const std::string printed = *connection->query(
          "SELECT expression FROM duckdb_constraints() WHERE constraint_type = 'CHECK'")[0][0];
      EXPECT_EQ(spelled(printed), canonical) << check << "\nprinted as " << printed;
    }
  }
}

TEST(DuckdbExpression, DifferentExpressionsStayDifferent) {
  EXPECT_NE(spelled("a > 1 AND (b = 'y' OR c)"), spelled("a > 1 AND b = 'y' OR c"));
  EXPECT_NE(spelled("a - (b - c)"), spelled("a - b - c"));
  EXPECT_NE(spelled("b like 'x'"), spelled("b ilike 'x'"));
  EXPECT_NE(spelled("b = 'x'"), spelled("b = 'X'"));
  EXPECT_NE(spelled("a > 1.5"), spelled("a > 1.50"));
  EXPECT_NE(spelled("a in (1, 2)"), spelled("a in (2, 1)"));
}

TEST(DuckdbExpression, ReadsLikeSql) {
  EXPECT_EQ(spelled("A>1 and B<>'x' or not C"), R"((("a" > 1) AND ("b" != 'x')) OR (NOT "c"))");
  EXPECT_EQ(spelled("weird COL"), "not understood");
  EXPECT_EQ(spelled("\"weird COL\""), R"("Weird col")");
}

TEST(DuckdbExpression, DoesNotGuess) {
  for (const char* text :
       {"", "a >", "(a", "a b", "list_transform(l, x -> x + 1)", "a = any(l)", "(select 1) = a",
        "count(*) > 1", "d + interval 1 fortnight > d", "d + interval '1' year to month > d",
        "b = E'\\u00e9'", "b = E'\\xC3\\xA9'", "a > )", "'open", "case when a end"}) {
    EXPECT_EQ(canonical_expression(text, kColumns), std::nullopt) << text;
  }
}

TEST(DuckdbExpression, KnowsWhichColumnsItIsAbout) {
  EXPECT_TRUE(mentions("length(\"b\") > 3", "b"));
  EXPECT_FALSE(mentions("length(\"b\") > 3", "length"));
  EXPECT_FALSE(mentions("a = 'b'", "b"));
  EXPECT_TRUE(mentions("what is this", "b")) << "what is not understood may be about anything";
}

struct Default {
  std::string type;
  std::string written;
  std::string canonical;
};
const std::vector<Default> kDefaults = {
    {"BOOLEAN", "true", "'true'"},
    {"BOOLEAN", "'t'", "'true'"},
    {"BOOLEAN", "CAST('f' AS BOOLEAN)", "'false'"},
    {"BOOLEAN", "0", "'false'"},
    {"DATE", "DATE '2020-01-01'", "'2020-01-01'"},
    {"DATE", "'2020-01-01'::date", "'2020-01-01'"},
    {"DATE", "'2020-01-01'", "'2020-01-01'"},
    {"TIMESTAMP", "timestamp '2020-01-01 00:00:00'", "'2020-01-01 00:00:00'"},
    {"TIMESTAMP WITH TIME ZONE", "'2020-01-01 00:00:00+00'::timestamptz", "'2020-01-01 00:00:00+00'"},
    {"TIMESTAMP", "now()", "now()"},
    {"TIMESTAMP", "CURRENT_TIMESTAMP", "current_timestamp"},
    {"BIGINT", "5", "5"},
    {"BIGINT", "- 5", "-5"},
    {"BIGINT", "+5", "5"},
    {"BIGINT", "(5)", "5"},
    {"BIGINT", "'5'", "5"},
    {"BIGINT", "1_000", "1000"},
    {"BIGINT", "-9223372036854775808", "-9223372036854775808"},
    {"BIGINT", "1+1", "1 + 1"},
    {"DOUBLE", "1.50", "1.5"},
    {"DOUBLE", "1e10", "10000000000"},
    {"DOUBLE", ".5", "0.5"},
    {"DOUBLE", "5.", "5"},
    {"DOUBLE", "1e-7", "1e-07"},
    {"DOUBLE", "'NaN'", "'nan'"},
    {"DECIMAL(18,3)", "1.500", "1.5"},
    {"VARCHAR", "'it''s'", "'it''s'"},
    {"VARCHAR", "''", "''"},
    {"VARCHAR", "$$it's$$", "'it''s'"},
    {"VARCHAR", "'a\nb'", "'a\nb'"},
    {"VARCHAR", "'日本'", "'日本'"},
    {"VARCHAR", "upper('q')", "upper('q')"},
    {"VARCHAR", "'a'||'b'", "'a' || 'b'"},
    {"INTERVAL", "'1 day'", "'1 day'"},
    {"INTERVAL", "INTERVAL '1 day'", "'1 day'"},
    {"INTERVAL", "INTERVAL 1 DAY", "to_days(CAST(trunc(CAST(1 AS DOUBLE)) AS INTEGER))"},
    {"VARCHAR", "E'a\\nb'", "'a\nb'"},
    {"UUID", "uuid()", "uuid()"},
    {"JSON", "'{}'", "'{}'"},
    {"JSON", "'{}'::json", "'{}'"},
    {"BLOB", "'\\xAA'::blob", "'\\xAA'"},
    {"INTEGER[]", "[1,2]", "list_value(1, 2)"},
    {"INTEGER[]", "'[1, 2]'", "'[1, 2]'"},
    {"STRUCT(a INTEGER)", "{'a':1}", "struct_pack(\"a\" := 1)"},
    {"INTEGER", "case when true then 1 else 2 end", "CASE WHEN true THEN 1 ELSE 2 END"},
};

TEST(DuckdbDefault, HasOneSpellingThatReflectionGivesBack) {
  const auto connection = in_memory();
  for (const Default& one : kDefaults) {
    const Type type = parse_type(one.type);
    EXPECT_EQ(canonical_default(one.written, type), one.canonical) << one.written;
    for (const std::string& text : {one.written, one.canonical}) {
      connection->execute("CREATE OR REPLACE TABLE t(a " + one.type + " DEFAULT (" + text + "))");
      const std::vector<Row> printed =
          connection->query("SELECT column_default FROM duckdb_columns() WHERE table_name = 't'");
      EXPECT_EQ(canonical_default(printed[0][0], type), one.canonical) << one.type << " " << text;
    }
  }
}

TEST(DuckdbDefault, NullIsNone) {
  EXPECT_EQ(canonical_default("NULL", plain_type("VARCHAR")), std::nullopt);
  EXPECT_EQ(canonical_default("CAST(NULL AS VARCHAR)", plain_type("VARCHAR")), std::nullopt);
  EXPECT_EQ(canonical_default(std::nullopt, plain_type("VARCHAR")), std::nullopt);
}

TEST(DuckdbDefault, ALiteralIsANumberOrAQuotedString) {
  for (const char* text : {"5", "-5", "1.5", "1e-07", "'x'", "'it''s'", "''"})
    EXPECT_TRUE(is_literal(text)) << text;
  for (const char* text :
       {"now()", "1 + 1", "'a' || 'b'", "list_value(1)", "true", "", "-(1)", "current_date"}) {
    EXPECT_FALSE(is_literal(text)) << text;
  }
}

}  // namespace
}  // namespace metaxy::migrate::duckdb
