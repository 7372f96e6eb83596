#include "schema/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace metaxy::migrate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(TableName, TextHasTheSchemaInFront) {
  EXPECT_EQ(to_text(TableName{"", "clip"}), "clip");
  EXPECT_EQ(to_text(TableName{"main", "clip"}), "main.clip");
}

TEST(TableName, TheCurrentSchemaComesFirst) {
  EXPECT_LT((TableName{"", "z"}), (TableName{"a", "a"}));
  EXPECT_LT((TableName{"a", "a"}), (TableName{"a", "b"}));
}

TEST(Normalise, SortsConstraintsByKindColumnsAndText) {
  const PrimaryKey key{"pk", {"id"}};
  const Unique unique_b{"a_name", {"b"}};
  const Unique unique_a{"b_name", {"a"}};
  const Check check_1{"", "a > 0"};
  const Check check_2{"", "a > 1"};
  const ForeignKey to_a{"", {"x"}, {"", "a"}, {"id"}, "", "", ""};
  const ForeignKey to_b{"", {"x"}, {"", "b"}, {"id"}, "", "", ""};
  Table table;
  table.constraints = {to_b, check_2, unique_b, to_a, check_1, key, unique_a};
  normalise(table);
  EXPECT_THAT(table.constraints,
              ElementsAre(Constraint(key), Constraint(unique_a), Constraint(unique_b), Constraint(check_1),
                          Constraint(check_2), Constraint(to_a), Constraint(to_b)));
}

TEST(Normalise, DropsExactDuplicatesOnly) {
  Table table;
  table.constraints = {Unique{"x", {"a"}}, Unique{"y", {"a"}}, Unique{"x", {"a"}}};
  table.options = {"STRICT", "AUTOINCREMENT", "STRICT"};
  normalise(table);
  EXPECT_THAT(table.constraints, ElementsAre(Constraint(Unique{"x", {"a"}}), Constraint(Unique{"y", {"a"}})));
  EXPECT_THAT(table.options, ElementsAre("AUTOINCREMENT", "STRICT"));
}

TEST(Normalise, SortsIndexesByNameAndLeavesColumnsInOrder) {
  Table table;
  table.columns = {Column{.name = "b"}, Column{.name = "a"}};
  table.indexes = {Index{.name = "ix_b"}, Index{.name = "ix_a"}};
  normalise(table);
  EXPECT_EQ(table.indexes[0].name, "ix_a");
  EXPECT_EQ(table.columns[0].name, "b");
}

TEST(Table, FindsItsPartsByExactName) {
  Table table;
  table.columns = {Column{.name = "a"}};
  table.indexes = {Index{.name = "ix"}};
  table.constraints = {Unique{"u", {"a"}}};
  EXPECT_EQ(find_column(table, "a"), &table.columns[0]);
  EXPECT_EQ(find_column(table, "A"), nullptr);
  EXPECT_EQ(find_index(table, "ix"), &table.indexes[0]);
  EXPECT_EQ(find_index(table, "a"), nullptr);
  EXPECT_EQ(primary_key(table), nullptr);
  table.constraints.emplace_back(PrimaryKey{"", {"a"}});
  ASSERT_NE(primary_key(table), nullptr);
  EXPECT_THAT(primary_key(table)->columns, ElementsAre("a"));
}

TEST(Table, ColumnsOfAConstraint) {
  EXPECT_THAT(columns_of(PrimaryKey{"", {"a", "b"}}), ElementsAre("a", "b"));
  EXPECT_THAT(columns_of(Unique{"", {"a"}}), ElementsAre("a"));
  EXPECT_THAT(columns_of(ForeignKey{"", {"a"}, {"", "t"}, {"id"}, "", "", ""}), ElementsAre("a"));
  EXPECT_THAT(columns_of(Check{"", "a > 0"}), IsEmpty());
}

}  // namespace
}  // namespace metaxy::migrate
