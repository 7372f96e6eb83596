// What live may be without being a difference (metaxy contract, E4; decision 2).

#include "metaxy/accept.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metaxy/tables.hpp"
#include "unit/metaxy/fake_dialect.hpp"

namespace metaxy::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Column column(const std::string& name, const std::string& type, bool is_nullable = true) {
  Column result;
  result.name = name;
  result.type = parse_type(type);
  result.is_nullable = is_nullable;
  return result;
}

Table table(const std::string& name, std::vector<Column> columns) {
  Table result;
  result.name.name = name;
  result.columns = std::move(columns);
  return result;
}

Schema schema(const Table& one) { return {{one.name, one}}; }

Index index(const std::string& name, const std::string& column_name, bool is_unique = false) {
  Index result;
  result.name = name;
  IndexPart part;
  part.column = column_name;
  result.parts.push_back(part);
  result.is_unique = is_unique;
  return result;
}

Accepted accept(const Table& wanted, const Table& live, const AcceptOptions& options = {},
                const FakeDialect& dialect = {}) {
  return accept_alternatives(schema(wanted), schema(live), dialect, options);
}

/// Whether nothing is left to do. The tables are compared as `diff` compares them.
bool is_same(const Accepted& accepted) { return equivalent(accepted.wanted, accepted.live); }

constexpr std::string_view kSeverities[] = {"error", "warning", "info"};

std::vector<std::string> notes_of(const Accepted& accepted) {
  std::vector<std::string> lines;
  for (const AcceptNote& note : accepted.notes) {
    lines.push_back(std::string(kSeverities[static_cast<std::size_t>(note.severity)]) + " " + to_text(note));
  }
  return lines;
}

const AcceptOptions kModel = {.wanted = AcceptOptions::Wanted::model, .managed = nullptr};

TEST(Accept, EqualTablesHaveNoDifferenceAndNoNotes) {
  const Table one = table("t", {column("a", "TEXT", false)});
  const Accepted accepted = accept(one, one);
  EXPECT_TRUE(is_same(accepted));
  EXPECT_THAT(accepted.notes, IsEmpty());
  EXPECT_THAT(accepted.unmanaged, IsEmpty());
}

TEST(Accept, LaxerNullabilityIsNoDifference) {
  EXPECT_TRUE(
      is_same(accept(table("t", {column("a", "TEXT", false)}), table("t", {column("a", "TEXT", true)}))));
}

TEST(Accept, StricterNullabilityIsADifference) {
  const Accepted accepted =
      accept(table("t", {column("a", "TEXT", true)}), table("t", {column("a", "TEXT", false)}));
  EXPECT_FALSE(is_same(accepted));
  EXPECT_THAT(notes_of(accepted),
              ElementsAre("error 't.a': it is NOT NULL, but may be NULL: writes that leave it empty fail"));
}

TEST(Accept, AcceptedTypesAreTakenOver) {
  FakeDialect dialect;
  dialect.acceptances[{"UUID", "TEXT"}] = {Acceptance::Verdict::accepted, ""};
  dialect.acceptances[{"TIMESTAMPTZ", "TIMESTAMP"}] = {Acceptance::Verdict::accepted_with_warning,
                                                       "it has no zone"};
  const Accepted accepted = accept(table("t", {column("a", "UUID"), column("b", "TIMESTAMPTZ")}),
                                   table("t", {column("a", "TEXT"), column("b", "TIMESTAMP")}), {}, dialect);
  EXPECT_TRUE(is_same(accepted));
  EXPECT_THAT(notes_of(accepted),
              ElementsAre("warning 't.b': it is TIMESTAMP, wanted is TIMESTAMPTZ: it has no zone"));
}

TEST(Accept, OtherTypesAreDifferencesWithTheDialectsReason) {
  FakeDialect dialect;
  dialect.acceptances[{"MAP(TEXT, TEXT)", "STRUCT(\"a\" TEXT)"}] = {Acceptance::Verdict::different,
                                                                    "writes fail"};
  const Accepted accepted = accept(
      table("t", {column("metaxy_provenance_by_field", "MAP(TEXT, TEXT)"), column("x", "DATE")}),
      table("t", {column("metaxy_provenance_by_field", "STRUCT(a TEXT)"), column("x", "TEXT")}), {}, dialect);
  EXPECT_EQ(accepted.wanted.at({"", "t"}).columns[0].type, parse_type("MAP(TEXT, TEXT)"));
  EXPECT_EQ(accepted.wanted.at({"", "t"}).columns[1].type, parse_type("DATE"));
  EXPECT_THAT(notes_of(accepted), ElementsAre("error 't.metaxy_provenance_by_field': writes fail"));
}

