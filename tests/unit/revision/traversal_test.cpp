#include "revision/traversal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/revision/revisions.hpp"

// What Alembic does, case by case, is in cases/; here is what its cases do not show.

namespace metaxy::migrate::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Texts = std::vector<std::string>;

RowChange inserted(const std::string& to) { return {RowChange::Kind::insert, {}, to}; }
RowChange removed(const std::string& from) { return {RowChange::Kind::remove, from, {}}; }
RowChange updated(const std::string& from, const std::string& to) {
  return {RowChange::Kind::update, from, to};
}

template <typename Act>
Error error_thrown_by(Act act) {
  try {
    act();
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorKind::failure, "nothing failed");
}

TEST(Upgrade, SaysWhatEachStepDoesToTheRows) {
  const RevisionGraph graph = test::graph({rev("a"), rev("b", {"a"}), rev("c", {"a"}), rev("m", {"b", "c"})});
  const std::vector<Step> steps = upgrade_steps(graph, Texts{}, "head");
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_THAT(steps[0].rows, ElementsAre(inserted("a")));
  EXPECT_EQ(steps[1], (Step{"c", Direction::upgrade, {updated("a", "c")}, {"c"}}));
  EXPECT_EQ(steps[2], (Step{"b", Direction::upgrade, {inserted("b")}, {"b", "c"}}));
  EXPECT_EQ(steps[3], (Step{"m", Direction::upgrade, {removed("b"), updated("c", "m")}, {"m"}}));
}

std::vector<std::string> order_of(const RevisionGraph& graph) {
  std::vector<std::string> ids;
  for (const Step& step : upgrade_steps(graph, Texts{}, "heads")) {
    ids.push_back(step.revision);
  }
  return ids;
}

TEST(Upgrade, TakesTheBranchFirstThatTheMergeDependsOn) {
  const auto merged = [](const Texts& first) {
    return test::graph({rev("a"), rev("b1", {"a"}), rev("b2", {"b1"}), rev("c1", {"a"}), rev("c2", {"c1"}),
                        rev("m", {"b2", "c2"}, first)});
  };
  EXPECT_THAT(order_of(merged({})), ElementsAre("a", "c1", "c2", "b1", "b2", "m"));
  EXPECT_THAT(order_of(merged({"c2"})), ElementsAre("a", "c1", "c2", "b1", "b2", "m"));
  EXPECT_THAT(order_of(merged({"b2"})), ElementsAre("a", "b1", "b2", "c1", "c2", "m"));
  EXPECT_THAT(merged({"b2"}).ancestors_in_order(Texts{"m"}), ElementsAre("a", "b1", "b2", "c1", "c2", "m"));
}

TEST(Upgrade, NeedsNothingForTheOrderAlone) {
  const RevisionGraph graph =
      test::graph({rev("a"), rev("b", {"a"}), rev("c", {"a"}), rev("m", {"b", "c"}, {"b"})});
  const std::vector<Step> steps = upgrade_steps(graph, Texts{"a"}, "c");
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0], (Step{"c", Direction::upgrade, {updated("a", "c")}, {"c"}}));
}

TEST(Upgrade, GivesTheFirstOfTwoMergesItsOrder) {
  EXPECT_THAT(order_of(test::graph({rev("a"), rev("b", {"a"}), rev("c", {"a"}), rev("m", {"b", "c"}, {"b"}),
                                    rev("n", {"b", "c"}, {"c"})})),
              ElementsAre("a", "b", "c", "n", "m"));
}

TEST(Downgrade, UndoesTheBranchLastThatTheMergeDependsOn) {
  const RevisionGraph graph =
      test::graph({rev("a"), rev("b", {"a"}), rev("c", {"a"}), rev("m", {"b", "c"}, {"b"})});
  std::vector<std::string> ids;
  for (const Step& step : downgrade_steps(graph, Texts{"m"}, "a")) {
    ids.push_back(step.revision);
  }
  EXPECT_THAT(ids, ElementsAre("m", "c", "b"));
}

