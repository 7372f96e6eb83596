#include "revision/resolve.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/failure.hpp"
#include "unit/revision/revisions.hpp"

namespace metaxy::migrate::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Texts = std::vector<std::string>;

RevisionGraph similar() {
  return graph({rev("27c6a30d7c24"), rev("27c6b41e8d35", {"27c6a30d7c24"}, {}, {"networking"}),
                rev("1975ea83b712", {"27c6b41e8d35"})});
}

std::string resolve_failure(const RevisionGraph& graph, const std::string& typed) {
  return failure_of([&] { resolve_one(graph, typed); });
}

TEST(Resolve, FindsIdsLabelsAndUniquePrefixes) {
  const RevisionGraph graph = similar();
  EXPECT_EQ(resolve_one(graph, "27c6a30d7c24"), "27c6a30d7c24");
  EXPECT_EQ(resolve_one(graph, "1"), "1975ea83b712");
  EXPECT_EQ(resolve_one(graph, "27c6b"), "27c6b41e8d35");
  EXPECT_EQ(resolve_one(graph, "networking"), "27c6b41e8d35");
  EXPECT_EQ(resolve_one(graph, "net"), "27c6b41e8d35");
}

TEST(Resolve, TakesShortNamesWholeOnly) {
  const RevisionGraph graph = test::graph({rev("abc"), rev("abcd")});
  EXPECT_EQ(resolve_one(graph, "abc"), "abc");
  EXPECT_EQ(resolve_one(graph, "ab"), "abcd");
}

TEST(Resolve, NamesTheCandidatesOfAnAmbiguousPrefix) {
  EXPECT_EQ(
      resolve_failure(similar(), "27c"),
      "error: can't locate revision identified by '27c': multiple revisions start with it: '27c6a30d7c24', "
      "'27c6b41e8d35'\n  = help: type more of the id");
}

TEST(Resolve, SuggestsTheNearestOfAnUnknownName) {
  EXPECT_EQ(resolve_failure(similar(), "netwroking"),
            "error: can't locate revision identified by 'netwroking': no such revision or branch\n"
            "  = help: did you mean 'networking'?");
}

TEST(Resolve, KnowsHeadsAndBase) {
  const RevisionGraph graph = forked();
  EXPECT_EQ(resolve_one(graph, "left@head"), "d1");
  EXPECT_EQ(resolve_one(graph, "base"), std::nullopt);
  EXPECT_THAT(resolve_all(graph, "heads"), ElementsAre("d1", "d2"));
  EXPECT_THAT(resolve_all(graph, "c2@heads"), ElementsAre("d2"));
  EXPECT_THAT(resolve_all(graph, "left@base"), IsEmpty());
}

TEST(Resolve, NeedsOneHeadWhereOneIsAskedFor) {
  EXPECT_THAT(resolve_failure(forked(), "head"),
              HasSubstr("multiple heads are present where 'head' needs one"));
  EXPECT_THAT(resolve_failure(forked(), "b@head"), HasSubstr("'d1', 'd2'"));
  try {
    resolve_one(forked(), "heads");
    FAIL() << "two heads were taken for one";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::integrity);
  }
}

TEST(Resolve, HoldsARevisionAgainstItsBranch) {
  EXPECT_EQ(resolve_one(forked(), "left@d1"), "d1");
  EXPECT_THAT(resolve_failure(forked(), "left@d2"),
              HasSubstr("revision 'd2' is not a member of branch 'left'"));
  EXPECT_THAT(resolve_failure(forked(), "nosuch@d2"), HasSubstr("identified by 'nosuch': no such branch"));
}

TEST(Resolve, RefusesAnEmptyName) {
  EXPECT_THAT(resolve_failure(forked(), ""), HasSubstr("the identifier is empty"));
}

TEST(ResolveForShow, CountsDownFromTheHeads) {
  EXPECT_THAT(resolve_for_show(forked(), "-1", Texts{}), ElementsAre("c1", "c2"));
  EXPECT_THAT(resolve_for_show(forked(), "left@-2", Texts{}), ElementsAre("b"));
  EXPECT_THROW(resolve_for_show(forked(), "-4", Texts{}), Error);
  EXPECT_THROW(resolve_for_show(forked(), "+1", Texts{}), Error);
}

TEST(ResolveForShow, TakesTheRowsForCurrent) {
  EXPECT_THAT(resolve_for_show(forked(), "current", Texts{"d2", "c1"}), ElementsAre("d2", "c1"));
}

TEST(RevisionRange, IsTwoIdentifiersOrOne) {
  EXPECT_EQ(revision_range("a:b").from, "a");
  EXPECT_EQ(revision_range("a:b").to, "b");
  EXPECT_EQ(revision_range("b").from, std::nullopt);
  EXPECT_THROW(revision_range("a:b:c"), Error);
}

TEST(OfflineStamp, BeginsAtOneRevision) {
  const OfflineStamp stamp = offline_stamp(Texts{"a:b", "c", "a:d"});
  EXPECT_EQ(stamp.from, "a");
  EXPECT_THAT(stamp.targets, ElementsAre("b", "c", "d"));
  EXPECT_THROW(offline_stamp(Texts{"a:b", "b:c"}), Error);
}

}  // namespace
}  // namespace metaxy::migrate::test
