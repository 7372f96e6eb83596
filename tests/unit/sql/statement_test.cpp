#include "sql/statement.hpp"

#include <gtest/gtest.h>

namespace metaxy::migrate {
namespace {

TEST(Statement, SaysWhyItMayDestroy) {
  const Statement statement{"x", {"drop column t.c", "destructive: the values of c are lost"}};
  EXPECT_EQ(destructive_reason(statement), "the values of c are lost");
  EXPECT_EQ(destructive_reason(Statement{"x", {"destructive", "not destructive: no"}}), "");
  EXPECT_EQ(destructive_reason(Statement{"x", {"destructive:  "}}), "");
}

TEST(Statement, SaysWhatItAdopts) {
  EXPECT_EQ(adopted_name(Statement{"x", {" adopt: video__clip "}}), "video__clip");
  EXPECT_EQ(adopted_name(Statement{"x", {"adopts: video__clip"}}), "");
}

}  // namespace
}  // namespace metaxy::migrate
