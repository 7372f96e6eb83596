#include "dialect/sqlite/expression.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/sqlite/database.hpp"

namespace metaxy::migrate::test {
namespace {

std::string canonical(std::string_view text) {
  return sqlite::canonical_expression(text, {{"a", "a"}, {"key", "key"}, {"width", "Width"}});
}

TEST(SqliteExpression, BlanksCommentsAndOuterParenthesesDoNotMatter) {
  EXPECT_EQ(canonical("((a>0))"), "a > 0");
  EXPECT_EQ(canonical("a /* is */ >\n -- positive\n 0"), "a > 0");
  EXPECT_EQ(canonical("(a)>(0)"), "(a) > (0)");
  EXPECT_EQ(canonical("a in('x' ,'y')"), "a IN ('x', 'y')");
  EXPECT_EQ(canonical("length ( a )>=2"), "length(a) >= 2");
}

TEST(SqliteExpression, NamesAreSpeltAsTheColumnIs) {
  EXPECT_EQ(canonical("A > 0 and [a] < 5 AND `A` <> 3"), "a > 0 AND a < 5 AND a != 3");
  EXPECT_EQ(canonical("width > 0"), R"("Width" > 0)");
  EXPECT_EQ(canonical("key > 0 AND \"KEY\" < 9"), R"("key" > 0 AND "key" < 9)");
}

TEST(SqliteExpression, ATextInDoubleQuotesIsATextWhereThereIsNoSuchColumn) {
  EXPECT_EQ(canonical("a = \"b\""), "a = 'b'");
  EXPECT_EQ(canonical("a = \"A\""), "a = a");
  EXPECT_EQ(canonical("a COLLATE \"NOCASE\" = 'x'"), "a COLLATE nocase = 'x'");
}

TEST(SqliteExpression, SignsStandAtTheirNumber) {
  EXPECT_EQ(canonical("a > - 1"), "a > -1");
  EXPECT_EQ(canonical("a-1 > 0"), "a - 1 > 0");
  EXPECT_EQ(canonical("- -a < 0"), "- -a < 0");
  EXPECT_EQ(canonical("a BETWEEN -1 AND +1"), "a BETWEEN -1 AND +1");
  EXPECT_EQ(canonical("a = x'00' OR a = 0XFF OR a = 1E5"), "a = x'00' OR a = 0xff OR a = 1e5");
}

TEST(SqliteExpression, CanonicalTextIsCanonical) {
  for (const char* text :
       {"a > 0", "- -a < 0", "a = x'00'", R"("Width" > 0)", R"("key" IN (1, 2))", "a || 'b' = a -> '$.x'",
        "CASE WHEN a IS NULL THEN 1 ELSE CAST(a AS text) END = 1", "NOT (a = 1 OR a = 2)"}) {
    EXPECT_EQ(canonical(text), text);
  }
}

TEST(SqliteExpression, DefaultsMeanTheSameAsTheirCanonicalText) {
  EXPECT_EQ(sqlite::canonical_default("(1+1)"), "1 + 1");
  EXPECT_EQ(sqlite::canonical_default("NULL"), std::nullopt);
  EXPECT_EQ(sqlite::canonical_default("( null )"), std::nullopt);
  EXPECT_EQ(sqlite::canonical_default("\"it's\""), "'it''s'");
  EXPECT_EQ(sqlite::canonical_default("Draft"), "'Draft'");
  EXPECT_EQ(sqlite::canonical_default("-  5"), "-5");
  EXPECT_EQ(sqlite::canonical_default("+5"), "5");
  EXPECT_EQ(sqlite::canonical_default("true"), "TRUE");
  EXPECT_EQ(sqlite::canonical_default("current_timestamp"), "CURRENT_TIMESTAMP");
  EXPECT_EQ(sqlite::canonical_default("datetime ( 'now' )"), "datetime('now')");
}

TEST(SqliteExpression, OnlyLiteralsStandWithoutParenthesesAfterDefault) {
  EXPECT_EQ(sqlite::default_clause("5"), "5");
  EXPECT_EQ(sqlite::default_clause("-5"), "-5");
  EXPECT_EQ(sqlite::default_clause("x'00'"), "x'00'");
  EXPECT_EQ(sqlite::default_clause("CURRENT_TIMESTAMP"), "CURRENT_TIMESTAMP");
  EXPECT_EQ(sqlite::default_clause("1 + 1"), "(1 + 1)");
  EXPECT_EQ(sqlite::default_clause("datetime('now')"), "(datetime('now'))");
  EXPECT_FALSE(sqlite::is_constant_default("CURRENT_TIMESTAMP"));
  EXPECT_TRUE(sqlite::is_constant_default("TRUE"));
}

/// SQLite is asked whether the canonical text says the same as the text.
TEST(SqliteExpression, SqliteEvaluatesTextAndCanonicalTextAlike) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("store.db");
  by_shell(path, R"(CREATE TABLE t (a, "key", "Width");
                    INSERT INTO t VALUES (1, 'x', NULL), (-2, 'b', 2.5), ('b', NULL, 0);)");
  for (const char* text : {"a<>-1",
                           "- -a",
                           "a==1 and not key is null",
                           "\"b\"",
                           "[key]||`a`",
                           "WIDTH*-2+ +a",
                           "a in (1,'b')",
                           "case key when 'x' then 1 else-1 end",
                           "key like \"B\" escape '!'",
                           "x'61'||key",
                           "~ a",
                           "a-1",
                           "0x1F+1E2",
                           "cast ( width as integer )",
                           "(a,key) = (1,'x')",
                           "coalesce(width,\"key\",a)",
                           "a isnull or key notnull",
                           "a between-5 and 5",
                           "a is not 1",
                           "'it''s'||a",
                           "width->>'$'"}) {
    const std::string values = by_shell(path, std::string("SELECT quote(") + text + ") FROM t;");
    EXPECT_EQ(values, by_shell(path, "SELECT quote(" + canonical(text) + ") FROM t;"))
        << text << " -> " << canonical(text);
    EXPECT_EQ(values.find("rror"), std::string::npos) << values;
  }
}

}  // namespace
}  // namespace metaxy::migrate::test
