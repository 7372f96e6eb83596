// Enums: their labels are part of a column's type, are only ever added, and no change of them is silent.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "diff/diff.hpp"
#include "plan/merge.hpp"
#include "support/postgres_server.hpp"
#include "support/tables.hpp"
#include "unit/postgresql/sections.hpp"

namespace metaxy::migrate::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Verdict = Acceptance::Verdict;

/// A table `clip` with a column of each type, `c0`, `c1` and so on.
Schema with_columns(const std::vector<std::string>& types) {
  std::vector<Column> columns;
  for (const std::string& type : types) {
    Column made = column(fmt::format("c{}", columns.size()), type);
    made.type = postgresql_dialect().canonical_type(made.type);
    columns.push_back(std::move(made));
  }
  return postgresql_dialect().canonical(schema({table("clip", columns)}));
}

void migrate(Connection& connection, const Schema& before, const Schema& after) {
  run_sections(connection, postgresql_dialect().render(before, after, diff(before, after), {}));
}

std::string words_of_change(const std::string& before, const std::string& after) {
  try {
    sections(with_columns({before}), with_columns({after}));
  } catch (const Error& error) {
    return describe(error);
  }
  return "no error";
}

TEST(PostgresqlEnums, WithoutANameHaveThatOfTheirColumn) {
  EXPECT_EQ(to_text(with_columns({"ENUM('a', 'b')"}).begin()->second.columns[0].type),
            "clip_c0 ENUM('a', 'b')");
  EXPECT_EQ(to_text(with_columns({"Mood ENUM('a')[]"}).begin()->second.columns[0].type), "mood ENUM('a')[]");
}

TEST(PostgresqlEnums, AreCreatedBeforeAndDroppedBehindTheTablesThatUseThem) {
  const Schema after = with_columns({"mood ENUM('sad', 'it''s ok')", "mood ENUM('sad', 'it''s ok')[]"});
  EXPECT_THAT(sections({}, after),
              ElementsAre(ElementsAre("DO $$ BEGIN\n  CREATE TYPE mood AS ENUM ('sad', 'it''s ok');\n"
                                      "EXCEPTION WHEN duplicate_object THEN NULL;\nEND $$",
                                      "CREATE TABLE \"clip\" (\n  \"c0\" mood,\n  \"c1\" mood[]\n)")));
  EXPECT_THAT(sections(after, {}),
              ElementsAre(ElementsAre("DROP TABLE \"clip\"",
                                      "DO $$ BEGIN\n  DROP TYPE mood;\n"
                                      "EXCEPTION WHEN dependent_objects_still_exist THEN NULL;\nEND $$")));
}

TEST(PostgresqlEnums, GetNewLabelsWhereTheModelHasThem) {
  EXPECT_THAT(
      sections(with_columns({"mood ENUM('b', 'd')", "mood ENUM('b', 'd')"}),
               with_columns({"mood ENUM('a', 'b', 'c', 'd', 'e')", "mood ENUM('a', 'b', 'c', 'd', 'e')"})),
      ElementsAre(ElementsAre("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'a' BEFORE 'b'",
                              "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'c' AFTER 'b'",
                              "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'e'")));
}

TEST(PostgresqlEnums, ANewLabelIsCommittedBeforeAStatementThatUsesIt) {
  const Schema before = with_columns({"mood ENUM('a')"});
  Schema after = with_columns({"mood ENUM('a', 'b')"});
  after.begin()->second.columns[0].default_sql = "'b'";
  EXPECT_THAT(sections(before, after),
              ElementsAre(ElementsAre("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'b'"),
                          ElementsAre("ALTER TABLE \"clip\" ALTER COLUMN \"c0\" SET DEFAULT 'b'")));
  const TestSchema place;
  const auto connection = place.connected();
  migrate(*connection, {}, before);
  migrate(*connection, before, after);
  EXPECT_TRUE(equivalent(reflected(*connection).schema, after));
}

TEST(PostgresqlEnums, LabelsThatGoOrChangeTheirOrderAreRefusedByName) {
  EXPECT_THAT(words_of_change("mood ENUM('a', 'b')", "mood ENUM('a')"),
              HasSubstr("enum 'mood': its labels 'b' cannot be taken away"));
  EXPECT_THAT(words_of_change("mood ENUM('a', 'b')", "mood ENUM('b', 'a')"),
              HasSubstr("enum 'mood': its labels cannot change their order"));
  EXPECT_THAT(words_of_change("mood ENUM('a', 'b')", "mood ENUM('b', 'a', 'c')"),
              HasSubstr("enum 'mood': its labels cannot change their order"));
}

TEST(PostgresqlEnums, AnotherNameTakesTheValuesByLabel) {
  const Schema before = with_columns({"mood ENUM('a', 'b')"});
  const Schema after = with_columns({"feeling ENUM('b', 'a')"});
  const TestSchema place;
  const auto connection = place.connected();
  migrate(*connection, {}, before);
  run(*connection, {"INSERT INTO clip VALUES ('a'), ('b')"});
  migrate(*connection, before, after);
  EXPECT_TRUE(equivalent(reflected(*connection).schema, after));
  EXPECT_THAT(rows(*connection, "SELECT c0 FROM clip ORDER BY c0"), ElementsAre("b", "a"));
  EXPECT_EQ(value(*connection, "SELECT to_regtype('mood')"), "NULL");
}

