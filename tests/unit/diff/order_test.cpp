#include "diff/order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/tables.hpp"

namespace metaxy::migrate {
namespace {

using test::column;
using test::foreign_key;
using test::table;
using testing::ElementsAre;
using testing::IsEmpty;

/// A table `name` with a foreign key to each of `parents`.
Table child_of(const std::string& name, const std::vector<std::string>& parents) {
  Table result = table(name, {column("id", "X")});
  for (const std::string& parent : parents) {
    result.constraints.emplace_back(foreign_key("id", parent, "id"));
  }
  return result;
}

std::vector<std::string> names_in(const CreationOrder& order) {
  std::vector<std::string> names;
  for (const Table* one : order.tables) {
    names.push_back(one->name.name);
  }
  return names;
}

TEST(CreationOrder, ParentsComeFirst) {
  const Table a = child_of("a", {"c"});
  const Table b = child_of("b", {});
  const Table c = child_of("c", {"d", "b"});
  const Table d = child_of("d", {});
  const CreationOrder order = creation_order({&a, &b, &c, &d});
  EXPECT_THAT(names_in(order), ElementsAre("d", "b", "c", "a"));
  EXPECT_THAT(order.deferred, IsEmpty());
}

TEST(CreationOrder, UnrelatedTablesStayInTheirOrder) {
  const Table a = child_of("a", {"elsewhere"});
  const Table b = child_of("b", {"b"});
  const CreationOrder order = creation_order({&a, &b});
  EXPECT_THAT(names_in(order), ElementsAre("a", "b"));
  EXPECT_THAT(order.deferred, IsEmpty());
}

TEST(CreationOrder, TheForeignKeyThatClosesACircleWaits) {
  const Table a = child_of("a", {"b"});
  const Table b = child_of("b", {"c"});
  const Table c = child_of("c", {"a"});
  const CreationOrder order = creation_order({&a, &b, &c});
  EXPECT_THAT(names_in(order), ElementsAre("c", "b", "a"));
  ASSERT_EQ(order.deferred.size(), 1U);
  EXPECT_THAT(order.deferred.at(c.name), ElementsAre(c.constraints[0]));
  EXPECT_THAT(without_deferred(c, order).constraints, IsEmpty());
  EXPECT_EQ(without_deferred(a, order), a);
}

TEST(CreationOrder, AChainLongerThanTheCallStackIsNoTrouble) {
  std::vector<Table> chain;
  for (int i = 0; i < 100000; ++i) {
    chain.push_back(child_of(std::to_string(i), {std::to_string(i + 1)}));
  }
  std::vector<const Table*> tables;
  for (const Table& one : chain) {
    tables.push_back(&one);
  }
  const CreationOrder order = creation_order(tables);
  EXPECT_EQ(order.tables.front()->name.name, "99999");
  EXPECT_EQ(order.tables.back()->name.name, "0");
}

}  // namespace
}  // namespace metaxy::migrate
