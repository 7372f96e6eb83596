#include "diff/diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "base/error.hpp"
#include "diff/apply.hpp"
#include "support/tables.hpp"

namespace metaxy::migrate {
namespace {

using test::column;
using test::foreign_key;
using test::index_on;
using test::schema;
using test::table;
using testing::ElementsAre;
using testing::IsEmpty;

/// The operations as people read them.
std::vector<std::string> steps(const Schema& before, const Schema& after, const Renames& renames = {}) {
  std::vector<std::string> lines;
  for (const Operation& operation : diff(before, after, renames)) {
    lines.push_back(summary(operation));
  }
  return lines;
}

Schema frames(std::vector<Column> columns) { return schema({table("frames", std::move(columns))}); }

TEST(Diff, DroppedColumnKeepsItsDefinitionForTheWayBack) {
  Column fps = column("fps", "BIGINT");
  fps.default_sql = "25";
  EXPECT_THAT(diff(frames({column("path", "VARCHAR"), fps}), frames({column("path", "VARCHAR")})),
              ElementsAre(Operation(DropColumn{{"", "frames"}, fps})));
}

TEST(Diff, TheOrderOfColumnsIsNoDifference) {
  EXPECT_THAT(
      steps(frames({column("a", "X"), column("b", "Y")}), frames({column("b", "Y"), column("a", "X")})),
      IsEmpty());
}

TEST(Diff, AColumnsPropertiesChangeOneByOne) {
  Column before = column("n", "BIGINT");
  before.collation = "C";
  before.default_sql = "0";
  Column after = column("n", "BIGINT");
  after.default_sql = "1";
  after.comment = "count";
  after.is_nullable = false;
  after.generated = Generated{"a + 1", false};
  EXPECT_THAT(steps(frames({before}), frames({after})),
              ElementsAre("set generation of frames.n to a + 1", "drop collation of frames.n",
                          "change default of frames.n from 0 to 1", "make frames.n not nullable",
                          "set comment of frames.n"));
}

TEST(Diff, ADefaultIsOutOfTheWayWhileTheTypeChanges) {
  Column before = column("n", "VARCHAR");
  before.default_sql = "'x'";
  Column after = column("n", "BIGINT");
  after.default_sql = "0";
  EXPECT_THAT(steps(frames({before}), frames({after})),
              ElementsAre("drop default of frames.n", "change type of frames.n from VARCHAR to BIGINT",
                          "set default of frames.n to 0"));
}

TEST(Diff, AStructThatGainedOrLostMembersIsNotRetyped) {
  EXPECT_THAT(steps(frames({column("s", "STRUCT(a X, b STRUCT(c X)[], d MAP(X, STRUCT(e X)))")}),
                    frames({column("s", "STRUCT(b STRUCT(c X, f Y)[], d MAP(X, STRUCT(g Z)), h X)")})),
              ElementsAre("add member b.element.f to frames.s", "add member d.value.g to frames.s",
                          "add member h to frames.s", "drop member d.value.e of frames.s",
                          "drop member a of frames.s"));
}

TEST(Diff, AStructWhoseMembersChangeTypeIsRetyped) {
  EXPECT_THAT(steps(frames({column("s", "STRUCT(a X)")}), frames({column("s", "STRUCT(a Y, b X)")})),
              ElementsAre("change type of frames.s from STRUCT(\"a\" X) to STRUCT(\"a\" Y, \"b\" X)"));
  EXPECT_THAT(steps(frames({column("s", "UNION(a X)")}), frames({column("s", "UNION(a X, b X)")})),
              ElementsAre("change type of frames.s from UNION(\"a\" X) to UNION(\"a\" X, \"b\" X)"));
  EXPECT_THAT(
      steps(frames({column("s", "MAP(X, STRUCT(a X))")}), frames({column("s", "MAP(Y, STRUCT(a X, b X))")})),
      ElementsAre(
          "change type of frames.s from MAP(X, STRUCT(\"a\" X)) to MAP(Y, STRUCT(\"a\" X, \"b\" X))"));
  EXPECT_THAT(steps(frames({column("s", "STRUCT(a X)")}), frames({column("s", "MAP(VARCHAR, VARCHAR)")})),
              ElementsAre("change type of frames.s from STRUCT(\"a\" X) to MAP(VARCHAR, VARCHAR)"));
}

TEST(Diff, ConstraintsMatchByContent) {
  const Schema before = schema({table("t", {column("a", "X")}, {Unique{"one", {"a"}}, Check{"", "a > 0"}})});
  const Schema after =
      schema({table("t", {column("a", "X")}, {Unique{"two", {"a"}}, Check{"named", "a > 1"}})});
  EXPECT_THAT(steps(before, after), ElementsAre("drop check (a > 0) of t", "add check named (a > 1) to t"));
}

TEST(Diff, AChangedIndexIsMadeAnew) {
  Index unique = index_on("ix", {"a"});
  unique.is_unique = true;
  EXPECT_THAT(diff(schema({table("t", {column("a", "X")}, {}, {index_on("ix", {"a"})})}),
                   schema({table("t", {column("a", "X")}, {}, {unique})})),
              ElementsAre(Operation(DropIndex{{"", "t"}, index_on("ix", {"a"})}),
                          Operation(CreateIndex{{"", "t"}, unique})));
}

TEST(Diff, TheOrderIsOneThatADatabaseCanRun) {
  Column sum = column("sum", "X");
  sum.generated = Generated{"a + b", false};
  Column twice = column("twice", "X");
  twice.generated = Generated{"2 * c", false};
  const Schema before =
      schema({table("old_child", {column("id", "X")}, {foreign_key("id", "old_parent", "id")}),
              table("old_parent", {column("id", "X")}, {PrimaryKey{"", {"id"}}}),
              table("t", {column("a", "X"), column("b", "X"), sum},
                    {foreign_key("a", "old_parent", "id"), Unique{"", {"b"}}}, {index_on("ix_b", {"b"})})});
  const Schema after =
      schema({table("new_child", {column("id", "X")},
                    {foreign_key("id", "new_parent", "id"), foreign_key("id", "t", "c")}),
              table("new_parent", {column("id", "X")}, {PrimaryKey{"", {"id"}}}),
              table("t", {column("a", "Y"), column("c", "X"), twice},
                    {foreign_key("a", "new_parent", "id"), Unique{"", {"c"}}}, {index_on("ix_c", {"c"})})});
  EXPECT_THAT(
      steps(before, after),
      ElementsAre("drop foreign key (a) to old_parent of t", "drop table old_child", "drop table old_parent",
                  "drop index ix_b of t", "drop unique (b) of t", "add column t.c", "drop column t.sum",
                  "change type of t.a from X to Y", "add column t.twice", "drop column t.b",
                  "create index ix_c on t", "add unique (c) to t", "create table new_parent",
                  "create table new_child", "add foreign key (a) to new_parent to t"));
}

TEST(Diff, NewTablesInACircleGetTheClosingForeignKeyLast) {
  const Schema circle =
      schema({table("a", {column("id", "X"), column("b", "X")}, {foreign_key("b", "b", "id")}),
              table("b", {column("id", "X"), column("a", "X")}, {foreign_key("a", "a", "id")})});
  EXPECT_THAT(steps({}, circle),
              ElementsAre("create table b", "create table a", "add foreign key (a) to a to b"));
  EXPECT_THAT(steps(circle, {}),
              ElementsAre("drop foreign key (a) to a of b", "drop table a", "drop table b"));
  EXPECT_TRUE(equivalent(applied({}, diff({}, circle)), circle));
  EXPECT_THAT(applied(circle, diff(circle, {})), IsEmpty());
}

TEST(Diff, AForeignKeyMakesWayWhileItsKeyIsReplaced) {
  const Table child = table("child", {column("id", "X")}, {foreign_key("id", "parent", "id")});
  const std::vector<Column> columns = {column("id", "X"), column("other", "X")};
  const Schema before = schema({child, table("parent", columns, {PrimaryKey{"", {"id"}}})});
  const Schema after =
      schema({child, table("parent", columns, {PrimaryKey{"", {"other"}}, Unique{"", {"id"}}})});
  EXPECT_THAT(steps(before, after),
              ElementsAre("drop foreign key (id) to parent of child", "drop primary key (id) of parent",
                          "add primary key (other) to parent", "add unique (id) to parent",
                          "add foreign key (id) to parent to child"));
}

TEST(Diff, ATableGoesBeforeTheKeyThatItsForeignKeyHoldsOnTo) {
  const Table keyed = table("parent", {column("id", "X")}, {PrimaryKey{"", {"id"}}});
  const Table child = table("child", {column("id", "X")}, {foreign_key("id", "parent", "id")});
  EXPECT_THAT(steps(schema({keyed, child}), schema({table("parent", {column("id", "X")})})),
              ElementsAre("drop table child", "drop primary key (id) of parent"));
}

TEST(Diff, AForeignKeyWithoutColumnsDependsOnThePrimaryKey) {
  ForeignKey key = foreign_key("id", "parent", "");
  key.referenced_columns.clear();
  const Table child = table("child", {column("id", "X")}, {key});
  const Schema before = schema({child, table("parent", {column("id", "X")}, {PrimaryKey{"", {"id"}}})});
  const Schema after = schema({child, table("parent", {column("id", "X")}, {Unique{"", {"id"}}})});
  EXPECT_THAT(steps(before, after),
              ElementsAre("drop foreign key (id) to parent of child", "drop primary key (id) of parent",
                          "add unique (id) to parent", "add foreign key (id) to parent to child"));
}

TEST(Diff, ARenamedColumnTakesItsIndexesAndChecksAlong) {
  const Schema before =
      schema({table("t", {column("path", "X")}, {Check{"", "path <> ''"}}, {index_on("ix", {"path"})})});
  const Schema after =
      schema({table("t", {column("uri", "X")}, {Check{"", "uri <> ''"}}, {index_on("ix", {"uri"})})});
  const Renames renames = {.tables = {}, .columns = {{{"", "t"}, "path", "uri"}}};
  EXPECT_THAT(steps(before, after, renames), ElementsAre("rename column t.path to uri"));
  EXPECT_THAT(steps(before, after),
              ElementsAre("drop index ix of t", "drop check (path <> '') of t", "add column t.uri",
                          "drop column t.path", "create index ix on t", "add check (uri <> '') to t"));
}

TEST(Diff, ColumnsAreRenamedUnderTheTablesNewName) {
  const Schema before = schema({table("clip", {column("path", "X")})});
  const Schema after = schema({table("segment", {column("uri", "X"), column("n", "X")})});
  const Renames renames = {.tables = {{{"", "clip"}, {"", "segment"}}},
                           .columns = {{{"", "segment"}, "path", "uri"}}};
  EXPECT_THAT(steps(before, after, renames),
              ElementsAre("rename table clip to segment", "rename column segment.path to uri",
                          "add column segment.n"));
}

TEST(Diff, ANameIsFreeBeforeItIsTaken) {
  const Schema before =
      schema({table("a", {column("x", "X"), column("y", "X")}), table("b", {column("x", "X")})});
  const Schema after =
      schema({table("b", {column("y", "X"), column("z", "X")}), table("c", {column("x", "X")})});
  const Renames renames = {.tables = {{{"", "a"}, {"", "b"}}, {{"", "b"}, {"", "c"}}},
                           .columns = {{{"", "b"}, "x", "y"}, {{"", "b"}, "y", "z"}}};
  EXPECT_THAT(steps(before, after, renames), ElementsAre("rename table b to c", "rename table a to b",
                                                         "rename column b.y to z", "rename column b.x to y"));
}

TEST(Diff, NamesThatAreSwappedAreRefused) {
  const Schema before = schema({table("a", {}), table("b", {})});
  EXPECT_THROW(
      diff(before, before, {.tables = {{{"", "a"}, {"", "b"}}, {{"", "b"}, {"", "a"}}}, .columns = {}}),
      Error);
}

TEST(Diff, ARenameOfWhatIsNotThereIsRefused) {
  EXPECT_THROW(diff({}, {}, {.tables = {{{"", "a"}, {"", "b"}}}, .columns = {}}), Error);
  EXPECT_THROW(diff({}, {}, {.tables = {}, .columns = {{{"", "t"}, "a", "b"}}}), Error);
}

/// A schema as big as the largest that Metaxy's users have.
Schema big_schema(const char* type_of_last) {
  Schema big;
  for (int i = 0; i < 2000; ++i) {
    std::vector<Column> columns;
    for (int j = 0; j < 40; ++j) {
      columns.push_back(column("column_" + std::to_string(j), j == 39 ? type_of_last : "VARCHAR"));
    }
    put(big, table("table_" + std::to_string(i), std::move(columns)));
  }
  return big;
}

TEST(Diff, TwoThousandTablesTakeMilliseconds) {
  const Schema before = big_schema("BIGINT");
  const Schema after = big_schema("DOUBLE");
  const std::clock_t start = std::clock();
  EXPECT_THAT(diff(before, before), IsEmpty());
  EXPECT_EQ(diff(before, after).size(), 2000U);
  const double milliseconds = 1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  RecordProperty("milliseconds", static_cast<int>(milliseconds));
  // Time of the processor, so that a busy machine does not count. 50 as a rule, ten times that with
  // sanitizers; an algorithm that is quadratic in tables takes minutes.
  EXPECT_LT(milliseconds, 5000);
}

}  // namespace
}  // namespace metaxy::migrate
