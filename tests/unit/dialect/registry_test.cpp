#include "dialect/registry.hpp"

#include <gtest/gtest.h>

#include <set>

namespace metaxy::migrate {
namespace {

TEST(Registry, EachDialectIsFoundByItsName) {
  std::set<std::string_view> names;
  for (const Dialect* dialect : all_dialects()) {
    EXPECT_EQ(find_dialect(dialect->name()), dialect);
    names.insert(dialect->name());
  }
  EXPECT_EQ(names.size(), all_dialects().size());
  EXPECT_EQ(names.count("sqlite"), 1U);
  EXPECT_EQ(find_dialect("oracle"), nullptr);
}

}  // namespace
}  // namespace metaxy::migrate
