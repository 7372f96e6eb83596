#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/failure.hpp"
#include "unit/revision/script_support.hpp"

namespace metaxy::migrate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

std::string header_failure(const std::string& text) {
  return test::failure_of([&] { parse_header(text, "a.sql"); });
}

/// A header with these lines behind `-- [migration]`.
std::string with(const std::string& lines) { return "-- m\n-- [migration]\n" + lines + "\nSELECT 1;\n"; }

const std::string kRest = "-- down_revision = \"\"\n-- dialect = \"x\"\n";

TEST(ScriptHeader, SaysAllOfARevision) {
  const Revision revision = parse_header(
      "-- add clip duration\n"
      "--\n"
      "-- for the new player\n"
      "-- [migration]\n"
      "-- revision = \"7f3a51c09be2\"\n"
      "-- down_revision = [\"51c09be2a7d4\", \"b.2\"]  # a merge\n"
      "--\n"
      "-- created = 2026-11-22T13:05:00Z\n"
      "-- dialect = \"duckdb\"\n"
      "-- branch_labels = [ \"video\", ]\n"
      "-- depends_on = [\"ae10\", \"audio-x\"]\n"
      "-- table_prefix = \"p_\"\n"
      "-- replaces = [\"c1\"]\n"
      "\n"
      "-- revision = \"not here\"\n",
      "v/a.sql");
  EXPECT_EQ(revision.id, "7f3a51c09be2");
  EXPECT_THAT(revision.down_revisions, ElementsAre("51c09be2a7d4", "b.2"));
  EXPECT_EQ(revision.created, "2026-11-22T13:05:00Z");
  EXPECT_EQ(revision.dialect, "duckdb");
  EXPECT_THAT(revision.branch_labels, ElementsAre("video"));
  EXPECT_THAT(revision.depends_on, ElementsAre("ae10", "audio-x"));
  EXPECT_EQ(revision.table_prefix, "p_");
  EXPECT_THAT(revision.replaces, ElementsAre("c1"));
  EXPECT_EQ(revision.message, "add clip duration");
  EXPECT_EQ(revision.file, "v/a.sql");
}

TEST(ScriptHeader, NeedsLittle) {
  const Revision revision = parse_header(kHeader, "a.sql");
  EXPECT_EQ(revision.id, "a1");
  EXPECT_THAT(revision.down_revisions, IsEmpty());
  EXPECT_EQ(revision.created, "");
  EXPECT_EQ(parse_header(kHeader.substr(kHeader.find('\n') + 1), "a.sql").message, "");
}

TEST(ScriptHeader, TakesAnyLineEndAndAMark) {
  std::string text = "\xEF\xBB\xBF\n" + kHeader;
  std::string windows;
  for (const char c : text) {
    windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  }
  EXPECT_EQ(parse_header(windows, "a.sql"), parse_header(kHeader, "a.sql"));
}

TEST(ScriptHeader, LeavesTheRestOfTomlToTheLibrary) {
  const Revision revision = parse_header(
      with("-- revision = 'a1'\n-- \"down_revision\" = [\n--   'b', # first\n--   \"c\",\n-- ]\n-- dialect = "
           "\"\\u0078\"\n"),
      "a.sql");
  EXPECT_EQ(revision.id, "a1");
  EXPECT_THAT(revision.down_revisions, ElementsAre("b", "c"));
  EXPECT_EQ(revision.dialect, "x");
}

TEST(ScriptHeader, EndsAtAMarker) {
  const std::string text = kHeader.substr(0, kHeader.size() - 1) + "-- migrate: upgrade\nSELECT 1;\n";
  EXPECT_EQ(parse_header(text, "a.sql").id, "a1");
  EXPECT_EQ(parse_script(text, "a.sql", sqlite_text()).sections.size(), 1U);
}

TEST(ScriptHeader, KnowsWhenItIsWhole) {
  EXPECT_TRUE(has_whole_header(kHeader + "S"));
  EXPECT_TRUE(has_whole_header("\xEF\xBB\xBF" + kHeader));
  for (std::size_t size = 0; size + 1 < kHeader.size(); ++size) {
    EXPECT_FALSE(has_whole_header(kHeader.substr(0, size))) << size;
  }
  EXPECT_TRUE(has_whole_header("SELECT 1;\n"));
}