TEST(Accept, StructsOnlyEverGainMembers) {
  const Accepted accepted = accept(table("t", {column("s", "STRUCT(b TEXT, c TEXT)")}),
                                   table("t", {column("s", "STRUCT(old TEXT, b TEXT)")}));
  EXPECT_EQ(to_text(accepted.wanted.at({"", "t"}).columns[0].type),
            R"(STRUCT("old" TEXT, "b" TEXT, "c" TEXT))");
}

TEST(Accept, StructsInsideOtherTypesAreMergedToo) {
  FakeDialect dialect;
  dialect.acceptances[{"UUID", "TEXT"}] = {Acceptance::Verdict::accepted, ""};
  const Accepted accepted =
      accept(table("t", {column("s", "MAP(TEXT, STRUCT(a UUID, s STRUCT(y DATE))[])")}),
             table("t", {column("s", "MAP(TEXT, STRUCT(s STRUCT(x DATE), a TEXT)[])")}), {}, dialect);
  EXPECT_EQ(to_text(accepted.wanted.at({"", "t"}).columns[0].type),
            R"(MAP(TEXT, STRUCT("s" STRUCT("x" DATE, "y" DATE), "a" TEXT)[]))");
}

TEST(Accept, AMemberOfAnotherTypeIsADifference) {
  const Accepted accepted = accept(table("t", {column("s", "STRUCT(a DATE)")}),
                                   table("t", {column("s", "STRUCT(a TEXT, b TEXT)")}));
  EXPECT_EQ(to_text(accepted.wanted.at({"", "t"}).columns[0].type), R"(STRUCT("a" DATE, "b" TEXT))");
}

TEST(Accept, ColumnOrderIsNoDifferenceAndNewColumnsComeLast) {
  const Accepted accepted =
      accept(table("t", {column("new", "TEXT"), column("a", "TEXT"), column("b", "TEXT")}),
             table("t", {column("b", "TEXT"), column("a", "TEXT")}));
  std::vector<std::string> names;
  for (const Column& one : accepted.wanted.at({"", "t"}).columns) {
    names.push_back(one.name);
  }
  EXPECT_THAT(names, ElementsAre("b", "a", "new"));
}

TEST(Accept, ExtraColumnsStayOnBothSidesAndAreReported) {
  Column filled = column("c", "TEXT", false);
  filled.default_sql = "''";
  const Accepted accepted =
      accept(table("t", {column("a", "TEXT")}),
             table("t", {column("a", "TEXT"), column("b", "TEXT"), filled, column("d", "TEXT", false)}));
  EXPECT_TRUE(is_same(accepted));
  EXPECT_THAT(
      notes_of(accepted),
      ElementsAre("info 't.b': neither model nor scripts know it: it is left alone",
                  "info 't.c': neither model nor scripts know it: it is left alone",
                  "warning 't.d': neither model nor scripts know it, and it is NOT NULL without a default: "
                  "inserts without it fail"));
  EXPECT_THAT(accepted.unmanaged, ElementsAre(Unmanaged{Unmanaged::Kind::column, {"", "t"}, "b"},
                                              Unmanaged{Unmanaged::Kind::column, {"", "t"}, "c"},
                                              Unmanaged{Unmanaged::Kind::column, {"", "t"}, "d"}));
}

TEST(Accept, AColumnThatTheDatabaseFillsIsNotInTheWayOfInserts) {
  Table live = table("t", {column("a", "TEXT"), column("s", "BIGINT", false), column("i\"d", "BIGINT", false),
                           column("n", "BIGINT", false)});
  live.options = {"SERIAL (\"s\")", "IDENTITY (\"i\"\"d\") ALWAYS", "PARTITION BY LIST (\"n\")"};
  EXPECT_THAT(notes_of(accept(table("t", {column("a", "TEXT")}), live)),
              ElementsAre("info 't.s': neither model nor scripts know it: it is left alone",
                          "info 't.i\"d': neither model nor scripts know it: it is left alone",
                          "warning 't.n': neither model nor scripts know it, and it is NOT NULL without a "
                          "default: inserts without it fail"));
}

