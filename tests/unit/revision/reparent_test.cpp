#include "revision/reparent.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"

namespace metaxy::migrate {
namespace {

std::string script(const std::string& down_revision, const std::string& end = "\n") {
  return "-- down_revision = \"not this one\"" + end + "-- [migration]" + end + "-- revision = \"b\"" + end +
         "-- down_revision = " + down_revision + end + "-- dialect = \"sqlite\"" + end + end +
         "-- migrate: upgrade" + end + "SELECT 'down_revision = 1';" + end;
}

TEST(Reparent, ChangesTheValueAndNothingElse) {
  EXPECT_EQ(reparented(script("\"a\"   # the base"), "b.sql", {"x"}), script("\"x\"   # the base"));
}

TEST(Reparent, WritesListsForMergesAndNothingForTheBase) {
  EXPECT_EQ(reparented(script("'a'"), "b.sql", {"x", "y"}), script("[\"x\", \"y\"]"));
  EXPECT_EQ(reparented(script("[\"a\", \"c\"]"), "b.sql", {}), script("\"\""));
}

TEST(Reparent, FollowsAListOverLines) {
  EXPECT_EQ(reparented(script("[\"a\",\n--   \"c\"]"), "b.sql", {"x"}), script("\"x\""));
}

TEST(Reparent, KeepsWindowsLineEndsAndTheByteOrderMark) {
  EXPECT_EQ(reparented("\xEF\xBB\xBF" + script("\"a\"", "\r\n"), "b.sql", {"x"}),
            "\xEF\xBB\xBF" + script("\"x\"", "\r\n"));
}

TEST(Reparent, RefusesWhatItCannotFind) {
  const std::string quoted_key =
      "-- m\n-- [migration]\n-- revision = \"b\"\n-- \"down_revision\" = \"a\"\n-- dialect = \"sqlite\"\n";
  try {
    reparented(quoted_key, "b.sql", {"x"});
    FAIL() << "a key in quotes is not found";
  } catch (const Error& error) {
    EXPECT_EQ(error.hint(), "write the line by hand: -- down_revision = \"x\"");
  }
}

}  // namespace
}  // namespace metaxy::migrate
