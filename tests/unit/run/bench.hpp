#pragma once
// Two scripts, a database in memory, and what a run needs.

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dialect/registry.hpp"
#include "revision/graph.hpp"
#include "run/executor.hpp"
#include "run/offline.hpp"
#include "run/state.hpp"
#include "support/fakes.hpp"
#include "support/memory_file_system.hpp"

namespace metaxy::migrate {

inline constexpr const char* kOne = R"(-- one
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

inline constexpr const char* kTwo = R"(-- two
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

inline std::string for_dialect(std::string text, const Dialect& dialect) {
  const std::string_view mark = "DIALECT";
  return text.replace(text.find(mark), mark.size(), dialect.name());
}

inline Actor bench_actor() {
  Actor one;
  one.binding.project = "p";
  one.binding.environment = "dev";
  return one;
}

/// Two scripts, a database in memory, and what a run needs.
class Bench {
 public:
  explicit Bench(const Dialect& dialect, const char* second = kTwo)
      : dialect_(dialect), sql_(dialect, "version", "log") {
    files_.create("/project/1.sql", for_dialect(kOne, dialect));
    files_.create("/project/2.sql", for_dialect(second, dialect));
    Target target;
    target.location = Secret(":memory:");
    connection_ = std::make_unique<FakeConnection>(dialect.connect(
        target, {.access = Access::read_write, .may_create = true, .lock_wait = {}, .waiting = {}}));
  }

  FakeConnection& connection() { return *connection_; }
  /// Once, when the first revision is committed.
  void after_revision(std::function<void()> act) { observer_.act = std::move(act); }
  DatabaseState state() { return read_state(*connection_, sql_, bench_actor().binding); }

  /// What is left to do, carrying on what is partly done.
  std::vector<RunStep> steps(Direction direction, const std::string& target) {
    std::vector<Revision> revisions;
    std::vector<ScriptFacts> facts;
    for (const char* file : {"/project/1.sql", "/project/2.sql"}) {
      // The first runs from memory, the second is read again.
      const std::size_t kept_size = facts.empty() ? 4096 : 0;
      facts.push_back(
          script_facts(files_, {.file = file, .text = {}, .shown_as = file}, dialect_, kept_size));
      revisions.push_back(facts.back().revision);
    }
    const RevisionGraph graph(revisions);
    const DatabaseState now = state();
    std::vector<RunStep> result;
    for (const Step& step : direction == Direction::upgrade ? upgrade_steps(graph, now.rows, target)
                                                            : downgrade_steps(graph, now.rows, target)) {
      RunStep run;
      run.step = step;
      run.facts = std::make_shared<const ScriptFacts>(
          *std::find_if(facts.begin(), facts.end(),
                        [&](const ScriptFacts& one) { return one.revision.id == step.revision; }));
      if (now.partial && now.partial->revision == step.revision && now.partial->direction == direction) {
        run.sections_done = now.partial->sections_done;
        run.statements_done = now.partial->statements_done;
      }
      result.push_back(std::move(run));
    }
    return result;
  }

  RunReport run(Direction direction, const std::string& target, TransactionMode mode) {
    return run(steps(direction, target), {.mode = mode, .confirm_state = [] {}});
  }

  RunReport run(const std::vector<RunStep>& steps, const ExecutorOptions& options) {
    Watch watch(*connection_, observer_, std::chrono::seconds(0));
    Journal journal(*connection_, sql_, clock_, bench_actor(), state().next_sequence());
    Executor executor(*connection_, dialect_, journal, files_, clock_, observer_, watch);
    return executor.run(steps, options);
  }

  /// The run as SQL for a shell.
  std::string offline(Direction direction, const std::string& target, TransactionMode mode) {
    std::string text;
    const OfflineOptions options{
        .mode = mode, .rows = state().rows, .actor = bench_actor(), .target = {}, .title = "a run"};
    OfflineRun run(dialect_, sql_, files_, options);
    for (RunStep& step : steps(direction, target)) {
      run.add(std::move(step));
    }
    run.finish([&](std::string_view piece) { text += piece; });
    return text;
  }

  /// Runs statements as a shell that stops at the first error; what it ends with is rolled back.
  void shell(const std::string& text) {
    try {
      for (const Statement& statement : split_statements(text, dialect_.splitter_options())) {
        connection_->execute(statement.text, {});
      }
    } catch (const Error&) {
      try {
        connection_->execute("ROLLBACK", {});
      } catch (const Error&) {
        // there was no transaction
      }
      throw;
    }
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

}  // namespace metaxy::migrate
