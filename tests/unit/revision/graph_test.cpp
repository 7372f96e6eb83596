#include "revision/graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "revision/branch_labels.hpp"
#include "unit/revision/revisions.hpp"

namespace metaxy::migrate::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Texts = std::vector<std::string>;

Texts messages(const std::vector<Revision>& revisions) {
  Texts texts;
  for (const Problem& problem : RevisionGraph::problems_of(revisions)) {
    texts.push_back(problem.message);
  }
  return texts;
}

TEST(RevisionGraph, NamesHeadsAndBasesInLoadOrder) {
  const RevisionGraph graph = test::graph({rev("z"), rev("m", {"z"}), rev("b", {"z"}), rev("a")});
  EXPECT_THAT(graph.heads(), ElementsAre("m", "b", "a"));
  EXPECT_THAT(graph.bases(), ElementsAre("z", "a"));
}

TEST(RevisionGraph, LeavesHeadsThatOthersDependOnOutOfTheEffectiveOnes) {
  const RevisionGraph graph = test::graph({rev("a"), rev("lib"), rev("b", {"a"}, {"lib"})});
  EXPECT_THAT(graph.heads(), ElementsAre("lib", "b"));
  EXPECT_THAT(graph.effective_heads(), ElementsAre("b"));
}

TEST(RevisionGraph, KnowsBranchAndMergePoints) {
  const RevisionGraph graph = test::graph({rev("a"), rev("b", {"a"}), rev("c", {"a"}), rev("m", {"b", "c"})});
  EXPECT_TRUE(graph.is_branch_point("a"));
  EXPECT_FALSE(graph.is_branch_point("b"));
  EXPECT_TRUE(graph.is_merge_point("m"));
  EXPECT_FALSE(graph.is_merge_point("c"));
  EXPECT_THAT(graph.children("a"), ElementsAre("b", "c"));
}

TEST(RevisionGraph, ResolvesLabelsInDependencies) {
  const RevisionGraph graph = test::graph({rev("a", {}, {}, {"lib"}), rev("b"), rev("c", {"b"}, {"lib"})});
  EXPECT_THAT(graph.parents_and_dependencies("c"), ElementsAre("b", "a"));
}

TEST(RevisionGraph, OrdersAncestorsSoThatTheyCanBeApplied) {
  const RevisionGraph graph =
      test::graph({rev("m", {"b", "c"}), rev("c", {"a"}, {"x"}), rev("b", {"a"}), rev("a"), rev("x")});
  EXPECT_THAT(graph.ancestors_in_order(Texts{"m"}), ElementsAre("a", "x", "c", "b", "m"));
  EXPECT_THAT(graph.ancestors_in_order(Texts{"b", "x"}), ElementsAre("x", "a", "b"));
}

TEST(RevisionGraph, ThrowsForAnIdThatIsNotThere) {
  const RevisionGraph graph = test::graph({rev("a")});
  EXPECT_EQ(graph.find("b"), nullptr);
  EXPECT_THROW(graph.children("b"), Error);
}

TEST(RevisionGraph, MayBeEmptyAndMoved) {
  RevisionGraph empty = test::graph({});
  EXPECT_TRUE(empty.empty());
  EXPECT_THAT(empty.heads(), IsEmpty());
  empty = forked();
  const RevisionGraph moved = std::move(empty);
  EXPECT_EQ(moved.find("c1")->id, "c1");
}

TEST(BranchLabel, LeadsDownToAllDescendants) {
  const RevisionGraph graph = forked();
  EXPECT_THAT(graph.labels("d1"), ElementsAre("left"));
  EXPECT_THAT(graph.labels("d2"), ElementsAre("right"));
}

TEST(BranchLabel, LeadsUpToTheBranchPointExclusive) {
  const RevisionGraph graph =
      test::graph({rev("a"), rev("b1", {"a"}), rev("c1", {"b1"}, {}, {"left"}), rev("b2", {"a"})});
  EXPECT_THAT(graph.labels("b1"), ElementsAre("left"));
  EXPECT_THAT(graph.labels("a"), IsEmpty());
  EXPECT_THAT(graph.labels("b2"), IsEmpty());
}

