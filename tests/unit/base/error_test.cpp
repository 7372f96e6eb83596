#include "base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace metaxy::migrate {
namespace {

using testing::ElementsAre;

TEST(Error, EveryKindHasTheExitCodeOfTheReference) {
  EXPECT_EQ(exit_code(ErrorKind::failure), 1);
  EXPECT_EQ(exit_code(ErrorKind::usage), 2);
  EXPECT_EQ(exit_code(ErrorKind::configuration), 2);
  EXPECT_EQ(exit_code(ErrorKind::script), 2);
  EXPECT_EQ(exit_code(ErrorKind::model_changed), 3);
  EXPECT_EQ(exit_code(ErrorKind::drift), 4);
  EXPECT_EQ(exit_code(ErrorKind::lock), 6);
  EXPECT_EQ(exit_code(ErrorKind::integrity), 7);
  EXPECT_EQ(exit_code(ErrorKind::partially_applied), 8);
  EXPECT_EQ(exit_code(ErrorKind::pending), 9);
  EXPECT_EQ(exit_code(ErrorKind::interrupted), 130);
  EXPECT_EQ(exit_code(ErrorKind::terminated), 143);
}

TEST(Describe, MessageAloneIsOneLine) {
  EXPECT_EQ(describe(Error(ErrorKind::failure, "disk full")), "error: disk full");
}

TEST(Describe, ShowsPlaceLineCaretNotesAndHint) {
  const Error error(ErrorKind::script, "string is never closed",
                    {.where = SourcePosition{"a.sql", 12, 8, "SELECT 'abc;"},
                     .hint = "close it with '",
                     .notes = {"found: end of file", "expected: '"}});
  EXPECT_EQ(describe(error),
            "error: string is never closed\n"
            "  --> a.sql:12:8\n"
            "    |\n"
            " 12 | SELECT 'abc;\n"
            "    |        ^\n"
            "  - found: end of file\n"
            "  - expected: '\n"
            "  = help: close it with '");
}

TEST(Describe, TheCaretStandsBelowItsCharacterAfterTabsAndUmlauts) {
  const Error error(ErrorKind::script, "x",
                    {.where = SourcePosition{"a", 1, 6, "\tä'ß?"}, .hint = {}, .notes = {}});
  EXPECT_EQ(describe(error),
            "error: x\n"
            "  --> a:1:6\n"
            "   |\n"
            " 1 | \tä'ß?\n"
            "   | \t   ^");
}

TEST(Describe, OfALongLineThePartAroundTheCaretIsShown) {
  const auto shown = [](const std::string& line, std::size_t column) {
    return describe(Error(ErrorKind::script, "x",
                          {.where = SourcePosition{"f", 1, column, line}, .hint = {}, .notes = {}}));
  };
  const std::string a(200, 'a');
  const std::string margin = "error: x\n  --> f:1:";
  EXPECT_EQ(shown("x" + a, 1), margin + "1\n   |\n 1 | x" + std::string(159, 'a') + "…\n   | ^");
  EXPECT_EQ(shown(a + "x", 201),
            margin + "201\n   |\n 1 | …" + std::string(79, 'a') + "x\n   | " + std::string(80, ' ') + "^");
  // No character is cut in two.
  EXPECT_EQ(shown(a + "ü" + a, 280),
            margin + "280\n   |\n 1 | …ü" + std::string(158, 'a') + "…\n   | " + std::string(79, ' ') + "^");
}

TEST(Describe, ACaretBehindTheLineStandsAtItsEnd) {
  const Error error(ErrorKind::script, "x",
                    {.where = SourcePosition{"a", 1, 99, "ab"}, .hint = {}, .notes = {}});
  EXPECT_EQ(describe(error), "error: x\n  --> a:1:99\n   |\n 1 | ab\n   |   ^");
}

TEST(Describe, ANulEndsNothing) {
  EXPECT_EQ(describe(Error(ErrorKind::usage, std::string("'a\0b' is wrong", 14))),
            "error: 'a\\x00b' is wrong");
}

TEST(Describe, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(describe(Error(ErrorKind::script, "x",
                           {.where = SourcePosition{"a", 3, 0, {}}, .hint = {}, .notes = {}})),
            "error: x\n  --> a:3");
  EXPECT_EQ(describe(Error(ErrorKind::script, "x",
                           {.where = SourcePosition{"a", 0, 0, {}}, .hint = {}, .notes = {}})),
            "error: x\n  --> a");
  EXPECT_EQ(describe(Error(ErrorKind::script, "x",
                           {.where = SourcePosition{"a", 3, 0, "ab"}, .hint = {}, .notes = {}})),
            "error: x\n  --> a:3\n   |\n 3 | ab");
}

TEST(Describe, LinesOfANoteStandBelowEachOther) {
  const Error error(ErrorKind::failure, "x", {.where = {}, .hint = {}, .notes = {"ERROR: a\nDETAIL: b"}});
  EXPECT_EQ(describe(error), "error: x\n  - ERROR: a\n    DETAIL: b");
}

TEST(ErrorFrom, OneProblemIsTheErrorItself) {
  const Problem problem{"key 'a' is unknown", SourcePosition{"m.toml", 2, 1, "a = 1"}, "did you mean 'b'?"};
  const Error error = error_from(ErrorKind::configuration, "2 faults", {problem});
  EXPECT_STREQ(error.what(), "key 'a' is unknown");
  EXPECT_EQ(error.where(), problem.where);
  EXPECT_EQ(error.hint(), "did you mean 'b'?");
  EXPECT_EQ(error.kind(), ErrorKind::configuration);
}

TEST(ErrorFrom, SeveralProblemsAreNotesWithTheirPlaces) {
  const Error error =
      error_from(ErrorKind::integrity, "the graph is broken",
                 {{"one", SourcePosition{"a.sql", 3, 0, {}}, "mend it"}, {"two", std::nullopt, {}}});
  EXPECT_STREQ(error.what(), "the graph is broken");
  EXPECT_THAT(error.notes(), ElementsAre("a.sql:3: one (mend it)", "two"));
}

TEST(StatementFailed, KeepsStatementAndState) {
  const StatementFailed failed("no such table: t", "SELECT * FROM t", "42P01");
  EXPECT_EQ(failed.sql(), "SELECT * FROM t");
  EXPECT_EQ(failed.sqlstate(), "42P01");
  EXPECT_EQ(failed.kind(), ErrorKind::failure);
}

}  // namespace
}  // namespace metaxy::migrate