TEST(Accept, WhatOnlyTheScriptsKnowIsADifference) {
  Table scripted = table("t", {column("a", "TEXT"), column("left", "TEXT")});
  scripted.indexes = {index("ix_left", "left")};
  scripted.constraints = {Unique{"", {"a"}}};
  const Schema managed = schema(scripted);
  const Accepted accepted = accept(table("t", {column("a", "TEXT")}), scripted,
                                   {.wanted = AcceptOptions::Wanted::model, .managed = &managed});
  EXPECT_EQ(accepted.wanted.at({"", "t"}), table("t", {column("a", "TEXT")}));
  EXPECT_EQ(accepted.live.at({"", "t"}), scripted);
  EXPECT_THAT(accepted.unmanaged, IsEmpty());
}

TEST(Accept, TablesThatNobodyKnowsAreSetAside) {
  const Schema live = {{{"", "t"}, table("t", {column("a", "TEXT")})},
                       {{"", "x"}, table("x", {column("a", "TEXT")})},
                       {{"", "y"}, table("y", {column("a", "TEXT")})}};
  const Schema managed = schema(table("y", {column("a", "TEXT")}));
  const Accepted accepted =
      accept_alternatives(schema(table("t", {column("a", "TEXT")})), live, FakeDialect(),
                          {.wanted = AcceptOptions::Wanted::scripts, .managed = &managed});
  EXPECT_EQ(accepted.live.count({"", "x"}), 0U);
  EXPECT_EQ(accepted.live.count({"", "y"}), 1U);
  EXPECT_THAT(accepted.unmanaged, ElementsAre(Unmanaged{Unmanaged::Kind::table, {"", "x"}, ""}));
}

TEST(Accept, AMissingTableStaysWanted) {
  const Accepted accepted = accept_alternatives(schema(table("t", {column("a", "TEXT")})), {}, FakeDialect());
  EXPECT_EQ(accepted.wanted.size(), 1U);
  EXPECT_THAT(accepted.live, IsEmpty());
}

TEST(Accept, ConstraintNamesAreNoDifference) {
  Table wanted = table("t", {column("a", "TEXT", false)});
  wanted.constraints = {PrimaryKey{"t_pk", {"a"}}, Check{"positive", "a > 0"}};
  Table live = wanted;
  live.constraints = {PrimaryKey{"other", {"a"}}, Check{"", "a > 0"}};
  const Accepted accepted = accept(wanted, live);
  EXPECT_EQ(accepted.wanted.at({"", "t"}).constraints, accepted.live.at({"", "t"}).constraints);
}

TEST(Accept, ExtraConstraintsAndIndexesStayOnBothSides) {
  const Table wanted = table("t", {column("a", "INTEGER"), column("b", "INTEGER")});
  Table live = wanted;
  live.constraints = {Check{"", "a > 0"}, ForeignKey{"fk", {"a"}, {"", "u"}, {"id"}, "", "", ""}};
  live.indexes = {index("mine", "b")};
  live.triggers = {{"tr", "CREATE TRIGGER ..."}};
  const Accepted accepted = accept(wanted, live);
  EXPECT_TRUE(is_same(accepted));
  EXPECT_EQ(accepted.wanted.at({"", "t"}).triggers, live.triggers);
  EXPECT_THAT(accepted.unmanaged,
              ElementsAre(Unmanaged{Unmanaged::Kind::constraint, {"", "t"}, "check (a > 0)"},
                          Unmanaged{Unmanaged::Kind::constraint, {"", "t"}, "fk"},
                          Unmanaged{Unmanaged::Kind::index, {"", "t"}, "mine"}));
}

TEST(Accept, AnotherPrimaryKeyIsADifference) {
  Table wanted = table("t", {column("a", "TEXT", false), column("b", "TEXT", false)});
  wanted.constraints = {PrimaryKey{"", {"a", "b"}}};
  Table live = wanted;
  live.constraints = {PrimaryKey{"", {"a"}}};
  const Accepted accepted = accept(wanted, live);
  EXPECT_EQ(accepted.wanted.at({"", "t"}).constraints, wanted.constraints);
  EXPECT_THAT(accepted.unmanaged, IsEmpty());
}

