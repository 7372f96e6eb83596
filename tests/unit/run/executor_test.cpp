#include "run/executor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "unit/run/bench.hpp"

namespace metaxy::migrate {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class ExecutorTest : public testing::TestWithParam<std::tuple<std::string, TransactionMode>> {
 protected:
  const Dialect& dialect() const { return *find_dialect(std::get<0>(GetParam())); }
  TransactionMode mode() const { return std::get<1>(GetParam()); }
};

TEST_P(ExecutorTest, AppliesAndUndoesWithRowsAndLog) {
  Bench bench(dialect());
  const RunReport up = bench.run(Direction::upgrade, "head", mode());
  EXPECT_EQ(up.finished.size(), 2U);
  EXPECT_THAT(bench.content(), ElementsAre("four", "one", "three", "two", "a=5"));
  EXPECT_THAT(bench.state().rows, ElementsAre("bbbb"));
  EXPECT_FALSE(bench.state().partial);

  bench.run(Direction::downgrade, "base", mode());
  EXPECT_THAT(bench.content(), IsEmpty());
  EXPECT_THAT(bench.state().rows, IsEmpty());
}

/// The recorded heads are true after a failure at any call, and running again ends where it should.
TEST_P(ExecutorTest, TellsTheTruthAfterAFailureAtAnyCall) {
  std::size_t calls = 0;
  {
    Bench bench(dialect());
    bench.connection().fail_at(0);
    bench.run(Direction::upgrade, "head", mode());
    calls = bench.connection().calls();
  }
  ASSERT_GT(calls, 15U);
  for (std::size_t call = 1; call <= calls; ++call) {
    SCOPED_TRACE(call);
    Bench bench(dialect());
    bench.connection().fail_at(call);
    bool is_told_in_doubt = false;
    try {
      bench.run(Direction::upgrade, "head", mode());
      FAIL() << "no failure";
    } catch (const RunFailed& failure) {
      is_told_in_doubt = failure.facts().doubt != Doubt::none;
    } catch (const Error&) {
      // nothing was begun
    }
    bench.connection().fail_at(0);
    EXPECT_FALSE(bench.connection().is_in_transaction());

    const DatabaseState state = bench.state();
    EXPECT_EQ(is_told_in_doubt, state.partial && state.partial->is_in_doubt);
    const std::vector<std::string> content = bench.content();
    const bool has_one = std::find(content.begin(), content.end(), "one") != content.end();
    EXPECT_EQ(has_one, !state.rows.empty()) << "table one is there exactly when aaaa is applied";
    EXPECT_EQ(std::count(content.begin(), content.end(), "two") == 1,
              state.rows == std::vector<std::string>{"bbbb"} ||
                  (state.partial && state.partial->revision == "bbbb" && state.partial->sections_done > 0))
        << "table two is there exactly when the log says that its section is done";

    if (state.partial && state.partial->is_in_doubt) {
      continue;  // a person decides; the command refuses to guess
    }
    bench.run(Direction::upgrade, "head", mode());
    EXPECT_THAT(bench.state().rows, ElementsAre("bbbb"));
    EXPECT_THAT(bench.content(), ElementsAre("four", "one", "three", "two", "a=5"));
  }
}

TEST_P(ExecutorTest, StopsWhenTheVersionTableIsNotAsExpected) {
  Bench bench(dialect());
  bench.run(Direction::upgrade, "aaaa", mode());
  bench.connection().execute("INSERT INTO version VALUES ('aaaa')", {});
  try {
    bench.run(Direction::downgrade, "base", mode());
    FAIL() << "two rows of one id were taken for one";
  } catch (const Error& error) {
    EXPECT_THAT(std::string(error.what()), testing::HasSubstr("changed 2 rows instead of one"));
  }
  EXPECT_THAT(bench.content(), Contains("one"));
}

TEST(ExecutorOnSqliteTest, NoticesAnotherRunBetweenItsTransactions) {
  Bench bench(*find_dialect("sqlite"));
  bench.after_revision([&] { bench.connection().execute("UPDATE version SET version_num = 'cccc'", {}); });
  try {
    bench.run(Direction::upgrade, "head", TransactionMode::per_revision);
    FAIL() << "went on from rows that it did not write";
  } catch (const RunFailed& error) {
    EXPECT_EQ(error.kind(), ErrorKind::integrity);
    EXPECT_EQ(error.facts().report.finished.size(), 1U);
  }
  EXPECT_THAT(bench.content(), ElementsAre("one", "a=1"));
}

/// As another run of this project, or of another one, writes it.
void write_log(Bench& bench, const std::string& project) {
  bench.connection().execute(
      "INSERT INTO log (sequence, format, project, part, action, outcome, revision) "
      "SELECT max(sequence) + 1, 1, '" +
          project + "', 'all', 'upgrade', 'section', 'bbbb' FROM log",
      {});
}

/// The way back to the script's schema is gone after the commit of its first section.
TEST(ExecutorOnDuckdbTest, TellsTheTruthAfterAFailureOnTheWayBack) {
  constexpr const char* kElsewhere = R"(-- two
--
-- [migration]
-- revision = "bbbb"
-- down_revision = "aaaa"
-- dialect = "DIALECT"

-- migrate: upgrade

CREATE SCHEMA s;
USE s;

-- migrate: upgrade

CREATE TABLE two (a INTEGER);

-- migrate: downgrade
)";
  std::size_t behind_the_section = 0;
  for (std::size_t call = 1, calls = 1; call <= calls; ++call) {
    Bench bench(*find_dialect("duckdb"), kElsewhere);
    bench.connection().fail_at(call);
    try {
      bench.run(Direction::upgrade, "head", TransactionMode::per_revision);
    } catch (const RunFailed& failure) {
      calls = call + 1;
      const std::optional<PartialRevision> partial = bench.state().partial;
      behind_the_section += partial ? 1 : 0;
      EXPECT_EQ(failure.facts().sections_done, partial ? partial->sections_done : 0) << "at call " << call;
    } catch (const Error&) {
      calls = call + 1;  // nothing was begun
    }
  }
  EXPECT_GT(behind_the_section, 0U);
}

