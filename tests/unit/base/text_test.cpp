#include "base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace metaxy::migrate {
namespace {

using testing::ElementsAre;

TEST(Text, CaseIsAsciiOnly) {
  EXPECT_EQ(lower("ÄBC-Z9"), "Äbc-z9");
  EXPECT_EQ(upper("äbc-z9"), "äBC-Z9");
}

TEST(Text, TrimmedTakesBlanksFromBothEnds) {
  EXPECT_EQ(trimmed(" \t\r\n a b \f\v"), "a b");
  EXPECT_EQ(trimmed(" \n "), "");
  EXPECT_EQ(trimmed(""), "");
}

TEST(Text, SplitKeepsEmptyParts) {
  EXPECT_THAT(split("a,,b,", ','), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split("", ','), ElementsAre(""));
}

TEST(Text, JoinUndoesSplit) {
  EXPECT_EQ(join(split("a,,b,", ','), ","), "a,,b,");
  EXPECT_EQ(join({}, ", "), "");
}

TEST(Text, ReplaceAllDoesNotLookIntoWhatItPutIn) {
  EXPECT_EQ(replace_all("aXbX", "X", "XX"), "aXXbXX");
  EXPECT_EQ(replace_all("aaa", "aa", ""), "a");
  EXPECT_EQ(replace_all("abc", "x", "y"), "abc");
}

TEST(Text, EqualIgnoringCaseComparesLengthsToo) {
  EXPECT_TRUE(equal_ignoring_case("Select", "sELECT"));
  EXPECT_FALSE(equal_ignoring_case("select", "selec"));
  EXPECT_FALSE(equal_ignoring_case("@", "`"));
}

TEST(Text, Quotes) { EXPECT_EQ(in_quotes("a b"), "'a b'"); }

TEST(Text, CountedHasAPlural) {
  EXPECT_EQ(counted(0, "statement"), "0 statements");
  EXPECT_EQ(counted(1, "statement"), "1 statement");
  EXPECT_EQ(counted(2, "statement"), "2 statements");
}

TEST(Text, LineEndsBecomeUnixOnes) {
  EXPECT_EQ(with_unix_line_ends("\xEF\xBB\xBF"
                                "a\r\nb\rc\n\r\n\r\r"),
            "a\nb\nc\n\n\n\n");
  EXPECT_EQ(with_unix_line_ends("a\xEF\xBB\xBF"), "a\xEF\xBB\xBF");
  EXPECT_EQ(with_unix_line_ends("\xEF\xBB"), "\xEF\xBB");
}

}  // namespace
}  // namespace metaxy::migrate
