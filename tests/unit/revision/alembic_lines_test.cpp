#include "revision/alembic_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/revision/revisions.hpp"

namespace metaxy::migrate::test {
namespace {

using ::testing::ElementsAre;
using Texts = std::vector<std::string>;

RevisionGraph merged() {
  return graph({rev("a", {}, {}, {"main", "all"}), rev("b", {"a"}), rev("c", {"a"}), rev("lib"),
                rev("m", {"b", "c"}, {"lib"})});
}

TEST(AlembicLines, OfHeadsTellImpliedOnes) {
  EXPECT_THAT(alembic_heads_lines(merged(), merged().heads()),
              ElementsAre("lib (effective head)", "m (all, main) (head)"));
}

TEST(AlembicLines, OfCurrentLeaveLabelsOut) {
  EXPECT_THAT(alembic_current_lines(merged(), Texts{"m", "a"}),
              ElementsAre("m (head) (mergepoint)", "a (branchpoint)"));
}

TEST(AlembicLines, OfHistoryHoldAllThatIsKnown) {
  EXPECT_THAT(
      alembic_history_lines(merged(), Texts{"m", "a", "lib"}, Texts{"m"}),
      ElementsAre("b, c (lib) -> m (all, main) (head) (current) (mergepoint), rev m",
                  "<base> -> a (all, main) (branchpoint), rev a", "<base> -> lib (effective head), rev lib"));
}

TEST(AlembicLines, OfBranchesIndentTheChildren) {
  EXPECT_THAT(alembic_branches_lines(merged()),
              ElementsAre("a (all, main) (branchpoint)", "  -> b (all, main)", "  -> c (all, main)", ""));
}

TEST(AlembicLines, OfOneEntryHoldParentsOrMerges) {
  EXPECT_THAT(alembic_entry_lines(merged(), "m"),
              ElementsAre("Rev: m (head) (mergepoint)", "Merges: b, c", "Also depends on: lib",
                          "Branch names: all, main", "Path: m.sql", "", "    rev m", ""));
  EXPECT_THAT(alembic_entry_lines(merged(), "a", true),
              ElementsAre("Rev: a (branchpoint) (current)", "Parent: <base>", "Branches into: b, c",
                          "Branch names: all, main", "Path: a.sql", "", "    rev a", ""));
}

TEST(AlembicLines, OfAStepNameBothSides) {
  EXPECT_EQ(alembic_step_line(merged(), "m", true), "Running upgrade b, c -> m, rev m");
  EXPECT_EQ(alembic_step_line(merged(), "a", true), "Running upgrade  -> a, rev a");
  EXPECT_EQ(alembic_step_line(merged(), "b", false), "Running downgrade b -> a, rev b");
}

}  // namespace
}  // namespace metaxy::migrate::test
