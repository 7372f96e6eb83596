#include "sql/splitter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/sql/options.hpp"

namespace metaxy::migrate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts(std::string_view sql, const SplitterOptions& options) {
  std::vector<std::string> result;
  for (const Statement& statement : split_statements(sql, options)) {
    result.push_back(statement.text);
  }
  return result;
}

/// Statements as they are, markers as `[marker]`, lines as `|line`; `lines_after` is the marker that asks for
/// lines.
std::vector<std::string> events(std::string_view sql, const SplitterOptions& options,
                                std::string_view lines_after = "none") {
  std::vector<std::string> result;
  Splitter splitter(options, "a.sql");
  const Splitter::Report report = [&](const SplitterEvent& event) {
    switch (event.kind) {
      case SplitterEvent::Kind::statement:
        result.push_back(event.statement.text);
        return;
      case SplitterEvent::Kind::marker:
        result.push_back("[" + event.text + "]");
        if (event.text == lines_after) {
          splitter.read_lines();
        }
        return;
      case SplitterEvent::Kind::line:
        result.push_back("|" + event.text);
        return;
    }
  };
  splitter.feed(sql, report);
  splitter.finish(report);
  return result;
}

std::string failure(std::string_view sql, const SplitterOptions& options) {
  try {
    events(sql, options);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::script);
    return describe(error);
  }
  return "no error";
}

TEST(Splitter, CutsAtSemicolonsAndTrims) {
  EXPECT_THAT(texts(" SELECT 1 ;\n\nSELECT 2\n;SELECT 3", sqlite_text()),
              ElementsAre("SELECT 1", "SELECT 2", "SELECT 3"));
}

TEST(Splitter, PassesOverEmptyStatements) {
  EXPECT_THAT(texts(";;; /* nothing */ ; -- nothing\n ;", postgres_text()), IsEmpty());
  EXPECT_THAT(texts("", postgres_text()), IsEmpty());
  EXPECT_THAT(texts("/* a */", postgres_text()), IsEmpty());
}

TEST(Splitter, KeepsSemicolonsInQuotes) {
  const std::string sql = R"(INSERT INTO "a;b" VALUES ('it''s; here', ';'); SELECT 1)";
  EXPECT_THAT(texts(sql, sqlite_text()),
              ElementsAre(R"(INSERT INTO "a;b" VALUES ('it''s; here', ';'))", "SELECT 1"));
}

TEST(Splitter, KnowsSqliteIdentifiers) {
  EXPECT_THAT(texts("SELECT [a;'b], `c;``d;`; SELECT 2", sqlite_text()),
              ElementsAre("SELECT [a;'b], `c;``d;`", "SELECT 2"));
}

TEST(Splitter, TakesBracketsForArraysElsewhere) {
  EXPECT_THAT(texts("SELECT a[1]; SELECT ['x', 'y']", duckdb_text()),
              ElementsAre("SELECT a[1]", "SELECT ['x', 'y']"));
}

TEST(Splitter, BackslashEscapesOnlyInEscapeStrings) {
  EXPECT_THAT(texts(R"(SELECT E'it\'s; ok'; SELECT 'c:\'; SELECT 2)", postgres_text()),
              ElementsAre(R"(SELECT E'it\'s; ok')", R"(SELECT 'c:\')", "SELECT 2"));
  EXPECT_THAT(texts(R"(SELECT E'c:\'; SELECT 2)", sqlite_text()),
              ElementsAre(R"(SELECT E'c:\')", "SELECT 2"));
}

TEST(Splitter, TakesEForAPrefixOnlyWhenItIsAWord) {
  EXPECT_THAT(texts(R"(SELECT type'c:\'; SELECT 2)", postgres_text()),
              ElementsAre(R"(SELECT type'c:\')", "SELECT 2"));
}

