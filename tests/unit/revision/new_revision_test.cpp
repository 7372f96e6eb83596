#include "revision/new_revision.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/revision/revisions.hpp"

namespace metaxy::migrate::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

NewRevision wanted(std::vector<std::string> heads) {
  NewRevision wanted;
  wanted.id = "newrev000000";
  wanted.message = "add clip duration";
  wanted.heads = std::move(heads);
  return wanted;
}

std::string refusal(const NewRevision& wanted) {
  try {
    planned_revision(forked(), wanted);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(NewRevision, HangsOnTheHeadOfABranch) {
  const Revision revision = planned_revision(forked(), wanted({"left@head"}));
  EXPECT_EQ(revision.id, "newrev000000");
  EXPECT_EQ(revision.message, "add clip duration");
  EXPECT_THAT(revision.down_revisions, ElementsAre("d1"));
}

TEST(NewRevision, MergesHeadsInTheGivenOrder) {
  EXPECT_THAT(planned_revision(forked(), wanted({"d2", "d1"})).down_revisions, ElementsAre("d2", "d1"));
  EXPECT_THAT(planned_revision(forked(), wanted({"heads"})).down_revisions, ElementsAre("d1", "d2"));
}

TEST(NewRevision, BeginsANewRootOnBase) {
  EXPECT_THAT(planned_revision(forked(), wanted({"base"})).down_revisions, IsEmpty());
}

TEST(NewRevision, NeedsSpliceBelowAHead) {
  EXPECT_EQ(refusal(wanted({"c1"})),
            "revision c1 is not a head revision: a new branch from it needs --splice");
  NewRevision spliced = wanted({"c1"});
  spliced.is_spliced = true;
  EXPECT_THAT(planned_revision(forked(), spliced).down_revisions, ElementsAre("c1"));
}

TEST(NewRevision, NeedsOneHeadUnlessToldOtherwise) {
  EXPECT_THAT(refusal(wanted({"head"})), HasSubstr("multiple heads are present where 'head' needs one"));
}

TEST(NewRevision, RefusesTheSameParentTwice) {
  EXPECT_EQ(refusal(wanted({"d1", "left@head"})), "duplicate head revisions specified: d1, d1");
}

TEST(NewRevision, WritesDependenciesAsWholeIdsOrLabels) {
  NewRevision dependent = wanted({"d1"});
  dependent.depends_on = {"right", "right@head"};
  EXPECT_THAT(planned_revision(forked(), dependent).depends_on, ElementsAre("right", "d2"));
  dependent.depends_on = {"base"};
  EXPECT_EQ(refusal(dependent), "cannot depend on 'base': it stands for no revision");
}

TEST(NewRevision, RefusesATakenOrBadId) {
  NewRevision taken = wanted({"d1"});
  taken.id = "a";
  EXPECT_EQ(refusal(taken), "revision identifier 'a' is already used");
  taken.id = "left";
  EXPECT_EQ(refusal(taken), "revision identifier 'left' is already used as a branch label");
  taken.id = "a@b+c-d:e";
  EXPECT_EQ(refusal(taken), "character(s) '+, -, :, @' not allowed in revision identifier 'a@b+c-d:e'");
  taken.id = "head";
  EXPECT_EQ(refusal(taken), "'head' is not allowed as a revision identifier");
}

TEST(NewRevision, RefusesATakenOrBadLabel) {
  NewRevision labelled = wanted({"d1"});
  labelled.branch_labels = {"right"};
  EXPECT_EQ(refusal(labelled), "branch name 'right' is already used by revision 'c2'");
  labelled.branch_labels = {"d1"};
  EXPECT_EQ(refusal(labelled), "branch name 'd1' is already used by revision 'd1'");
  labelled.branch_labels = {"x", "x"};
  EXPECT_EQ(refusal(labelled), "branch name 'x' is already used by revision 'newrev000000'");
  labelled.branch_labels = {"heads"};
  EXPECT_EQ(refusal(labelled), "'heads' is not allowed as a branch label");
}

}  // namespace
}  // namespace metaxy::migrate::test
