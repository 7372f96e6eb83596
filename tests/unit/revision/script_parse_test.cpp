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

Script parsed(const std::string& body) { return parse_script(kHeader + body, "a.sql", sqlite_text()); }

std::string script_failure(const std::string& body) {
  return test::failure_of([&] { parsed(body); });
}

TEST(ScriptParse, FindsSectionsInAnyOrder) {
  const Script script = parsed(
      "-- migrate: downgrade\n"
      "DROP TABLE t;\n"
      "-- migrate: changes\n"
      "-- migrate: upgrade foreign_keys=on\n"
      "-- make t\n"
      "CREATE TABLE t (a)\n"
      "-- migrate: upgrade transaction=off\n"
      "  VACUUM; BEGIN; COMMIT;\n");
  ASSERT_EQ(script.sections.size(), 3U);
  EXPECT_EQ(script.sections[0],
            (Section{Direction::downgrade, true, false, {{"DROP TABLE t", {}, 8, 1}}, {}}));
  EXPECT_EQ(script.sections[1],
            (Section{Direction::upgrade, true, true, {{"CREATE TABLE t (a)", {"make t"}, 12, 1}}, {}}));
  EXPECT_EQ(script.sections[2],
            (Section{Direction::upgrade,
                     false,
                     false,
                     {{"VACUUM", {}, 14, 3}, {"BEGIN", {}, 14, 11}, {"COMMIT", {}, 14, 18}},
                     {}}));
  EXPECT_TRUE(script.has_changes);
  EXPECT_THAT(script.changes, IsEmpty());
}

TEST(ScriptParse, MayHaveNoSections) {
  const Script script = parsed("");
  EXPECT_THAT(script.sections, IsEmpty());
  EXPECT_FALSE(script.has_changes);
  EXPECT_EQ(script.revision.id, "a1");
}

TEST(ScriptParse, KeepsCommentsOfHeaderStatementsAndSections) {
  const Script script = parse_script(
      "-- message\n--\n-- free\n--\n--  indented\n--\n-- [migration]\n-- revision = \"a1\"\n-- down_revision "
      "= \"\"\n"
      "-- dialect = \"sqlite\"\n-- migrate: upgrade\n-- of the section\n\n-- of the statement\nSELECT 1;\n"
      "-- at the end\n\n-- and more\n-- migrate: downgrade\n-- nothing is undone",
      "a.sql", sqlite_text());
  EXPECT_THAT(script.comments, ElementsAre("free", "", " indented"));
  ASSERT_EQ(script.sections.size(), 2U);
  EXPECT_THAT(script.sections[0].statements.at(0).comments, ElementsAre("of the statement"));
  EXPECT_THAT(script.sections[0].comments, ElementsAre("at the end", "and more"));
  EXPECT_THAT(script.sections[1].comments, ElementsAre("nothing is undone"));
}

TEST(ScriptParse, ReadsChanges) {
  const Script script = parsed(
      "-- migrate: changes\n"
      "--\n"
      "-- {\"add_column\": {\"table\": \"t\", \"column\": {\"name\": \"it's\", \"type\": \"DOUBLE\"}}}\n"
      "\n"
      "-- {\"rename_table\": {\"from\": \"t\", \"to\": \"u\"}}\n");
  ASSERT_EQ(script.changes.size(), 2U);
  EXPECT_EQ(std::get<AddColumn>(script.changes[0]).column.name, "it's");
  EXPECT_EQ(std::get<RenameTable>(script.changes[1]).to.name, "u");
}

TEST(ScriptParse, RefusesBadChangesWhereTheyStand) {
  EXPECT_THAT(script_failure("-- migrate: changes\n--   {\"add_column\": }\n"),
              HasSubstr("  --> a.sql:8:21\n   |\n 8 | --   {\"add_column\": }\n   |                     ^"));
  EXPECT_THAT(script_failure("-- migrate: changes\n-- {\"ad_column\": {}}\n"),
              HasSubstr("operation 'ad_column' is unknown\n  --> a.sql:8:4"));
  EXPECT_THAT(script_failure("-- migrate: changes\nSELECT 1;\n"),
              HasSubstr("a section of changes has only lines '-- {...}'\n  --> a.sql:8:1"));
  EXPECT_THAT(script_failure("-- migrate: changes\n/* -- {} */\n"), HasSubstr("has only lines"));
  EXPECT_THAT(script_failure("-- migrate: changes\n-- migrate: changes\n"),
              HasSubstr("the script has a second section of changes\n  --> a.sql:8:1"));
}