TEST(Splitter, ContinuesEscapeStringsOverALineBreak) {
  EXPECT_THAT(texts("SELECT E'a' -- ;\n  'b\\';c'; SELECT 2", postgres_text()),
              ElementsAre("SELECT E'a' -- ;\n  'b\\';c'", "SELECT 2"));
  EXPECT_THAT(texts("SELECT E'a''\\';b'; SELECT 2", duckdb_text()),
              ElementsAre("SELECT E'a''\\';b'", "SELECT 2"));
  EXPECT_THAT(texts("SELECT E'a', 'c:\\'; SELECT 2", duckdb_text()),
              ElementsAre("SELECT E'a', 'c:\\'", "SELECT 2"));
}

TEST(Splitter, KnowsDollarQuotes) {
  EXPECT_THAT(
      texts("DO $$ BEGIN; END; $$; SELECT $t$ $$; $u$; $t$, $1, a$$b FROM x$t$; SELECT 2", postgres_text()),
      ElementsAre("DO $$ BEGIN; END; $$", "SELECT $t$ $$; $u$; $t$, $1, a$$b FROM x$t$", "SELECT 2"));
  EXPECT_THAT(texts("SELECT $a; SELECT $1$x", sqlite_text()), ElementsAre("SELECT $a", "SELECT $1$x"));
}

TEST(Splitter, NestsCommentsWhereTheDialectDoes) {
  const std::string sql = "SELECT 1 /* a /* b */ ; c */; SELECT 2";
  EXPECT_THAT(texts(sql, postgres_text()), ElementsAre("SELECT 1", "SELECT 2"));
  EXPECT_THAT(texts(sql, sqlite_text()), ElementsAre("SELECT 1", "c */", "SELECT 2"));
}

TEST(Splitter, KeepsCommentsInsideAStatement) {
  EXPECT_THAT(texts("SELECT 1, -- one;\n /* two; */ 2 -- three;\n; SELECT 3", duckdb_text()),
              ElementsAre("SELECT 1, -- one;\n /* two; */ 2", "SELECT 3"));
}

TEST(Splitter, SeesCommentsBehindOperators) {
  EXPECT_THAT(texts("SELECT 2*/* ; */3//* ; */4+-- ;\n5; SELECT 6", duckdb_text()),
              ElementsAre("SELECT 2*/* ; */3//* ; */4+-- ;\n5", "SELECT 6"));
}