TEST(ExecutorOnSqliteTest, NoticesTheSectionOfAnotherRunBetweenItsTransactions) {
  Bench bench(*find_dialect("sqlite"));
  bench.after_revision([&] { write_log(bench, "p"); });
  try {
    bench.run(Direction::upgrade, "head", TransactionMode::per_revision);
    FAIL() << "ran a section that another run has done";
  } catch (const RunFailed& error) {
    EXPECT_EQ(error.kind(), ErrorKind::integrity);
    EXPECT_TRUE(error.facts().is_overtaken);
  }
  EXPECT_THAT(bench.content(), ElementsAre("one", "a=1"));
}

TEST(ExecutorOnSqliteTest, CountsOnFromTheRowsOfAnotherProject) {
  Bench bench(*find_dialect("sqlite"));
  bench.after_revision([&] { write_log(bench, "q"); });
  bench.run(Direction::upgrade, "head", TransactionMode::per_revision);
  EXPECT_THAT(bench.content(), ElementsAre("four", "one", "three", "two", "a=5"));
  const std::vector<Row> rows =
      bench.connection().query("SELECT count(*) - count(DISTINCT sequence) FROM log", {});
  EXPECT_EQ(rows.front().front(), "0");
}

TEST(ExecutorOnSqliteTest, ReadsTheLogBetweenItsTransactionsOnlyWhereOthersWrote) {
  Bench bench(*find_dialect("sqlite"));
  int reads = 0;
  bench.connection().before_query = [&reads](std::string_view sql) {
    reads += sql.find("WHERE \"sequence\" >=") != std::string_view::npos ? 1 : 0;
  };
  bench.run(Direction::upgrade, "head", TransactionMode::per_revision);
  EXPECT_EQ(reads, 0);
  bench.after_revision([&] { write_log(bench, "q"); });
  bench.run(Direction::downgrade, "base", TransactionMode::per_revision);
  EXPECT_EQ(reads, 1);
}

TEST(ExecutorOnSqliteTest, LeavesInDoubtWhatRanAndCannotBeNoted) {
  Bench bench(*find_dialect("sqlite"));
  bench.run(Direction::upgrade, "aaaa", TransactionMode::all);
  bench.connection().execute(
      "CREATE TRIGGER full BEFORE INSERT ON log WHEN new.outcome = 'statement' "
      "BEGIN SELECT raise(ABORT, 'disk is full'); END",
      {});
  try {
    bench.run(Direction::upgrade, "head", TransactionMode::all);
    FAIL() << "went on without a note";
  } catch (const RunFailed& error) {
    EXPECT_EQ(error.kind(), ErrorKind::partially_applied);
    EXPECT_EQ(error.facts().doubt, Doubt::has_run);
  }
  const DatabaseState state = bench.state();
  ASSERT_TRUE(state.partial);
  EXPECT_TRUE(state.partial->is_in_doubt);
}

/// The first statement of the second revision is left out by hand, and its table is there.
TEST(ExecutorOnSqliteTest, LeavesOutOnlyTheNamedStatementWhereverItTriesAgain) {
  std::size_t calls = 1;
  for (std::size_t call = 1; call <= calls; ++call) {
    SCOPED_TRACE(call);
    Bench bench(*find_dialect("sqlite"));
    bench.run(Direction::upgrade, "aaaa", TransactionMode::per_revision);
    bench.connection().execute("CREATE TABLE two (a INTEGER)", {});
    std::vector<RunStep> steps = bench.steps(Direction::upgrade, "head");
    steps.front().skipped_statement = 0;
    steps.front().skip_reason = "it is there";
    bench.connection().says_retry = true;
    bench.connection().fail_at(call);
    try {
      bench.run(steps, {.mode = TransactionMode::per_revision,
                        .retry_for = std::chrono::hours(1),
                        .confirm_state = [] {}});
    } catch (const Error&) {
      // what has no transaction is not tried again
    }
    if (call == 1) calls = bench.connection().calls();
    const std::string rows = bench.connection().query("SELECT count(*) FROM two", {}).front().front().value();
    EXPECT_EQ(rows, bench.content().back() == "a=5" ? "1" : "0");
  }
}

INSTANTIATE_TEST_SUITE_P(Every, ExecutorTest,
                         testing::Combine(testing::Values("duckdb", "sqlite"),
                                          testing::Values(TransactionMode::per_revision,
                                                          TransactionMode::all)),
                         [](const auto& one) {
                           return std::get<0>(one.param) +
                                  (std::get<1>(one.param) == TransactionMode::all ? "_all" : "_each");
                         });

}  // namespace
}  // namespace metaxy::migrate