TEST(ScriptParse, RefusesUnknownMarkersAndOptions) {
  EXPECT_EQ(script_failure("-- migrate: upgarde\n"),
            "error: 'upgarde' is not a section\n"
            "  --> a.sql:7:13\n"
            "   |\n"
            " 7 | -- migrate: upgarde\n"
            "   |             ^\n"
            "  = help: did you mean 'upgrade'?");
  EXPECT_THAT(script_failure("-- migrate:up\n"), HasSubstr("'up' is not a section\n  --> a.sql:7:12"));
  EXPECT_THAT(script_failure("-- migrate:\n"), HasSubstr("known are upgrade, downgrade, changes"));
  EXPECT_EQ(script_failure("-- migrate: upgrade transaction=of\n"),
            "error: 'transaction=of' is not an option of a section\n"
            "  --> a.sql:7:21\n"
            "   |\n"
            " 7 | -- migrate: upgrade transaction=of\n"
            "   |                     ^\n"
            "  = help: did you mean 'transaction=off'?");
  EXPECT_THAT(script_failure("-- migrate: upgrade transaction=off transaction=off\n"),
              HasSubstr("'transaction=off' is not an option that may be repeated"));
  EXPECT_THAT(script_failure("-- migrate: changes transaction=off\n"),
              HasSubstr("'transaction=off' is not an option of the changes, which have none"));
  EXPECT_THAT(script_failure("--migrate: upgrade\n"),
              HasSubstr("a marker is not written like '--migrate: upgrade'"));
}

TEST(ScriptParse, RefusesStatementsOutsideOfSections) {
  EXPECT_EQ(script_failure("\n  SELECT 1;\n"),
            "error: a statement stands outside of every section\n"
            "  --> a.sql:8:3\n"
            "   |\n"
            " 8 |   SELECT 1;\n"
            "   |   ^\n"
            "  = help: begin a section with the line '-- migrate: upgrade'");
}

TEST(ScriptParse, RefusesTransactionControlInATransaction) {
  EXPECT_EQ(script_failure("-- migrate: upgrade\nSELECT 1; commit;\n"),
            "error: 'COMMIT' in a section that is one transaction by itself\n"
            "  --> a.sql:8:11\n"
            "   |\n"
            " 8 | SELECT 1; commit;\n"
            "   |           ^\n"
            "  = help: remove it; what needs a transaction of its own goes into a section of its own, behind "
            "another '-- migrate: upgrade'");
  for (const std::string control :
       {"BEGIN", "START TRANSACTION", "END", "ROLLBACK", "SAVEPOINT x", "RELEASE x", "ABORT"}) {
    EXPECT_THAT(script_failure("-- migrate: downgrade\n" + control + ";"),
                HasSubstr("in a section that is one transaction by itself"))
        << control;
  }
}

TEST(ScriptParse, RefusesToSwitchForeignKeys) {
  for (const std::string option : {"", " transaction=off", " foreign_keys=on"}) {
    EXPECT_THAT(script_failure("-- migrate: upgrade" + option + "\nPRAGMA foreign_keys = OFF;\n"),
                HasSubstr("a script must not switch foreign keys on or off\n  --> a.sql:8:1"));
  }
  EXPECT_EQ(script_failure("-- migrate: upgrade\nPRAGMA foreign_key_check;\n"), "no error");
}

TEST(ScriptParse, RefusesOpenEndsWhereTheyBegin) {
  EXPECT_THAT(script_failure("-- migrate: upgrade\nSELECT 'a;\n-- migrate: downgrade\n"),
              HasSubstr("the string that opens here is never closed\n  --> a.sql:8:8"));
}

TEST(ScriptParse, RefusesWhatIsNoText) {
  EXPECT_EQ(script_failure(std::string("-- migrate: upgrade\nSELECT '\0';\n", 32)),
            "error: the file is not text: it has a NUL byte\n  --> a.sql:8:9");
  EXPECT_THAT(script_failure("-- migrate: upgrade\nSELECT 'a\rb';\n"),
              HasSubstr("a carriage return that no line feed follows\n  --> a.sql:8:10"));
  EXPECT_THAT(script_failure("-- migrate: upgrade\nSELECT 1;\r"),
              HasSubstr("the file ends with a carriage return"));
  EXPECT_THAT(script_failure("-- migrate: upgrade\nSELECT '\xF0\x9F"),
              HasSubstr("it ends in the middle of a character"));
}

TEST(ScriptParse, GivesUpOnAHeaderWithoutEnd) {
  std::string text = "-- a\n";
  for (int i = 0; i < 100000; ++i) {
    text += "-- and so on and on\n";
  }
  EXPECT_THAT(test::failure_of([&] { survey_script(chunks_of(text), "a.sql", sqlite_text()); }),
              HasSubstr("the header has no end within 1048576 bytes"));
}

TEST(ScriptParse, ReadsLineEndsOfWindowsAsOurs) {
  const std::string body = "-- migrate: upgrade\n-- c\nSELECT 'a\nb';\n\n-- migrate: changes\n--\n";
  std::string windows = "\xEF\xBB\xBF";
  for (const char c : kHeader + body) {
    windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  }
  EXPECT_EQ(parse_script(windows, "a.sql", sqlite_text()), parsed(body));
}

}  // namespace
}  // namespace metaxy::migrate