TEST(Downgrade, SaysWhatEachStepDoesToTheRows) {
  const RevisionGraph graph = test::graph({rev("a"), rev("b", {"a"}), rev("c", {"a"}), rev("m", {"b", "c"})});
  const std::vector<Step> steps = downgrade_steps(graph, Texts{"m"}, "base");
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_EQ(steps[0], (Step{"m", Direction::downgrade, {inserted("b"), updated("m", "c")}, {"b", "c"}}));
  EXPECT_EQ(steps[1], (Step{"b", Direction::downgrade, {removed("b")}, {"c"}}));
  EXPECT_EQ(steps[2], (Step{"c", Direction::downgrade, {updated("c", "a")}, {"a"}}));
  EXPECT_EQ(steps[3], (Step{"a", Direction::downgrade, {removed("a")}, {}}));
}

TEST(Targets, LieNowhereBelowTheBase) {
  const RevisionGraph graph = test::graph({rev("a"), rev("b", {"a"}), rev("c", {"b"}, {}, {"side"})});
  for (const char* target : {"base-1", "base-2", "base-9", "side@base-1"}) {
    for (const Texts& rows : {Texts{}, Texts{"a"}, Texts{"c"}}) {
      const Error up = error_thrown_by([&] { upgrade_steps(graph, rows, target); });
      EXPECT_THAT(up.what(), HasSubstr("walks too far: it leads out of the graph")) << target;
      EXPECT_EQ(up.kind(), ErrorKind::usage);
      EXPECT_THAT(error_thrown_by([&] { downgrade_steps(graph, rows, target); }).what(),
                  HasSubstr("walked too far"))
          << target;
    }
    EXPECT_THAT(error_thrown_by([&] { history_range(graph, std::string(":") + target, {}); }).what(),
                HasSubstr("walks too far"))
        << target;
  }
}

TEST(FirstStep, IsMovedWhereItNeedsNoneBefore) {
  const RevisionGraph graph = test::graph({rev("a"), rev("b", {"a"}), rev("c", {"a"}), rev("m", {"b", "c"})});
  const std::vector<Step> up =
      with_first_step(graph, Texts{"a"}, upgrade_steps(graph, Texts{"a"}, "head"), "b");
  ASSERT_EQ(up.size(), 3U);
  EXPECT_EQ(up[0], (Step{"b", Direction::upgrade, {updated("a", "b")}, {"b"}}));
  EXPECT_EQ(up[1], (Step{"c", Direction::upgrade, {inserted("c")}, {"b", "c"}}));
  EXPECT_EQ(up[2], (Step{"m", Direction::upgrade, {removed("b"), updated("c", "m")}, {"m"}}));
  const std::vector<Step> down =
      with_first_step(graph, Texts{"b", "c"}, downgrade_steps(graph, Texts{"b", "c"}, "base"), "c");
  ASSERT_EQ(down.size(), 3U);
  EXPECT_EQ(down[0], (Step{"c", Direction::downgrade, {removed("c")}, {"b"}}));
  EXPECT_EQ(down[2], (Step{"a", Direction::downgrade, {removed("a")}, {}}));
}

TEST(FirstStep, IsNoneWhereAnotherMustComeBefore) {
  const RevisionGraph graph = test::graph({rev("a"), rev("b", {"a"}), rev("c", {"b"})});
  EXPECT_THAT(with_first_step(graph, Texts{"a"}, upgrade_steps(graph, Texts{"a"}, "head"), "c"), IsEmpty());
  EXPECT_THAT(with_first_step(graph, Texts{"c"}, downgrade_steps(graph, Texts{"c"}, "base"), "b"), IsEmpty());
  EXPECT_THAT(with_first_step(graph, Texts{"a"}, upgrade_steps(graph, Texts{"a"}, "b"), "c"), IsEmpty());
}

TEST(Upgrade, CarriesOnWhereAlembicsRowsFail) {
  // Alembic removes the row 'b' for 'c' and then fails to find it for the merge of a revision with its own
  // ancestor.
  const RevisionGraph graph = test::graph({rev("a"), rev("b", {"a"}), rev("c", {"b"}), rev("m", {"c", "b"})});
  const std::vector<Step> steps = upgrade_steps(graph, Texts{"b"}, "head");
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_THAT(steps[1].rows, ElementsAre(updated("c", "m")));
}

TEST(Downgrade, LeavesNoRowThatAnotherOneImplies) {
  const RevisionGraph graph =
      test::graph({rev("a1"), rev("b1", {}, {"a1"}), rev("m", {"a1", "b1"}), rev("x1"), rev("x2", {"x1"})});
  const std::vector<Step> steps = downgrade_steps(graph, Texts{"m", "x2"}, "b1");
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_THAT(steps[0].rows, ElementsAre(updated("m", "b1")));
  EXPECT_THAT(steps[0].heads_after, ElementsAre("b1", "x2"));
}