TEST(BranchLabel, StopsWhereAnotherBranchDepends) {
  const RevisionGraph graph = test::graph(
      {rev("a"), rev("b", {"a"}), rev("c", {"b"}, {}, {"main"}), rev("x"), rev("y", {"x"}, {"b"})});
  EXPECT_THAT(graph.labels("b"), IsEmpty());
}

TEST(BranchLabel, OfAllIsTheSameAsOneByOne) {
  const RevisionGraph graph =
      test::graph({rev("a", {}, {}, {"top"}), rev("b1", {"a"}, {}, {"one"}), rev("b2", {"a"}, {}, {"two"}),
                   rev("c1", {"b1"}), rev("c11", {"c1"}, {}, {"sub"}), rev("c12", {"c1"}),
                   rev("m", {"c12", "b2"}), rev("n", {"m"}, {}, {"last", "end"})});
  const BranchLabels labels(graph);
  for (RevisionGraph::Node node = 0; node < graph.size(); ++node) {
    EXPECT_EQ(labels.of(node), graph.labels(node)) << graph.id(node);
  }
  EXPECT_THAT(graph.labels("n"), ElementsAre("end", "last", "one", "top", "two"));
}

TEST(BrokenGraph, NamesAMissingParentAndTheNearestId) {
  const std::vector<Problem> problems =
      RevisionGraph::problems_of(std::vector<Revision>{rev("51c09be2a7d4"), rev("b", {"51c09be2a7d5"})});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].message, "revision 'b' names parent '51c09be2a7d5', which no script defines");
  EXPECT_EQ(problems[0].where->file, "b.sql");
  EXPECT_EQ(problems[0].hint,
            "did you mean '51c09be2a7d4'? Or, if '51c09be2a7d5' was applied, `metaxy-migrate show --applied "
            "51c09be2a7d5` prints it: put it back");
}

TEST(BrokenGraph, ProposesNoneThatStandsOnTheOneInQuestion) {
  const std::string only_log =
      "if '0001' was applied, `metaxy-migrate show --applied 0001` prints it: put it back";
  for (const std::vector<Revision>& revisions :
       {std::vector<Revision>{rev("0002", {"0001"})},
        std::vector<Revision>{rev("0002", {"0001"}), rev("0003", {"0002"}), rev("0004", {"x"}, {"0003"}),
                              rev("x")},
        std::vector<Revision>{rev("0002", {}, {"0001"}), rev("0003", {"0002"})}}) {
    const std::vector<Problem> problems = RevisionGraph::problems_of(revisions);
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].hint, only_log);
  }
  const std::vector<Problem> beside = RevisionGraph::problems_of(
      std::vector<Revision>{rev("0002", {"0001"}), rev("0003", {"0002"}), rev("0011")});
  EXPECT_TRUE(beside[0].hint.starts_with("did you mean '0011'? Or, if '0001'"));
}

TEST(BrokenGraph, NamesBothFilesOfOneId) {
  std::vector<Revision> revisions = {rev("a"), rev("a")};
  revisions[1].file = "copy.sql";
  EXPECT_THAT(messages(revisions),
              ElementsAre("revision 'a' is present more than once: in 'a.sql' and in 'copy.sql'"));
}

TEST(BrokenGraph, ShowsTheCycleFromParentToChild) {
  EXPECT_THAT(messages({rev("base"), rev("a", {"c"}), rev("b", {"a"}), rev("c", {"b"}), rev("d", {"c"})}),
              ElementsAre("'base' is not allowed as a revision identifier",
                          "cycle is detected in revisions: a -> b -> c -> a"));
}

