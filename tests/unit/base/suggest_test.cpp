#include "base/suggest.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace metaxy::migrate {
namespace {

const std::vector<std::string> kCommands = {"upgrade", "downgrade", "history", "heads", "check"};

TEST(Suggest, FindsASlipOfTheFinger) {
  EXPECT_EQ(nearest("upgrad", kCommands), "upgrade");
  EXPECT_EQ(nearest("histroy", kCommands), "history");
  EXPECT_EQ(nearest("dowgnrade", kCommands), "downgrade");
}

TEST(Suggest, SwappedLettersAreOneSlip) {
  const std::vector<std::string> stores = {"dev", "prod"};
  EXPECT_EQ(nearest("dve", stores), "dev");
  EXPECT_EQ(nearest("chcek", kCommands), "check");
}

TEST(Suggest, AnExactNameIsNearest) { EXPECT_EQ(nearest("heads", kCommands), "heads"); }

TEST(Suggest, NothingIsNearAnUnrelatedWord) {
  EXPECT_EQ(nearest("frobnicate", kCommands), std::nullopt);
  EXPECT_EQ(nearest("", kCommands), std::nullopt);
  EXPECT_EQ(nearest("upgrade", {}), std::nullopt);
}

TEST(Suggest, ShortWordsMustMatchBetterThanLongOnes) {
  // Of five letters one may be wrong, of nine three.
  EXPECT_EQ(nearest("chexk", kCommands), "check");
  EXPECT_EQ(nearest("chxxk", kCommands), std::nullopt);
  EXPECT_EQ(nearest("dxwnxrxde", kCommands), "downgrade");
  EXPECT_EQ(nearest("dxxnxrxde", kCommands), std::nullopt);
}

TEST(Suggest, ATieGoesToTheFirst) {
  const std::vector<std::string> names = {"fps_b", "fps_a"};
  EXPECT_EQ(nearest("fps_c", names), "fps_b");
}

TEST(DidYouMean, IsAQuestionOrNothing) {
  EXPECT_EQ(did_you_mean("chek", kCommands), "did you mean 'check'?");
  EXPECT_EQ(did_you_mean("zzzzzz", kCommands), "");
}

}  // namespace
}  // namespace metaxy::migrate