TEST(ScriptHeader, MissingIsShownWithWhatToWrite) {
  EXPECT_EQ(
      header_failure("CREATE TABLE t (a);\n"),
      "error: the script has no header: there is no line '-- [migration]'\n"
      "  --> a.sql:1:1\n"
      "   |\n"
      " 1 | CREATE TABLE t (a);\n"
      "   | ^\n"
      "  = help: begin the file with the lines '-- what it does', '-- [migration]', '-- revision = \"...\"', "
      "'-- down_revision = \"...\"' and '-- dialect = \"...\"'");
  EXPECT_THAT(
      header_failure(""),
      StartsWith("error: the script has no header: there is no line '-- [migration]'\n  --> a.sql:1:1"));
  EXPECT_THAT(header_failure("-- message\n-- migrate: upgrade\n"), HasSubstr("  --> a.sql:2:1"));
  EXPECT_THAT(header_failure("-- message\n\n-- [migration]\n"), HasSubstr("  --> a.sql:2:1"));
}

TEST(ScriptHeader, RefusesUnknownKeysWithASuggestion) {
  EXPECT_EQ(header_failure(with("-- revision = \"a\"\n-- down_revison = \"\"\n")),
            "error: the header has an unknown key 'down_revison'\n"
            "  --> a.sql:4:4\n"
            "   |\n"
            " 4 | -- down_revison = \"\"\n"
            "   |    ^\n"
            "  = help: did you mean 'down_revision'?");
  EXPECT_THAT(
      header_failure(with("-- zzz = \"\"\n")),
      HasSubstr(
          "known are revision, down_revision, created, dialect, branch_labels, depends_on, table_prefix, "
          "replaces"));
}

TEST(ScriptHeader, WantsIdsInQuotes) {
  EXPECT_EQ(header_failure(with("-- revision = 7f3a51c09be2  # ours\n" + kRest)),
            "error: the value of 'revision' is not in quotes\n"
            "  --> a.sql:3:15\n"
            "   |\n"
            " 3 | -- revision = 7f3a51c09be2  # ours\n"
            "   |               ^\n"
            "  = help: put it in quotes: revision = \"7f3a51c09be2\"");
  for (const std::string value : {"123456789012", "1e5", "abc", "7e12", "true", "2026-11-22"}) {
    EXPECT_THAT(header_failure(with(fmt::format("-- revision = {}\n{}", value, kRest))),
                HasSubstr(fmt::format("put it in quotes: revision = \"{}\"", value)))
        << value;
  }
}

TEST(ScriptHeader, RefusesValuesOfTheWrongKind) {
  EXPECT_THAT(header_failure(with("-- revision = [\"a\"]\n" + kRest)),
              HasSubstr("the value of 'revision' must be a text in quotes\n  --> a.sql:3:15"));
  EXPECT_THAT(header_failure(with("-- revision = \"a\"\n-- down_revision = [\"b\", 1]\n")),
              HasSubstr("a list has only texts in quotes, and this one in 'down_revision' has something "
                        "else\n  --> a.sql:4:26"));
  for (const std::string value : {"\"2026-11-22T13:05:00Z\"", "2026-11-22T13:05:00+01:00", "2026-11-22"}) {
    EXPECT_THAT(header_failure(with("-- created = " + value + "\n")),
                HasSubstr("the value of 'created' must be a time in UTC\n  --> a.sql:3:14"))
        << value;
  }
  EXPECT_THAT(header_failure(with("-- created = 2026-02-30T00:00:00Z\n")), HasSubstr("a.sql:3:"));
}

TEST(ScriptHeader, KeepsFromTheLibraryWhatItAbortsOn) {
  EXPECT_EQ(header_failure(with("-- created = 2026-11-22Tw3:05:00Z\n")),
            "error: the value of 'created' must be a time in UTC\n"
            "  --> a.sql:3:14\n"
            "   |\n"
            " 3 | -- created = 2026-11-22Tw3:05:00Z\n"
            "   |              ^\n"
            "  = help: write it without quotes, such as 2026-11-22T13:05:00Z");
  EXPECT_THAT(header_failure(with("-- created = 2026-11-2\u03b113:05:00Z\n")),
              HasSubstr("must be a time in UTC\n  --> a.sql:3:14"));
  EXPECT_THAT(header_failure(with("-- created =\n")), HasSubstr("must be a time in UTC\n  --> a.sql:3:13"));
  EXPECT_THAT(header_failure(with("-- x = 1\n")),
              HasSubstr("a list of them or a time in UTC is expected here\n  --> a.sql:3:8"));
  EXPECT_THAT(header_failure(with("-- x = ['a', 2026-11-22 w3]\n")),
              HasSubstr("has something else\n  --> a.sql:3:14"));
  EXPECT_THAT(header_failure(with("-- x = ['a'\n-- # c\n")),
              HasSubstr("the list that opens here is never closed\n  --> a.sql:3:8"));
  EXPECT_THAT(header_failure(with("-- x = '''a'''\n")),
              HasSubstr("is not closed by one quote on its line\n  --> a.sql:3:8"));
  EXPECT_THAT(header_failure(with("-- x = 'a' b\n")),
              HasSubstr("nothing more is expected on this line\n  --> a.sql:3:12"));
  EXPECT_THAT(header_failure(with("-- \u03b1 = 'a'\n")),
              HasSubstr("a key is expected here\n  --> a.sql:3:4"));
  for (const std::string table : {"[other]", "[", " [[x]]"}) {
    EXPECT_THAT(header_failure(with("-- x = 'a'\n-- " + table + "\n")),
                HasSubstr("the header has no other table than '[migration]'\n  --> a.sql:4:"))
        << table;
  }
}

