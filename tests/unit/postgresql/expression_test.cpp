// The canonical text of expressions. The server is the oracle: what people write, and what it prints of that,
// must come out as one text, and the server must take that text for the same.

#include "dialect/postgresql/expression.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/postgres_server.hpp"

namespace metaxy::migrate::postgresql {
namespace {

using test::TestSchema;

constexpr const char* kColumns =
    "a integer, b bigint, n numeric(10,2), d double precision, t text, v character varying(20), f boolean, "
    "at timestamp with time zone, day date, j jsonb, tags text[], \"Mixed Case\" text, \"order\" integer";

Table every_type() {
  Table result;
  result.name = {"", "t"};
  for (const char* text :
       {"a integer", "b bigint", "n numeric(10,2)", "d double precision", "t text", "v character varying(20)",
        "f boolean", "at timestamp with time zone", "day date", "j jsonb", "tags text[]"}) {
    const std::string_view whole = text;
    Column column;
    column.name = whole.substr(0, whole.find(' '));
    column.type = parse_type(whole.substr(whole.find(' ') + 1));
    result.columns.push_back(column);
  }
  for (const char* name : {"Mixed Case", "order"}) {
    Column column;
    column.name = name;
    column.type = plain_type(std::string_view(name) == "order" ? "integer" : "text");
    result.columns.push_back(column);
  }
  return result;
}

/// Conditions as people write them.
const std::vector<std::string>& conditions() {
  static const std::vector<std::string> texts = {
      "a > 0",
      "a > -1 and b <= 3000000000",
      "(a + 1) * 2 <> 4",
      "a between 1 and 10",
      "a not between 1 and 10",
      "n >= 0.5",
      "n > 1",
      "a > 1.5",
      "d < 2.5",
      "b in (1, 2, 3)",
      "b in (1)",
      "a not in (1, 2)",
      "t in ('x', 'y')",
      "v in ('x', 'y')",
      "day in ('2026-01-01', '2026-12-31')",
      "day not in ('2026-01-01', '2026-12-31')",
      "day in ('2026-01-01')",
      "v not in ('x', 'it''s')",
      "v = 'x'",
      "t != 'x'",
      "t like 'a%' or t not like '%b'",
      "v ilike 'A%'",
      "length(t) < 10 and length(v) > 1",
      "lower(v) = 'x'",
      "coalesce(t, 'none') <> ''",
      "t || 'x' = 'yx'",
      "not f",
      "f is true or f is not false",
      "f is null and t is not null",
      "a is distinct from b",
      "day > '2026-01-01'",
      "day > date '2026-01-01'",
      "at < '2026-01-01 00:00:00+00'",
      "extract(year from at) > 2000",
      "j ->> 'a' = 'x'",
      "j @> '{\"a\": 1}'",
      "tags[1] = 'x'",
      "'x' = any (tags)",
      "case when a > 0 then t = 'x' when a < 0 then false end",
      "case a when 1 then true else false end",
      "cast(a as text) = '1'",
      "a::bigint > b",
      "\"Mixed Case\" = 'x' and \"order\" > 0",
      "a > 0 and b > 0 and (n > 0 or d > 0)",
      "a % 2 = 0",
      "-a < 5",
      "round(n, 1) > 0",
      "greatest(a, 1) = a",
      "nullif(t, '') is not null",
      "t ~ '^[a-z]+$'",
      "t collate \"C\" > 'a'",
  };
  return texts;
}

TEST(PostgresqlExpression, WhatIsWrittenAndWhatIsPrintedAreOneText) {
  const TestSchema place;
  const auto connection = place.connected();
  connection->execute(fmt::format("CREATE TABLE t ({})", kColumns));
  const auto printed = [&](const std::string& condition) {
    connection->execute(fmt::format("ALTER TABLE t ADD CONSTRAINT c CHECK ({})", condition));
    std::string text = test::value(*connection,
                                   "SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint "
                                   "WHERE conrelid = 't'::regclass AND conname = 'c'");
    connection->execute("ALTER TABLE t DROP CONSTRAINT c");
    return text;
  };
  for (const std::string& condition : conditions()) {
    const std::optional<std::string> written = canonical_expression(condition, every_type());
    ASSERT_TRUE(written) << condition;
    const std::string theirs = printed(condition);
    EXPECT_EQ(canonical_expression(theirs, every_type()), written) << condition << "\n" << theirs;
    EXPECT_EQ(canonical_expression(*written, every_type()), written) << condition;
    // Read again by the server, it is what it was.
    const std::string again = printed(*written);
    EXPECT_EQ(canonical_expression(again, every_type()), written) << condition << "\n" << again;
  }
}

TEST(PostgresqlExpression, ReadsAsPeopleWriteIt) {
  EXPECT_EQ(canonical_expression("((a > '-1'::integer) AND ((v)::text = 'x'::text))", every_type()),
            "a > -1 AND v = 'x'");
  EXPECT_EQ(canonical_expression(
                "((v)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[]))",
                every_type()),
            "v = ANY (ARRAY['x', 'y'])");
  EXPECT_EQ(canonical_expression("(NOT (t ~~ 'x%'::text))", every_type()), "NOT t LIKE 'x%'");
}

TEST(PostgresqlExpression, WhatIsNotUnderstoodIsSaid) {
  for (const char* text : {"", "a >", "(a", "a similar to 'x'", "exists (select 1)", "(a, b) = (1, 2)",
                           "trim(both from t) = ''", "a b"}) {
    EXPECT_EQ(canonical_expression(text, every_type()), std::nullopt) << text;
  }
}

TEST(PostgresqlExpression, DefaultsLoseTheCastToTheirColumn) {
  const TestSchema place;
  const auto connection = place.connected();
  const std::vector<std::pair<std::string, std::string>> defaults = {
      {"text", "'it''s'"},
      {"character varying(20)", "'x'"},
      {"integer", "-1"},
      {"bigint", "3000000000"},
      {"numeric(10,2)", "-1.5"},
      {"double precision", "1.5"},
      {"boolean", "TRUE"},
      {"jsonb", "'{}'"},
      {"text[]", "'{}'"},
      {"date", "'2026-01-01'"},
      {"uuid", "gen_random_uuid()"},
      {"timestamp with time zone", "now()"},
      {"timestamp with time zone", "CURRENT_TIMESTAMP"},
      {"text", "'a' || 'b'"},
      {"integer", "1 + 1"},
      {"bytea", "'\\x00ff'"},
      {"interval", "'1 day'"}};
  for (const auto& [type, text] : defaults) {
    connection->execute(fmt::format("CREATE TABLE t (c {} DEFAULT {})", type, text));
    const std::string theirs = test::value(
        *connection, "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 't'::regclass");
    connection->execute("DROP TABLE t");
    const Type column = postgresql_dialect().canonical_type(parse_type(type));
    EXPECT_EQ(canonical_default(theirs, column), text) << theirs;
    EXPECT_EQ(canonical_default(text, column), text);
  }
  EXPECT_EQ(canonical_default("NULL::text", plain_type("text")), std::nullopt);
  EXPECT_EQ(canonical_default("'yes'", plain_type("boolean")), "TRUE");
}

}  // namespace
}  // namespace metaxy::migrate::postgresql