TEST(BrokenGraph, TellsSelfLoopsAndDependencyCyclesApart) {
  EXPECT_THAT(messages({rev("a", {"a"})}), ElementsAre("self-loop is detected in revisions: a -> a"));
  EXPECT_THAT(messages({rev("a", {}, {"a"})}),
              ElementsAre("dependency self-loop is detected in revisions: a -> a"));
  EXPECT_THAT(messages({rev("a", {}, {"c"}), rev("b", {"a"}), rev("c", {"b"})}),
              ElementsAre("dependency cycle is detected in revisions: a -> b -> c -> a"));
}

TEST(BrokenGraph, NamesBothUsersOfALabel) {
  EXPECT_THAT(
      messages({rev("a", {}, {}, {"x"}), rev("b", {}, {}, {"x"}), rev("c", {}, {}, {"a"})}),
      ElementsAre("branch name 'x' in revision 'b' ('b.sql') is already used by revision 'a' ('a.sql')",
                  "branch name 'a' in revision 'c' ('c.sql') is already used by revision 'a' ('a.sql')"));
}

TEST(BrokenGraph, SaysThatAParentIsALabel) {
  const std::vector<Problem> problems =
      RevisionGraph::problems_of(std::vector<Revision>{rev("a", {}, {}, {"lib"}), rev("b", {"lib"})});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].hint, "'lib' is a branch label of revision 'a': name the revision");
}

TEST(BrokenGraph, AsksForTheWholeIdOfADependency) {
  const std::vector<Problem> problems =
      RevisionGraph::problems_of(std::vector<Revision>{rev("0123456789ab"), rev("b", {}, {"0123"})});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].message,
            "revision 'b' depends on '0123', which is neither a revision nor a branch label");
  EXPECT_EQ(problems[0].hint, "write the whole id: '0123456789ab'");
}

TEST(BrokenGraph, RefusesBadIdsAndLabels) {
  EXPECT_THAT(
      messages({rev("a-1"), rev("b", {}, {}, {"b-2"})}),
      ElementsAre("character(s) '-' not allowed in revision identifier 'a-1'",
                  HasSubstr("branch label 'b-2' of revision 'b' has characters that are not allowed")));
}

TEST(BrokenGraph, ListsAllProblemsAtOnce) {
  const std::vector<Revision> revisions = {rev("a", {"b"}), rev("b", {"a"}), rev("b"),
                                           rev("c", {"nowhere"}, {"nothing"})};
  EXPECT_EQ(messages(revisions).size(), 4U);
  try {
    const RevisionGraph graph(revisions);
    FAIL() << "a broken graph was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::integrity);
    EXPECT_STREQ(error.what(), "the revision graph is broken: 4 problems");
    EXPECT_EQ(error.notes().size(), 4U);
  }
}

constexpr std::size_t kDeep = 100000;

std::vector<Revision> deep_chain() {
  std::vector<Revision> revisions;
  for (std::size_t i = 0; i < kDeep; ++i) {
    const std::string id = "r" + std::to_string(i);
    revisions.push_back(i == 0 ? rev(id) : rev(id, {"r" + std::to_string(i - 1)}));
  }
  return revisions;
}

TEST(DeepGraph, IsNoTroubleWhenItIsAChain) {
  const RevisionGraph graph(deep_chain());
  EXPECT_THAT(graph.heads(), ElementsAre("r99999"));
  EXPECT_EQ(graph.ancestors_in_order(graph.heads()).size(), kDeep);
}

TEST(DeepGraph, IsToldShortlyWhenItIsACycle) {
  std::vector<Revision> revisions = deep_chain();
  revisions[0].down_revisions = {"r99999"};
  const Texts told = messages(revisions);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], HasSubstr("... (99980 more) -> r0"));
}

TEST(DeepGraph, MayLackEveryParent) {
  std::vector<Revision> revisions;
  const std::size_t count = kDeep / 5;
  for (std::size_t i = 0; i < count; ++i) {
    revisions.push_back(rev("r" + std::to_string(i), {"missing" + std::to_string(i)}, {"gone"}));
  }
  EXPECT_EQ(messages(revisions).size(), 2 * count);
}

}  // namespace
}  // namespace metaxy::migrate::test