TEST(Splitter, SemicolonsInParenthesesEndNothing) {
  EXPECT_THAT(texts("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3", postgres_text()),
              ElementsAre("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "SELECT 3"));
}

TEST(Splitter, KeepsTriggerBodiesWhole) {
  const std::string trigger =
      "CREATE TEMP TRIGGER tr AFTER INSERT ON t BEGIN\n"
      "  UPDATE t SET a = CASE WHEN b THEN 1 ELSE CASE c WHEN 1 THEN 2 END END;\n"
      "  -- migrate: upgrade\n"
      "  SELECT 'END;' /* ; END; */;\n"
      "END";
  EXPECT_THAT(texts(trigger + ";\nSELECT 1;", sqlite_text()), ElementsAre(trigger, "SELECT 1"));
  EXPECT_THAT(texts(trigger, sqlite_text()), ElementsAre(trigger));
  EXPECT_THAT(texts("CREATE TABLE trigger (a); SELECT 1", sqlite_text()),
              ElementsAre("CREATE TABLE trigger (a)", "SELECT 1"));
}

TEST(Splitter, AMarkerEndsATriggerWithoutSemicolon) {
  const std::string trigger = "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END";
  EXPECT_THAT(events(trigger + "\n-- migrate: downgrade\n", sqlite_text()),
              ElementsAre(trigger, "[downgrade]"));
}

TEST(Splitter, KeepsAtomicBodiesWhole) {
  const std::string function =
      "CREATE OR REPLACE FUNCTION f(a int) RETURNS int BEGIN ATOMIC\n"
      "  SELECT CASE WHEN a > 0 THEN 1 ELSE 2 END; SELECT 1 AS end, t.case FROM t;\n"
      "END";
  EXPECT_THAT(texts(function + "; SELECT 1", postgres_text()), ElementsAre(function, "SELECT 1"));
  EXPECT_THAT(
      texts("CREATE FUNCTION f() RETURNS int AS $$ BEGIN; END $$ LANGUAGE x; SELECT 1", postgres_text()),
      ElementsAre("CREATE FUNCTION f() RETURNS int AS $$ BEGIN; END $$ LANGUAGE x", "SELECT 1"));
  EXPECT_THAT(texts("BEGIN; SELECT 1; END", postgres_text()), ElementsAre("BEGIN", "SELECT 1", "END"));
}

TEST(Splitter, KnowsDuckdbsBlanks) {
  EXPECT_THAT(texts("SELECT\u00a0$$a;b$$;\u3000SELECT\u2003E'\\';'\ufeff;", duckdb_text()),
              ElementsAre("SELECT\u00a0$$a;b$$", "SELECT\u2003E'\\';'"));
}

TEST(Splitter, AttachesCommentLinesRightAbove) {
  const std::vector<Statement> statements = split_statements(
      "-- far away\n"
      "\n"
      "-- add column t.c\n"
      "--destructive: gone\n"
      "--\n"
      "  --   indented  \r\n"
      "/* not a line */ ALTER TABLE t; -- behind\n"
      "SELECT 1;\n"
      "-- lost;\n"
      ";\n"
      "SELECT 2;",
      sqlite_text());
  ASSERT_EQ(statements.size(), 3U);
  EXPECT_EQ(statements[0],
            (Statement{"ALTER TABLE t", {"add column t.c", "destructive: gone", "", "  indented"}, 7, 18}));
  EXPECT_EQ(statements[1], (Statement{"SELECT 1", {}, 8, 1}));
  EXPECT_EQ(statements[2], (Statement{"SELECT 2", {}, 11, 1}));
}

TEST(Splitter, CountsLinesFromTheGivenOne) {
  Splitter splitter(sqlite_text(), "a.sql", 10);
  std::vector<std::size_t> lines;
  const Splitter::Report report = [&](const SplitterEvent& event) {
    lines.push_back(event.line);
    lines.push_back(event.offset);
  };
  splitter.feed("SELECT 1;\n\n  SELECT 2", report);
  splitter.finish(report);
  EXPECT_THAT(lines, ElementsAre(10U, 0U, 12U, 13U));
}

TEST(Splitter, ReportsMarkersAndEndsOpenStatements) {
  EXPECT_THAT(
      events(
          "-- migrate: upgrade\nSELECT 1\n-- migrate:downgrade transaction=off \r\nSELECT 2;-- migrate: x\n",
          sqlite_text()),
      ElementsAre("[upgrade]", "SELECT 1", "[downgrade transaction=off]", "SELECT 2"));
}

TEST(Splitter, TakesNoMarkerFromQuotesAndComments) {
  const std::string sql =
      "SELECT '\n-- migrate: upgrade\n', $$\n-- migrate: upgrade\n$$ /*\n-- migrate: upgrade\n*/";
  EXPECT_THAT(events(sql, duckdb_text()), ElementsAre(sql.substr(0, sql.find(" /*"))));
}

TEST(Splitter, ReadsLinesUntilTheNextMarker) {
  EXPECT_THAT(events("-- migrate: changes\n-- {\"a\": \"it's\"}\n\n /* x\n-- migrate: upgrade\nSELECT 1;",
                     sqlite_text(), "changes"),
              ElementsAre("[changes]", "|-- {\"a\": \"it's\"}", "| /* x", "[upgrade]", "SELECT 1"));
}

TEST(Splitter, RefusesMarkersWrittenInAnotherWay) {
  EXPECT_EQ(
      failure("SELECT 1;\n--migrate: upgrade", sqlite_text()),
      "error: a marker is not written like '--migrate: upgrade'\n"
      "  --> a.sql:2:1\n"
      "   |\n"
      " 2 | --migrate: upgrade\n"
      "   | ^\n"
      "  = help: write '-- migrate: upgrade' at the beginning of the line; a comment must not begin with "
      "'migrate'");
  for (const std::string wrong : {" -- migrate: upgrade", "-- Migrate: upgrade", "-- migrate : upgrade",
                                  "-- migrate upgrade", "--  migrate: upgrade"}) {
    EXPECT_THAT(failure(wrong, sqlite_text()), testing::HasSubstr("a marker is not written like")) << wrong;
  }
  EXPECT_EQ(failure("-- migrate all rows\nSELECT 1", sqlite_text()), "no error");
}

TEST(Splitter, NamesWhereAnOpenEndBegins) {
  EXPECT_EQ(failure("SELECT 1; SELECT 'abc;\nSELECT 2;\n", sqlite_text()),
            "error: the string that opens here is never closed\n"
            "  --> a.sql:1:18\n"
            "   |\n"
            " 1 | SELECT 1; SELECT 'abc;\n"
            "   |                  ^");
  EXPECT_THAT(failure("SELECT 1\n /* a", sqlite_text()),
              testing::HasSubstr("the comment that opens here is never closed\n  --> a.sql:2:2"));
  EXPECT_THAT(failure("SELECT \"a", sqlite_text()), testing::HasSubstr("the quoted name that opens"));
  EXPECT_THAT(failure("SELECT $t$ a $$", postgres_text()), testing::HasSubstr("the string that opens"));
  EXPECT_THAT(failure("SELECT 1;\nSELECT (1;\n SELECT 2)), (3;", sqlite_text()),
              testing::HasSubstr("the parenthesis that opens here is never closed\n  --> a.sql:3:14"));
  EXPECT_THAT(failure("SELECT (1\n-- migrate: upgrade\n", sqlite_text()),
              testing::HasSubstr("the parenthesis that opens here is never closed\n  --> a.sql:1:8"));
  EXPECT_THAT(failure("\nCREATE TRIGGER t BEGIN SELECT 1;", sqlite_text()),
              testing::HasSubstr("has a body that never ends\n  --> a.sql:2:1"));
  EXPECT_THAT(failure("CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; SELECT CASE END;", postgres_text()),
              testing::HasSubstr("has a body that never ends\n  --> a.sql:1:1"));
}

TEST(Splitter, RefusesShellCommands) {
  EXPECT_THAT(failure("SELECT 1;\n.read other.sql\n", sqlite_text()),
              testing::HasSubstr("'.' begins a command of a database shell, not SQL\n  --> a.sql:2:1"));
  EXPECT_THAT(failure("\\copy t from x", postgres_text()), testing::HasSubstr("'\\' begins a command"));
}

TEST(Splitter, HoldsNoMoreThanAStatementOfAnyAmountOfText) {
  // Seen from outside: positions stay right when the text before them is long gone.
  Splitter splitter(sqlite_text(), "a.sql");
  std::size_t count = 0;
  std::size_t last_line = 0;
  const Splitter::Report report = [&](const SplitterEvent& event) {
    ++count;
    last_line = splitter.position().line;
    EXPECT_EQ(event.line, last_line);
    EXPECT_EQ(splitter.position().line_text, "SELECT 'some text'; SELECT");
    EXPECT_EQ(splitter.position().column, event.statement.column);
  };
  for (int i = 0; i < 100000; ++i) {
    splitter.feed("SELECT 'some text'; SELECT\n 2;\n", report);
  }
  splitter.finish(report);
  EXPECT_EQ(count, 200000U);
  EXPECT_EQ(last_line, 199999U);
}

}  // namespace
}  // namespace metaxy::migrate