TEST(Downgrade, ClearsRowsThatOthersImplied) {
  const RevisionGraph graph = test::graph({rev("a"), rev("b", {"a"}), rev("c", {"b"}), rev("d", {"c"})});
  const std::vector<Step> steps = downgrade_steps(graph, Texts{"a", "d"}, "b");
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_THAT(steps[0].rows, ElementsAre(removed("a"), updated("d", "c")));
  EXPECT_THAT(steps[1].heads_after, ElementsAre("b"));
}

TEST(Traversal, RefusesARowThatNoScriptDefines) {
  const Error error = error_thrown_by([] { upgrade_steps(forked(), Texts{"gone"}, "heads"); });
  EXPECT_EQ(error.kind(), ErrorKind::integrity);
  EXPECT_STREQ(error.what(),
               "can't locate revision identified by 'gone': the version table has it, but no script does");
  EXPECT_THROW(downgrade_steps(forked(), Texts{"gone"}, "base"), Error);
  EXPECT_THROW(stamp_steps(forked(), Texts{"gone"}, Texts{"heads"}), Error);
  EXPECT_THROW(applied_ids(forked(), Texts{"gone"}), Error);
}

TEST(Downgrade, WarnsWhenSeveralRowsCouldBeMeant) {
  EXPECT_THAT(downgrade_warning(Texts{"d2", "d1"}, "-1"), HasSubstr("it goes down from 'd2'"));
  EXPECT_EQ(downgrade_warning(Texts{"d2"}, "-1"), "");
  EXPECT_EQ(downgrade_warning(Texts{"d2", "d1"}, "left@-1"), "");
  EXPECT_EQ(downgrade_warning(Texts{"d2", "d1"}, "base"), "");
}

TEST(Stamp, EndsAtTheMinimalRows) {
  const std::vector<StampStep> steps = stamp_steps(forked(), Texts{}, Texts{"b", "d1", "d2"});
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_THAT(steps[1].rows, ElementsAre(updated("b", "d1")));
  EXPECT_THAT(steps[2].heads_after, ElementsAre("d1", "d2"));
}

TEST(Stamp, LeavesOutATargetBelowAnother) {
  const std::vector<StampStep> steps = stamp_steps(forked(), Texts{}, Texts{"d1", "b"});
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_THAT(steps[0].to, ElementsAre("d1"));
}

TEST(Stamp, RefusesTargetsThatContradictEachOther) {
  EXPECT_THAT(error_thrown_by([] {
                stamp_steps(forked(), Texts{"d1", "d2"}, Texts{"b", "c1"});
              }).what(),
              HasSubstr("contradict each other"));
  EXPECT_EQ(error_thrown_by([] { stamp_steps(forked(), Texts{}, Texts{}); }).kind(), ErrorKind::usage);
}

TEST(History, RefusesARangeWithAHoleInIt) {
  // From a up to e by parents alone: d is above a, but between d and e there are dependencies only.
  const RevisionGraph graph =
      test::graph({rev("a"), rev("b", {"a"}), rev("x", {}, {"b"}), rev("e", {"a"}, {"x"}), rev("f", {"e"})});
  EXPECT_THAT(error_thrown_by([&] { history_range(graph, "a:f", Texts{}); }).what(),
              HasSubstr("not connected"));
}

TEST(Applied, HoldsDependenciesToo) {
  const RevisionGraph graph = test::graph({rev("a"), rev("lib"), rev("b", {"a"}, {"lib"}), rev("c", {"b"})});
  EXPECT_THAT(applied_ids(graph, Texts{"b"}), ElementsAre("a", "b", "lib"));
  EXPECT_THAT(current_tips(graph, Texts{"b"}), ElementsAre("lib", "b"));
  EXPECT_THAT(minimal_heads(graph, Texts{"lib", "b", "a", "b"}), ElementsAre("b"));
  EXPECT_FALSE(is_at_heads(graph, Texts{"b"}));
}

TEST(Applied, OfNoRowsIsNothing) {
  EXPECT_THAT(applied_ids(forked(), Texts{}), IsEmpty());
  EXPECT_THAT(minimal_heads(forked(), Texts{}), IsEmpty());
}

}  // namespace
}  // namespace metaxy::migrate::test
