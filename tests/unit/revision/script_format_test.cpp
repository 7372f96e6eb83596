#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/failure.hpp"
#include "unit/revision/script_support.hpp"

namespace metaxy::migrate {
namespace {

using testing::HasSubstr;

Script small_script() {
  Script script;
  script.revision.id = "a1";
  script.revision.message = "a message";
  script.revision.dialect = "sqlite";
  script.sections = {{Direction::upgrade, true, false, {{"SELECT 1", {}}}, {}}};
  return script;
}

std::string refusal(const Script& script) {
  return test::failure_of([&] { format_script(script, sqlite_text()); });
}

TEST(ScriptFormat, IsWhatADatabaseAdministratorCanRead) {
  const std::string text =
      "-- add clip duration\n"
      "--\n"
      "-- [migration]\n"
      "-- revision = \"7f3a51c09be2\"\n"
      "-- down_revision = \"51c09be2a7d4\"       # \"\" = base; [\"a\", \"b\"] = merge\n"
      "-- created = 2026-11-22T13:05:00Z\n"
      "-- dialect = \"duckdb\"\n"
      "\n"
      "-- migrate: upgrade\n"
      "\n"
      "-- add column video__clip.duration\n"
      "ALTER TABLE \"video__clip\" ADD COLUMN \"duration\" DOUBLE;\n"
      "\n"
      "-- migrate: downgrade\n"
      "\n"
      "-- drop column video__clip.duration\n"
      "-- destructive: the values of duration are lost\n"
      "ALTER TABLE \"video__clip\" DROP COLUMN \"duration\";\n"
      "\n"
      "-- migrate: changes\n"
      "-- {\"add_column\": {\"table\": \"video__clip\", \"column\": {\"name\": \"duration\", \"type\": "
      "\"DOUBLE\"}}}\n";
  EXPECT_EQ(format_script(parse_script(text, "a.sql", postgres_text()), postgres_text()), text);
}

TEST(ScriptFormat, WritesAllOfAHeader) {
  Script script = small_script();
  script.revision.down_revisions = {"b", "c"};
  script.revision.branch_labels = {"x"};
  script.revision.depends_on = {"d", "e-f"};
  script.revision.table_prefix = "p\"\\\n";
  script.revision.replaces = {"g"};
  script.comments = {"why", "", "more"};
  script.sections = {{Direction::upgrade, false, true, {}, {"nothing to do", "really"}}};
  EXPECT_EQ(format_script(script, sqlite_text()),
            "-- a message\n"
            "--\n"
            "-- why\n"
            "--\n"
            "-- more\n"
            "--\n"
            "-- [migration]\n"
            "-- revision = \"a1\"\n"
            "-- down_revision = [\"b\", \"c\"]\n"
            "-- dialect = \"sqlite\"\n"
            "-- branch_labels = [\"x\"]\n"
            "-- depends_on = [\"d\", \"e-f\"]\n"
            "-- table_prefix = \"p\\\"\\\\\\u000A\"\n"
            "-- replaces = [\"g\"]\n"
            "\n"
            "-- migrate: upgrade transaction=off foreign_keys=on\n"
            "\n"
            "-- nothing to do\n"
            "-- really\n");
}

TEST(ScriptFormat, NeedsNoMessage) {
  Script script = small_script();
  script.revision.message.clear();
  EXPECT_THAT(format_script(script, sqlite_text()), testing::StartsWith("-- [migration]\n"));
  script.comments = {"why"};
  EXPECT_THAT(format_script(script, sqlite_text()),
              testing::StartsWith("--\n--\n-- why\n--\n-- [migration]\n"));
}

TEST(ScriptFormat, RefusesWhatIsNotOneLine) {
  Script script = small_script();
  script.revision.message = "two\nlines";
  EXPECT_EQ(
      refusal(script),
      "error: a message of several lines cannot be written: 'two lines'\n  = help: shorten it to one line");
  script = small_script();
  script.sections[0].statements[0].comments = {"a\n-- destructive: no"};
  EXPECT_THAT(refusal(script), HasSubstr("a comment of several lines cannot be written"));
}

TEST(ScriptFormat, RefusesWhatLooksLikeAMarker) {
  for (const std::string text : {"migrate: upgrade", " Migrate : x", "migrate downgrade"}) {
    Script script = small_script();
    script.revision.message = text;
    EXPECT_THAT(refusal(script), HasSubstr("a message must not look like the marker of a section")) << text;
    script = small_script();
    script.comments = {text};
    EXPECT_THAT(refusal(script), HasSubstr("a comment must not look like the marker of a section")) << text;
    script = small_script();
    script.sections[0].statements[0].comments = {text};
    EXPECT_THAT(refusal(script), HasSubstr("a comment must not look like the marker of a section")) << text;
    script = small_script();
    script.sections[0].comments = {text};
    EXPECT_THAT(refusal(script), HasSubstr("a comment must not look like the marker of a section")) << text;
  }
}

TEST(ScriptFormat, RefusesWhatIsNotExactlyOneStatement) {
  for (const std::string text :
       {"", " SELECT 1", "SELECT 1; SELECT 2", "SELECT 1;", "SELECT 'a", "SELECT 1 -- c",
        "SELECT 1\n-- migrate: downgrade\n", "/* c */ SELECT 1", "SELECT (1"}) {
    Script script = small_script();
    script.sections[0].statements[0].text = text;
    EXPECT_EQ(refusal(script), "error: this is not exactly one statement: '" + text + "'");
  }
}

TEST(ScriptFormat, RefusesWhatWouldNotReadBackTheSame) {
  Script script = small_script();
  script.sections[0].statements[0].text = "COMMIT";
  EXPECT_THAT(refusal(script),
              HasSubstr("revision 'a1' cannot be written as a script: 'COMMIT' in a section"));
  script = small_script();
  script.revision.id = "head";
  EXPECT_THAT(refusal(script), HasSubstr("'head' is not a revision id"));
  script = small_script();
  script.revision.created = "yesterday";
  EXPECT_THAT(refusal(script), HasSubstr("cannot be written as a script"));
  script = small_script();
  script.revision.message = "blank at the end ";
  EXPECT_THAT(refusal(script), HasSubstr("it would not read back the same"));
  script = small_script();
  script.revision.message = "[migration]";
  EXPECT_THAT(refusal(script), HasSubstr("cannot be written as a script"));
  script = small_script();
  script.sections[0].statements[0].text = "SELECT 'a\r\nb'";
  EXPECT_THAT(refusal(script), HasSubstr("it would not read back the same"));
  script = small_script();
  script.changes = {RenameTable{{"", "a"}, {"", "b"}}};
  EXPECT_THAT(refusal(script), HasSubstr("it would not read back the same"));
}

}  // namespace
}  // namespace metaxy::migrate
