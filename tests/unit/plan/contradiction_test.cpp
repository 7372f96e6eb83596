#include "plan/contradiction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/tables.hpp"
#include "unit/plan/script_changes.hpp"

namespace metaxy::migrate {
namespace {

using test::column;
using test::table;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const TableName kClip{"", "clip"};

std::vector<ScriptChanges> base() {
  return {script("base", {CreateTable{table("clip", {column("id", "VARCHAR"), column("n", "INTEGER")})}})};
}

std::vector<std::string> messages(const std::vector<ScriptChanges>& left,
                                  const std::vector<ScriptChanges>& right) {
  std::vector<std::string> texts;
  for (const Problem& problem : compare_branches(base(), left, right).contradictions) {
    texts.push_back(problem.message);
  }
  return texts;
}

AlterType retyped(const std::string& type) {
  return {kClip, "n", column("n", "INTEGER").type, column("n", type).type};
}

TEST(Contradiction, IsNotInDifferentColumnsOfOneTable) {
  EXPECT_THAT(messages({script("a", {AddColumn{kClip, column("x", "BIGINT")}})},
                       {script("b", {AddColumn{kClip, column("y", "BIGINT")}})}),
              IsEmpty());
}

TEST(Contradiction, OfOneColumnAddedTwiceNamesBothScripts) {
  EXPECT_THAT(messages({script("a", {AddColumn{kClip, column("x", "BIGINT")}})},
                       {script("b", {AddColumn{kClip, column("x", "VARCHAR")}})}),
              ElementsAre("the changes of revision 'b' do not fit what the revisions below it made: cannot "
                          "add column clip.x: the table has such a column already; table 'clip' is changed "
                          "by 'a.sql' (add column clip.x) "
                          "and by 'b.sql' (add column clip.x)"));
}

TEST(Contradiction, OfTwoTypesOfOneColumnIsFound) {
  EXPECT_EQ(messages({script("a", {retyped("BIGINT")})}, {script("b", {retyped("VARCHAR")})}).size(), 1U);
}

TEST(Contradiction, IsFoundWhereOnlyOneOrderFits) {
  // First the new name and then the column is no fault; the other way round the column has no table.
  const std::vector<ScriptChanges> renaming = {script("a", {RenameTable{kClip, {"", "segment"}}})};
  const std::vector<ScriptChanges> adding = {script("b", {AddColumn{kClip, column("x", "BIGINT")}})};
  EXPECT_EQ(messages(renaming, adding).size(), 1U);
  EXPECT_EQ(messages(adding, renaming).size(), 1U);
}

TEST(Contradiction, OfARebuildIsThatItForgetsTheOtherBranch) {
  ScriptChanges rebuild = script("a", {retyped("BIGINT")});
  rebuild.rebuilt_tables = {"clip"};
  EXPECT_THAT(
      messages({rebuild}, {script("b", {AddColumn{kClip, column("x", "BIGINT")}})}),
      ElementsAre("'a.sql' makes table 'clip' anew, and would not know of: 'b.sql' (add column clip.x)"));
}

TEST(Contradiction, IsNotInARebuildThatEveryDatabaseGetsFirst) {
  std::vector<ScriptChanges> rebuilding = {script("a", {retyped("BIGINT")})};
  rebuilding.front().rebuilt_tables = {"clip"};
  const std::vector<ScriptChanges> adding = {script("b", {AddColumn{kClip, column("x", "BIGINT")}})};
  const auto count = [&](const auto& left, const auto& right) {
    return compare_branches(base(), left, right, BranchOrder::left_first).contradictions.size();
  };
  EXPECT_EQ(count(rebuilding, adding), 0U);
  EXPECT_EQ(count(adding, rebuilding), 1U);
}

TEST(Contradiction, IsNotInAnOrderThatNoDatabaseGets) {
  const std::vector<ScriptChanges> renaming = {script("a", {RenameTable{kClip, {"", "segment"}}})};
  const std::vector<ScriptChanges> adding = {script("b", {AddColumn{kClip, column("x", "BIGINT")}})};
  EXPECT_THAT(compare_branches(base(), adding, renaming, BranchOrder::left_first).contradictions, IsEmpty());
  EXPECT_EQ(compare_branches(base(), renaming, adding, BranchOrder::left_first).contradictions.size(), 1U);
}

TEST(Contradiction, OfTwoDowngradesThatWaitForEachOtherIsNoted) {
  ScriptChanges left = script("a", {AddColumn{kClip, column("x", "BIGINT")}});
  ScriptChanges right = script("b", {AddColumn{kClip, column("y", "BIGINT")}});
  left.rebuilt_by_downgrade = {"clip"};
  right.rebuilt_by_downgrade = {"clip"};
  const BranchComparison comparison = compare_branches(base(), std::vector{left}, std::vector{right});
  ASSERT_EQ(comparison.notes.size(), 3U);
  EXPECT_EQ(comparison.notes.back(),
            "the downgrades of both branches make tables anew without what the other branch did: once both "
            "are applied none of the two can be undone, unless one is corrected");
}

TEST(Contradiction, IsOnlyNotedWhereADowngradeRebuilds) {
  ScriptChanges script_a = script("a", {AddColumn{kClip, column("y", "BIGINT")}});
  script_a.rebuilt_by_downgrade = {"clip"};
  const BranchComparison comparison =
      compare_branches(base(), std::vector<ScriptChanges>{script_a},
                       std::vector<ScriptChanges>{script("b", {AddColumn{kClip, column("x", "BIGINT")}})});
  EXPECT_THAT(comparison.contradictions, IsEmpty());
  EXPECT_THAT(
      comparison.notes,
      ElementsAre("the downgrade of 'a.sql' makes table 'clip' anew, and would not know of: 'b.sql' "
                  "(add column clip.x); it will stop while they are applied, unless it is corrected"));
}

TEST(Contradiction, OfAForeignKeyToATableThatIsGone) {
  const Table frames =
      table("frames", {column("clip_id", "VARCHAR")}, {test::foreign_key("clip_id", "clip", "id")});
  const Table clip = table("clip", {column("id", "VARCHAR"), column("n", "INTEGER")});
  EXPECT_THAT(messages({script("a", {DropTable{clip}})}, {script("b", {CreateTable{frames}})}),
              ElementsAre("table 'frames' refers to 'clip', which 'a.sql' (drop table clip) takes away"));
}

TEST(Contradiction, IsNotLookedForWhereChangesAreNotKnown) {
  ScriptChanges unknown = script("a", {});
  unknown.has_changes = false;
  unknown.ddl_tables = {kClip};
  const BranchComparison comparison =
      compare_branches(base(), std::vector<ScriptChanges>{unknown},
                       std::vector<ScriptChanges>{script("b", {AddColumn{kClip, column("x", "BIGINT")}})});
  EXPECT_THAT(comparison.contradictions, IsEmpty());
  EXPECT_THAT(
      comparison.notes,
      ElementsAre("table 'clip' is changed on both sides, but 'a.sql' has no changes section, so they "
                  "were not compared; `replay` writes it"));
}

}  // namespace
}  // namespace metaxy::migrate