TEST(Accept, AKeyThatIsStillToComeNeedsItsColumnsFilled) {
  Table wanted = table("t", {column("a", "TEXT", false), column("b", "TEXT", false)});
  wanted.constraints = {PrimaryKey{"", {"a"}}};
  const Accepted accepted = accept(wanted, table("t", {column("a", "TEXT"), column("b", "TEXT")}));
  EXPECT_FALSE(accepted.wanted.at({"", "t"}).columns[0].is_nullable);
  EXPECT_TRUE(accepted.wanted.at({"", "t"}).columns[1].is_nullable);
}

TEST(Accept, AColumnOfAKeyThatNobodyAskedForStaysNotNull) {
  Table live = table("t", {column("a", "TEXT", false)});
  live.constraints = {PrimaryKey{"", {"a"}}};
  const Accepted accepted = accept(table("t", {column("a", "TEXT", true)}), live);
  EXPECT_TRUE(is_same(accepted));
  EXPECT_THAT(notes_of(accepted),
              ElementsAre("error 't.a': it is part of a primary key, but may be NULL: writes that "
                          "leave it empty fail"));
}

TEST(Accept, AnIndexIsTheSameUnderAnotherName) {
  Table wanted = table("t", {column("a", "TEXT")});
  wanted.indexes = {index("ix_t_a", "a")};
  Table live = wanted;
  live.indexes = {index("metaxy_idx", "a")};
  EXPECT_TRUE(is_same(accept(wanted, live)));
  live.indexes = {index("ix_t_a", "a", true)};
  EXPECT_FALSE(is_same(accept(wanted, live)));
}

TEST(Accept, OneLiveIndexDoesNotStandForTwo) {
  Table wanted = table("t", {column("a", "TEXT")});
  wanted.indexes = {index("x", "a"), index("y", "a")};
  Table live = wanted;
  live.indexes = {index("y", "a")};
  EXPECT_EQ(accept(wanted, live).wanted.at({"", "t"}).indexes, wanted.indexes);
  live.indexes = {index("z", "a")};
  EXPECT_EQ(accept(wanted, live).wanted.at({"", "t"}).indexes,
            (std::vector<Index>{index("y", "a"), index("z", "a")}));
}

TEST(Accept, NothingIsKeptThatNeedsADroppedColumn) {
  Table live = table("t", {column("a", "TEXT"), column("left", "TEXT")});
  const Schema managed = schema(live);
  live.constraints = {Unique{"", {"left"}}};
  live.indexes = {index("mine", "left")};
  const Accepted accepted = accept(table("t", {column("a", "TEXT")}), live,
                                   {.wanted = AcceptOptions::Wanted::model, .managed = &managed});
  EXPECT_EQ(accepted.wanted.at({"", "t"}), table("t", {column("a", "TEXT")}));
}

TEST(Accept, CommentsAreNeverDrift) {
  Table wanted = table("t", {column("a", "TEXT")});
  Table live = wanted;
  wanted.comment = "model";
  wanted.columns[0].comment = "model";
  EXPECT_TRUE(is_same(accept(wanted, live)));
  EXPECT_TRUE(is_same(accept(live, wanted)));
}

TEST(Accept, ANewCommentOfTheModelIsADifference) {
  Table wanted = table("t", {column("a", "TEXT")});
  const Table live = wanted;
  wanted.columns[0].comment = "model";
  EXPECT_FALSE(is_same(accept(wanted, live, kModel)));
  EXPECT_TRUE(is_same(accept(live, wanted, kModel)));
}

TEST(Accept, WhatAModelNeverSaysIsLivesOwn) {
  const Table wanted = table("t", {column("a", "TEXT")});
  Table live = wanted;
  live.columns[0].default_sql = "'x'";
  live.columns[0].collation = "NOCASE";
  live.options = {"STRICT"};
  EXPECT_TRUE(is_same(accept(wanted, live, kModel)));
  EXPECT_FALSE(is_same(accept(wanted, live)));
}

