#include "run/offline.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/run/bench.hpp"

namespace metaxy::migrate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class OfflineTest : public testing::TestWithParam<std::tuple<std::string, TransactionMode>> {
 protected:
  const Dialect& dialect() const { return *find_dialect(std::get<0>(GetParam())); }
  TransactionMode mode() const { return std::get<1>(GetParam()); }
};

/// What the log says of what happened, without clocks and machines.
std::vector<std::string> story(const DatabaseState& state) {
  std::vector<std::string> lines;
  for (const LogRow& row : state.log) {
    lines.push_back(fmt::format("{} {} {} {} {} {} {} {} {}", row.sequence, row.project, row.action,
                                row.outcome, row.revision, row.section, row.statement, row.upgrade_checksum,
                                row.downgrade_checksum));
  }
  return lines;
}

TEST_P(OfflineTest, LeadsWhereTheRunLeads) {
  Bench online(dialect());
  online.run(Direction::upgrade, "head", mode());
  Bench offline(dialect());
  offline.shell(offline.offline(Direction::upgrade, "head", mode()));
  EXPECT_EQ(offline.content(), online.content());
  EXPECT_EQ(offline.state().rows, online.state().rows);
  EXPECT_EQ(story(offline.state()), story(online.state()));
  EXPECT_EQ(offline.state().log.back().mode, "offline");

  offline.shell(offline.offline(Direction::downgrade, "base", mode()));
  EXPECT_THAT(offline.content(), IsEmpty());
  EXPECT_THAT(offline.state().rows, IsEmpty());
}

TEST_P(OfflineTest, ChangesNothingTheSecondTimeOrOnAnotherState) {
  Bench bench(dialect());
  const std::string up = bench.offline(Direction::upgrade, "head", mode());
  bench.shell(up);
  const std::vector<std::string> before = story(bench.state());
  try {
    bench.shell(up);
    FAIL() << "the guard let it through";
  } catch (const Error& error) {
    EXPECT_THAT(std::string(error.what()),
                HasSubstr("must hold nothing; these statements are for another state"));
  }
  EXPECT_EQ(story(bench.state()), before);
  EXPECT_THAT(bench.content(), ElementsAre("four", "one", "three", "two", "a=5"));

  const std::string down = bench.offline(Direction::downgrade, "base", mode());
  Bench empty(dialect());
  EXPECT_THROW(empty.shell(down), Error);
  EXPECT_THAT(empty.content(), IsEmpty());
}

TEST_P(OfflineTest, IsCarriedOnByTheProgramWhereItStopped) {
  Bench bench(dialect());
  std::string text = bench.offline(Direction::upgrade, "head", mode());
  text = text.substr(0, text.find("CREATE TABLE four"));
  bench.shell(text + "SELECT 1;");
  const DatabaseState state = bench.state();
  ASSERT_TRUE(state.partial);
  EXPECT_EQ(state.partial->sections_done, 2U);
  EXPECT_EQ(state.partial->statements_done, 1U);
}

INSTANTIATE_TEST_SUITE_P(Every, OfflineTest,
                         testing::Combine(testing::Values("duckdb", "sqlite"),
                                          testing::Values(TransactionMode::per_revision,
                                                          TransactionMode::all)),
                         [](const auto& one) {
                           return std::get<0>(one.param) +
                                  (std::get<1>(one.param) == TransactionMode::all ? "_all" : "_each");
                         });

}  // namespace
}  // namespace metaxy::migrate