TEST(PostgresqlEnums, TextBecomesAnEnumAndTextAgain) {
  const Schema before = with_columns({"text"});
  const Schema after = with_columns({"mood ENUM('a', 'b')"});
  const TestSchema place;
  const auto connection = place.connected();
  migrate(*connection, {}, before);
  run(*connection, {"INSERT INTO clip VALUES ('b')"});
  migrate(*connection, before, after);
  EXPECT_TRUE(equivalent(reflected(*connection).schema, after));
  migrate(*connection, after, before);
  EXPECT_TRUE(equivalent(reflected(*connection).schema, before));
  EXPECT_THAT(rows(*connection, "SELECT c0 FROM clip"), ElementsAre("b"));
}

TEST(PostgresqlEnums, AreReadWithTheirLabelsInOrderAndComparedWithDefaultsAndChecks) {
  Table made = table("clip", {column("c0", "\"My Mood\" ENUM('b', 'a', 'c')"),
                              column("c1", "\"My Mood\" ENUM('b', 'a', 'c')[]")});
  made.columns[0].default_sql = "'a'";
  made.columns[1].default_sql = "'{}'";
  made.constraints = {Check{"known", "c0 <> 'c'"}, Check{"some", "c0 IN ('a', 'b')"},
                      Check{"not", "c0 NOT IN ('c', 'a') OR c1 IS NULL"}};
  const Schema wanted = postgresql_dialect().canonical(schema({made}));
  const TestSchema place;
  const auto connection = place.connected();
  migrate(*connection, {}, wanted);
  const Reflected live = reflected(*connection);
  EXPECT_THAT(live.not_compared, IsEmpty());
  EXPECT_THAT(diff(live.schema, wanted), IsEmpty());
}

TEST(PostgresqlEnums, ATypeThatOthersUseOutlivesOurTables) {
  const Schema ours = with_columns({"mood ENUM('a')"});
  const TestSchema place;
  const auto connection = place.connected();
  run(*connection, {"CREATE TYPE mood AS ENUM ('a')", "CREATE TABLE theirs (m mood)"});
  migrate(*connection, {}, ours);
  migrate(*connection, ours, {});
  EXPECT_EQ(value(*connection, "SELECT to_regtype('mood')"), "mood");
}

Acceptance accepted(const std::string& wanted, const std::string& live) {
  return postgresql_dialect().acceptance(ColumnRole::ordinary,
                                         postgresql_dialect().canonical_type(parse_type(wanted)),
                                         postgresql_dialect().canonical_type(parse_type(live)));
}

TEST(PostgresqlEnums, MoreLabelsThanWantedAreAcceptedAndTold) {
  EXPECT_EQ(accepted("mood ENUM('a', 'c')", "mood ENUM('a', 'b', 'c')").verdict,
            Verdict::accepted_with_warning);
  EXPECT_EQ(accepted("mood", "mood ENUM('a')").verdict, Verdict::accepted);
  EXPECT_EQ(accepted("mood ENUM('a', 'b')", "mood ENUM('a')").verdict, Verdict::different);
  EXPECT_EQ(accepted("mood ENUM('a')", "feeling ENUM('a')").verdict, Verdict::different);
  EXPECT_EQ(accepted("mood ENUM('b', 'a')", "mood ENUM('a', 'b')").verdict, Verdict::different);
}

TEST(PostgresqlEnums, KeepLabelsThatLeftTheModelWhenOthersCome) {
  const Type existing = parse_type("mood ENUM('a', 'b', 'c')");
  EXPECT_EQ(to_text(widened(existing, parse_type("mood ENUM('a', 'x', 'c', 'y')"))),
            "mood ENUM('a', 'x', 'b', 'c', 'y')");
}

TEST(PostgresqlEnums, OneNameHasOneMeaning) {
  EXPECT_THROW(with_columns({"mood ENUM('a')", "mood ENUM('b')"}), Error);
  EXPECT_THROW(with_columns({"mood ENUM('a', 'a')"}), Error);
  EXPECT_THROW(with_columns({fmt::format("mood ENUM('{}')", std::string(64, 'x'))}), Error);
}

TEST(PostgresqlEnums, ADowngradeSaysWhichLabelsStay) {
  const AlterType undo{.table = {"", "t"},
                       .column = "c",
                       .from = parse_type("mood ENUM('a', 'b')"),
                       .to = parse_type("mood ENUM('a')")};
  EXPECT_EQ(postgresql_dialect().reason_to_keep(undo),
            "enum mood keeps 'b': PostgreSQL cannot take a label back");
  EXPECT_EQ(postgresql_dialect().reason_to_keep(reversed(Operation(undo))), "");
}

}  // namespace
}  // namespace metaxy::migrate::test
