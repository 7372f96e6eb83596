#include "plan/planner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dialect/registry.hpp"
#include "diff/diff.hpp"
#include "support/tables.hpp"

namespace metaxy::migrate {
namespace {

using test::column;
using test::schema;
using test::table;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

Column not_null(Column one) {
  one.is_nullable = false;
  return one;
}

/// The downgrade of what makes `after` of `before`.
Section downgrade(const char* dialect, const Table& before, const Table& after) {
  PlanInput input;
  input.before = schema({before});
  input.after = schema({after});
  input.operations = diff(input.before, input.after);
  return plan(*find_dialect(dialect), input).sections.back();
}

class PlanTest : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(OnEachDatabase, PlanTest, testing::Values("duckdb", "sqlite", "postgresql"));

std::vector<std::string> texts(const Section& section) {
  std::vector<std::string> all;
  for (const Statement& statement : section.statements) {
    all.push_back(statement.text);
  }
  return all;
}

// Its values are gone, and the table may have rows.
TEST_P(PlanTest, AColumnThatWasDroppedComesBackNullable) {
  const Section section =
      downgrade(GetParam(), table("clip", {column("id", "VARCHAR"), not_null(column("path", "VARCHAR"))}),
                table("clip", {column("id", "VARCHAR")}));
  EXPECT_THAT(texts(section), SizeIs(1));
  EXPECT_THAT(texts(section), Each(HasSubstr("ADD COLUMN")));
  EXPECT_THAT(texts(section), Each(Not(HasSubstr("NOT NULL"))));
  EXPECT_THAT(section.comments,
              ElementsAre("clip.path comes back nullable and empty: what was in it is lost"));
}

TEST_P(PlanTest, AColumnWithADefaultComesBackAsItWas) {
  Column path = not_null(column("path", "VARCHAR"));
  path.default_sql = "'x'";
  const Section section = downgrade(GetParam(), table("clip", {column("id", "VARCHAR"), path}),
                                    table("clip", {column("id", "VARCHAR")}));
  EXPECT_THAT(texts(section), testing::Contains(HasSubstr("NOT NULL")));
  EXPECT_THAT(section.comments, IsEmpty());
}

TEST_P(PlanTest, AColumnOfAKeyComesBackAsItWas) {
  Table keyed = table("clip", {not_null(column("id", "VARCHAR")), not_null(column("path", "VARCHAR"))});
  keyed.constraints.emplace_back(PrimaryKey{.name = "", .columns = {"path"}});
  const Section section = downgrade(GetParam(), keyed, table("clip", {not_null(column("id", "VARCHAR"))}));
  EXPECT_THAT(section.comments, IsEmpty());
}

}  // namespace
}  // namespace metaxy::migrate
