#include "run/executor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "dialect/registry.hpp"
#include "revision/graph.hpp"
#include "support/fakes.hpp"
#include "support/memory_file_system.hpp"

namespace metaxy::migrate {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kOne = R"(-- one
--
-- [migration]
-- revision = "aaaa"
-- down_revision = ""
-- dialect = "DIALECT"

-- migrate: upgrade

CREATE TABLE one (a INTEGER);
INSERT INTO one VALUES (1);

-- migrate: downgrade

-- destructive: rows
DROP TABLE one;
)";

constexpr const char* kTwo = R"(-- two
--
-- [migration]
-- revision = "bbbb"
-- down_revision = "aaaa"
-- dialect = "DIALECT"

-- migrate: upgrade

CREATE TABLE two (a INTEGER);

-- migrate: upgrade

INSERT INTO two VALUES (2);
UPDATE one SET a = 5 WHERE a = 1;

-- migrate: upgrade transaction=off

CREATE TABLE three (a INTEGER);
CREATE TABLE four (a INTEGER);

-- migrate: downgrade

-- destructive: rows
DROP TABLE four;
-- destructive: rows
DROP TABLE three;
-- destructive: rows
DROP TABLE two;
UPDATE one SET a = 1 WHERE a = 5;
)";

std::string for_dialect(std::string text, const Dialect& dialect) {
  const std::string_view mark = "DIALECT";
  return text.replace(text.find(mark), mark.size(), dialect.name());
}

Actor actor() {
  Actor one;
  one.binding.project = "p";
  one.binding.environment = "dev";
  return one;
}

/// Two scripts, a database in memory, and what a run needs.
class Bench {
 public:
  explicit Bench(const Dialect& dialect) : dialect_(dialect), sql_(dialect, "version", "log") {
    files_.create("/project/1.sql", for_dialect(kOne, dialect));
    files_.create("/project/2.sql", for_dialect(kTwo, dialect));
    Target target;
    target.location = Secret(":memory:");
    connection_ = std::make_unique<FakeConnection>(dialect.connect(
        target, {.access = Access::read_write, .may_create = true, .lock_wait = {}, .waiting = {}}));
  }

  FakeConnection& connection() { return *connection_; }
  /// Once, when the first revision is committed.
  void after_revision(std::function<void()> act) { observer_.act = std::move(act); }
  DatabaseState state() { return read_state(*connection_, sql_, actor().binding); }

  /// What is left to do, carrying on what is partly done.
  std::vector<RunStep> steps(Direction direction, const std::string& target) {
    std::vector<Revision> revisions;
    std::vector<ScriptFacts> facts;
    for (const char* file : {"/project/1.sql", "/project/2.sql"}) {
      facts.push_back(script_facts(files_, {.file = file, .text = {}, .shown_as = file}, dialect_));
      revisions.push_back(facts.back().revision);
    }
    const RevisionGraph graph(revisions);
    const DatabaseState now = state();
    std::vector<RunStep> result;
    for (const Step& step : direction == Direction::upgrade ? upgrade_steps(graph, now.rows, target)
                                                            : downgrade_steps(graph, now.rows, target)) {
      RunStep run;
      run.step = step;
      run.facts = *std::find_if(facts.begin(), facts.end(),
                                [&](const ScriptFacts& one) { return one.revision.id == step.revision; });
      if (now.partial && now.partial->revision == step.revision && now.partial->direction == direction) {
        run.sections_done = now.partial->sections_done;
        run.statements_done = now.partial->statements_done;
      }
      result.push_back(std::move(run));
    }
    return result;
  }

  RunReport run(Direction direction, const std::string& target, TransactionMode mode) {
    Watch watch(*connection_, observer_, std::chrono::seconds(0));
    Journal journal(*connection_, sql_, clock_, actor(), state().next_sequence());
    Executor executor(*connection_, dialect_, journal, files_, clock_, observer_, watch);
    return executor.run(steps(direction, target), {.mode = mode, .existing = {}, .confirm_state = [] {}});
  }

  /// Tables made by the scripts, sorted, and the one value that changes.
  std::vector<std::string> content() {
    std::vector<std::string> found;
    const Reflected live = dialect_.reflect(*connection_, {});
    for (const auto& [name, table] : live.schema) {
      if (name.name != "version" && name.name != "log") {
        found.push_back(name.name);
      }
    }
    if (live.schema.count({.schema = "", .name = "one"}) != 0) {
      found.push_back("a=" + connection_->query("SELECT a FROM one", {}).front().front().value_or("NULL"));
    }
    return found;
  }

 private:
  const Dialect& dialect_;
  StateSql sql_;
  MemoryFileSystem files_;
  FakeClock clock_;
  struct ActingObserver final : Observer {
    void on(const Event& event) override {
      if (act && std::holds_alternative<RevisionFinished>(event)) {
        std::exchange(act, nullptr)();
      }
    }
    std::function<void()> act;
  };

  ActingObserver observer_;
  std::unique_ptr<FakeConnection> connection_;
};

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
    EXPECT_THROW(bench.run(Direction::upgrade, "head", mode()), Error);
    bench.connection().fail_at(0);
    EXPECT_FALSE(bench.connection().is_in_transaction());

    const DatabaseState state = bench.state();
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