TEST(ScriptHeader, TakesDatesInTextsAndCommentsForText) {
  const std::string lines =
      "-- revision = 'a1'  # since 2026-11-22 we\n-- down_revision = \"\"\n-- dialect = '2026-11-22 x'\n";
  EXPECT_EQ(parse_header(with(lines), "a.sql").dialect, "2026-11-22 x");
}

TEST(ScriptHeader, RefusesWhatIsNoIdOrLabel) {
  EXPECT_THAT(header_failure(with("-- revision = \"a'b\"\n" + kRest)),
              HasSubstr("'a'b' is not a revision id\n  --> a.sql:3:15"));
  EXPECT_THAT(header_failure(with("-- revision = \"\"\n" + kRest)), HasSubstr("'' is not a revision id"));
  EXPECT_THAT(header_failure(with("-- revision = \"a\"\n-- down_revision = [\"\"]\n")),
              HasSubstr("'' is not a revision id"));
  EXPECT_THAT(header_failure(with("-- down_revision = \"head\"\n")),
              HasSubstr("'head' is not a revision id"));
  EXPECT_THAT(header_failure(with("-- branch_labels = [\"a-1\"]\n")),
              HasSubstr("'a-1' is not a branch label"));
  EXPECT_THAT(header_failure(with("-- depends_on = \"a@b\"\n")),
              HasSubstr("'a@b' is not a revision id or branch label"));
  EXPECT_THAT(header_failure(with("-- down_revision = [\"a\", \"a\"]\n")),
              HasSubstr("'down_revision' names 'a' twice"));
}

TEST(ScriptHeader, RefusesMissingAndRepeatedKeys) {
  EXPECT_EQ(header_failure(with("-- revision = \"a\"\n-- dialect = \"x\"\n")),
            "error: the header has no 'down_revision'\n"
            "  --> a.sql:2:1\n"
            "   |\n"
            " 2 | -- [migration]\n"
            "   | ^\n"
            "  = help: add the line '-- down_revision = \"...\"'");
  EXPECT_THAT(header_failure(with("-- revision = \"a\"\n-- revision = \"b\"\n")),
              HasSubstr("'revision' is given twice\n  --> a.sql:4:4"));
}

TEST(ScriptHeader, RefusesWhatIsNoToml) {
  EXPECT_THAT(header_failure(with("-- revision = \"a\"\n-- down_revision \"b\"\n")),
              HasSubstr("'=' and a value are expected here\n  --> a.sql:4:18"));
  EXPECT_THAT(header_failure(with("-- revision = \"a\n")), HasSubstr("  --> a.sql:3:"));
}

TEST(ScriptHeader, RefusesWhatIsNoText) {
  EXPECT_EQ(header_failure(std::string("-- a\0b\n", 7)),
            "error: the file is not text: it has a NUL byte\n  --> a.sql:1:5");
  EXPECT_EQ(header_failure("-- a\n-- \xE9\n"),
            "error: the file is not UTF-8 text: byte 0x0A cannot stand here\n  --> a.sql:2:5\n  = help: save "
            "it as UTF-8");
  EXPECT_THAT(header_failure(std::string("\xFF\xFE-\0-\0", 6)),
              StartsWith("error: the file is UTF-16 text, not UTF-8"));
  EXPECT_THAT(header_failure("\x7F"
                             "ELF\x02\x01\xFE junk\n"),
              StartsWith("error: the file is not UTF-8 text"));
}

}  // namespace
}  // namespace metaxy::migrate
