#include "revision/drawing.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "revision/traversal.hpp"
#include "unit/revision/revisions.hpp"

namespace metaxy::migrate::test {
namespace {

/// The drawing with ids behind it.
std::string drawing(const RevisionGraph& graph, const std::vector<std::string>& ids,
                    DrawingStyle style = DrawingStyle::ascii) {
  std::string text;
  for (const DrawnLine& line : drawn(graph, ids, style)) {
    text += line.left;
    if (line.revision) {
      text += "o" + (line.right.empty() ? "" : " " + line.right) + " " + ids[*line.revision];
    }
    text += "\n";
  }
  return text;
}

std::string drawing(const RevisionGraph& graph, DrawingStyle style = DrawingStyle::ascii) {
  return drawing(graph, history_range(graph, "", {}), style);
}

TEST(Drawing, OfOneLineIsOneColumn) {
  EXPECT_EQ(drawing(graph({rev("a"), rev("b", {"a"}), rev("c", {"b"})})), "o c\no b\no a\n");
}

TEST(Drawing, JoinsBranchesWhereTheyPart) {
  EXPECT_EQ(drawing(forked()),
            "o d1\n"
            "o c1\n"
            "| o d2\n"
            "| o c2\n"
            "+-'\n"
            "o b\n"
            "o a\n");
}

TEST(Drawing, PartsBranchesWhereTheyMerge) {
  EXPECT_EQ(drawing(graph({rev("a"), rev("b", {"a"}), rev("c", {"a"}), rev("m", {"b", "c"})})),
            "o m\n"
            "+-.\n"
            "o | b\n"
            "| o c\n"
            "+-'\n"
            "o a\n");
}

TEST(Drawing, GoesUnderBranchesThatOthersCross) {
  const RevisionGraph crossed = graph(
      {rev("a"), rev("b", {"a"}), rev("x", {"a"}), rev("c", {"a"}), rev("y", {"c"}), rev("m", {"b", "c"})});
  EXPECT_EQ(drawing(crossed, {"m", "x", "b", "y", "c", "a"}),
            "o m\n"
            "+-.\n"
            "| | o x\n"
            "o | | b\n"
            "| | | o y\n"
            "| +-|-'\n"
            "| o | c\n"
            "+-'-'\n"
            "o a\n");
}

TEST(Drawing, OfThreeParentsOpensTwoColumns) {
  EXPECT_EQ(drawing(graph({rev("a"), rev("b"), rev("c"), rev("m", {"a", "b", "c"})})),
            "o m\n"
            "+-.-.\n"
            "o | | a\n"
            "  o | b\n"
            "    o c\n");
}

TEST(Drawing, KeepsGraphsApartThatHaveNothingInCommon) {
  EXPECT_EQ(drawing(graph({rev("a"), rev("b")})), "o a\n\no b\n");
}

TEST(Drawing, OfAPartLeavesHiddenParentsOut) { EXPECT_EQ(drawing(forked(), {"d2", "c2"}), "o d2\no c2\n"); }

TEST(Drawing, UsesLinesOnTerminals) {
  EXPECT_EQ(drawing(graph({rev("a"), rev("b"), rev("c"), rev("d", {"b"}), rev("m", {"a", "d", "c"})}),
                    {"m", "d", "b", "a", "c"}, DrawingStyle::unicode),
            "o m\n"
            "├─┬─╮\n"
            "│ o │ d\n"
            "│ o │ b\n"
            "o   │ a\n"
            "    o c\n");
}

TEST(Drawing, OfAnUnknownIdIsAnError) {
  EXPECT_THROW(drawn(forked(), std::vector<std::string>{"zz"}), Error);
}

}  // namespace
}  // namespace metaxy::migrate::test