TEST(Accept, ANameThatDiffersInCaseIsAnErrorAndNeverADrop) {
  const Accepted accepted =
      accept(table("t", {column("path", "TEXT")}), table("t", {column("Path", "TEXT")}));
  EXPECT_TRUE(is_same(accepted));
  EXPECT_THAT(notes_of(accepted),
              ElementsAre("error 't.Path': it is wanted as 'path': Metaxy does not find a column "
                          "whose name differs in case; rename it"));
  FakeDialect exact;
  exact.abilities.has_case_sensitive_names = true;
  EXPECT_EQ(accept(table("t", {column("path", "TEXT")}), table("t", {column("Path", "TEXT")}), {}, exact)
                .wanted.at({"", "t"})
                .columns.size(),
            2U);
}

Table system_table_with(const std::vector<std::string>& key) {
  Table result = system_tables(FakeDialect(), {}).schema().at({"", "metaxy_system__feature_versions"});
  if (!key.empty()) {
    result.constraints = {PrimaryKey{"", key}};
  }
  return result;
}

TEST(Accept, ASystemTableWithoutKeyIsNeverDrift) {
  const Accepted accepted = accept(system_table_with({"project", "feature_key", "metaxy_definition_version"}),
                                   system_table_with({}));
  EXPECT_TRUE(is_same(accepted));
  EXPECT_THAT(accepted.notes, IsEmpty());
}

TEST(Accept, AsMetaxyCreatesItASystemTableIsNoDrift) {
  Table live = system_table_with({});
  for (Column& one : live.columns) {
    one.is_nullable = true;
  }
  EXPECT_TRUE(is_same(accept(system_table_with({}), live)));
}

TEST(Accept, TheExportedKeyThatBreaksPushIsWarnedAbout) {
  const std::string warning =
      "error 'metaxy_system__feature_versions': its key (project, feature_key, metaxy_definition_version) "
      "makes "
      "`metaxy push` fail as soon as one feature changes: drop the key";
  const Table live = system_table_with({"project", "feature_key", "metaxy_definition_version"});
  EXPECT_THAT(notes_of(accept(system_table_with({}), live)), ElementsAre(warning));
  EXPECT_TRUE(is_same(accept(system_table_with({}), live)));
  EXPECT_THAT(notes_of(accept(live, live)), ElementsAre(warning));
  EXPECT_THAT(notes_of(accept(system_table_with({}),
                              system_table_with({"project", "feature_key", "metaxy_definition_version",
                                                 "metaxy_project_version", "recorded_at"}))),
              IsEmpty());
}

Table feature_table_with(std::vector<Constraint> constraints) {
  FeatureDefinition clip;
  clip.key = "clip";
  clip.id_columns = {"id"};
  clip.fields = {"default"};
  clip.columns.resize(1);
  clip.columns[0].name = "id";
  const std::vector<FeatureDefinition> definitions = {clip};
  Table result = feature_tables(definitions, FakeDialect(), {}).schema().at({"", "clip"});
  result.constraints = std::move(constraints);
  return result;
}

TEST(Accept, KeysOfFeatureTablesThatStopMetaxyAreWarnedAbout) {
  EXPECT_THAT(
      notes_of(accept(feature_table_with({}), feature_table_with({PrimaryKey{"", {"id"}}}))),
      ElementsAre("error 'clip': its key (id) makes Metaxy's writes fail: it appends a new row for each new "
                  "version"));
  EXPECT_THAT(
      notes_of(accept(feature_table_with({}),
                      feature_table_with(
                          {PrimaryKey{"metaxy_pk", {"metaxy_feature_version", "id", "metaxy_updated_at"}}}))),
      ElementsAre("error 'clip': its key (metaxy_feature_version, id, metaxy_updated_at) makes Metaxy's soft "
                  "deletes fail, which repeat these values"));
  Table live = feature_table_with({});
  live.indexes = {index("u", "id", true)};
  EXPECT_THAT(
      notes_of(accept(feature_table_with({}), live)),
      ElementsAre("error 'clip': its key (id) makes Metaxy's writes fail: it appends a new row for each new "
                  "version"));
  live.indexes = {index("u", "id", false)};
  EXPECT_THAT(notes_of(accept(feature_table_with({}), live)), IsEmpty());
}

}  // namespace
}  // namespace metaxy::migrate
