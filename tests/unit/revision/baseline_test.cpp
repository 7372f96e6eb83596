// A script that stands for others, seen from databases that have them and from those that do not.

#include "revision/baseline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "revision/traversal.hpp"
#include "revisions.hpp"

namespace metaxy::migrate::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Texts = std::vector<std::string>;

Revision baseline(std::string id, Texts replaced) {
  Revision revision = rev(std::move(id));
  revision.replaces = std::move(replaced);
  return revision;
}

/// a - b1, a - b2 by Alembic, x on top of both; `s` replaces the three.
std::vector<Revision> taken_over() {
  return {rev("a", {}, {}, {"media"}), rev("b1", {"a"}), rev("b2", {"a"}), baseline("s", {"a", "b1", "b2"}),
          rev("x", {"b1", "b2"})};
}

Texts ids_of(const std::vector<Revision>& revisions) {
  Texts ids;
  for (const Revision& revision : revisions) {
    ids.push_back(revision.id);
  }
  return ids;
}

std::set<std::string> standing(const Texts& rows, const std::set<std::string>& ran = {}) {
  const RevisionGraph history = graph(told(taken_over(), {}));
  return standing_baselines(taken_over(), history, rows, ran);
}

Texts steps_up(const Texts& rows, const std::string& target) {
  const RevisionGraph seen = graph(told(taken_over(), standing(rows)));
  Texts ids;
  for (const Step& step : upgrade_steps(seen, rows, target)) {
    ids.push_back(step.revision);
  }
  return ids;
}

TEST(Baseline, IsLeftOutWhereItDoesNotStand) {
  const std::vector<Revision> history = told(taken_over(), {});
  EXPECT_THAT(ids_of(history), ElementsAre("a", "b1", "b2", "x"));
  EXPECT_THAT(history.back().down_revisions, ElementsAre("b1", "b2"));
}

TEST(Baseline, TakesThePlaceAndTheLabelsOfWhatItReplaces) {
  const std::vector<Revision> seen = told(taken_over(), {"s"});
  EXPECT_THAT(ids_of(seen), ElementsAre("s", "x"));
  EXPECT_THAT(seen.back().down_revisions, ElementsAre("s"));
  EXPECT_THAT(seen.front().branch_labels, ElementsAre("media"));
}

TEST(Baseline, MayBeNamedAsParentAndIsThenTheNewestThatItReplaces) {
  std::vector<Revision> revisions = taken_over();
  revisions.back().down_revisions = {"s"};
  EXPECT_THAT(told(revisions, {}).back().down_revisions, ElementsAre("b1", "b2"));
}

TEST(Baseline, StandsInAnEmptyDatabase) {
  EXPECT_THAT(standing({}), ElementsAre("s"));
  EXPECT_THAT(steps_up({}, "head"), ElementsAre("s", "x"));
}

TEST(Baseline, CountsAsDoneWhereWhatItReplacesIsApplied) {
  EXPECT_THAT(standing({"b1", "b2"}), IsEmpty());
  EXPECT_THAT(steps_up({"b1", "b2"}, "head"), ElementsAre("x"));
}

TEST(Baseline, DoesNotStandWhereOnlyAPartOfItIsApplied) {
  EXPECT_THAT(standing({"b1"}), IsEmpty());
  EXPECT_THAT(steps_up({"b1"}, "head"), ElementsAre("b2", "x"));
}

TEST(Baseline, StandsWhereItIsARow) {
  EXPECT_THAT(standing({"s"}), ElementsAre("s"));
  EXPECT_THAT(steps_up({"s"}, "head"), ElementsAre("x"));
}

TEST(Baseline, IsKnownFromTheLogWhereOnlyWhatStandsOnItIsARow) {
  EXPECT_THAT(standing({"x"}), IsEmpty());
  EXPECT_THAT(standing({"x"}, {"s"}), ElementsAre("s"));
}

TEST(Baseline, StandsForTheFoldWhereAllThatItReplacesIsThere) {
  const std::vector<Revision> revisions = taken_over();
  EXPECT_THAT(with_baselines({"a", "b1", "b2", "x"}, revisions), ElementsAre("s", "x"));
  EXPECT_THAT(with_baselines({"a", "b1"}, revisions), ElementsAre("a", "b1"));
}

TEST(Baseline, MustBeABaseAndReplaceWhatIsThereOnce) {
  std::vector<Revision> revisions = taken_over();
  EXPECT_THAT(baseline_problems(revisions), IsEmpty());
  revisions.push_back(baseline("t", {"a", "gone"}));
  revisions.back().down_revisions = {"b1"};
  Texts told_problems;
  for (const Problem& problem : baseline_problems(revisions)) {
    told_problems.push_back(problem.message);
  }
  EXPECT_THAT(told_problems, ElementsAre("revision 't' replaces others and is no base",
                                         "revision 'a' is replaced by 's' and by 't'",
                                         "revision 't' replaces 'gone', which no file defines"));
}

}  // namespace
}  // namespace metaxy::migrate::test
