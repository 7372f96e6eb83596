#pragma once
// Runs scripts: statement by statement, one transaction a section (or one for the whole run), with the
// version rows and the log in the same transaction. What it leaves after a failure or a kill is always a
// state that `read_state` understands.

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "run/events.hpp"
#include "run/journal.hpp"
#include "run/script_facts.hpp"
#include "run/watch.hpp"

namespace metaxy::migrate {

enum class TransactionMode {
  per_revision,  ///< One transaction a section, so at least one a revision.
  all,           ///< One for the whole run, as far as the sections allow it.
};

/// One revision to run.
struct RunStep {
  Step step;
  SharedFacts facts;
  /// The step takes back what is done of a partly applied upgrade.
  bool is_undo = false;
  /// Of a downgrade: tables ("t") and columns ("t.c") that were there before the upgrade, which adopted them.
  /// Statements that drop one of them are skipped.
  std::set<std::string> adopted{};
  /// The same of an upgrade that is carried on, by its statements that are done.
  std::set<std::string> adopted_so_far{};
  /// Carry on a partial run: sections and statements of the direction that are done already.
  std::size_t sections_done = 0;
  std::size_t statements_done = 0;
  /// Index of a statement (of the section after the done ones) that a person decided to leave out, with the
  /// reason.
  std::optional<std::size_t> skipped_statement;
  std::string skip_reason;
};

struct ExecutorOptions {
  TransactionMode mode = TransactionMode::per_revision;
  /// How long a transaction that failed for a reason of the moment (Connection::may_retry) is tried again.
  /// Only with a transaction for each revision.
  std::chrono::milliseconds retry_for{0};
  /// Called inside the first transaction, before anything else: throws when the database is not as it was
  /// when the steps were decided.
  std::function<void()> confirm_state;
};

struct FinishedRevision {
  std::string revision;
  std::string message;
  Direction direction = Direction::upgrade;
  std::size_t statements = 0;
  std::chrono::microseconds elapsed{};
};

/// What a run did; after a failure, what of it is true all the same.
struct RunReport {
  std::vector<FinishedRevision> finished;
  std::vector<std::string> heads;
};

/// Whether a statement without a transaction took effect, where the log says only that it was started.
enum class Doubt {
  none,
  /// It was started, and there was no answer.
  may_have_run,
  /// It ended well, and that could not be noted.
  has_run,
};

/// A run stopped half-way: a statement failed, the process was told to stop, the script changed meanwhile.
class RunFailed : public Error {
 public:
  struct Facts {
    RunReport report;
    std::string revision;
    Direction direction = Direction::upgrade;
    /// Sections of that revision that stay done.
    std::size_t sections_done = 0;
    std::size_t statements_done = 0;
    /// It was a partly applied upgrade being taken back.
    bool is_undo = false;
    /// By a signal, not by a failure.
    bool is_stopped = false;
    /// Another run went on with the database; what it is at now is that one's doing.
    bool is_overtaken = false;
    /// About the statement after those that are done.
    Doubt doubt = Doubt::none;
    /// What stays of the statement that failed outside of a transaction, in a sentence; empty: nothing.
    std::string left_behind{};
    std::string sql;
  };
  RunFailed(ErrorKind kind, const std::string& message, ErrorDetail detail, Facts facts);

  const Facts& facts() const { return facts_; }

 private:
  Facts facts_;
};

/// The log row of a step but for its outcome: what ran, of which script.
LogRow log_row_of(const RunStep& step);
/// The script's text as the log keeps it; nullopt when it is too long.
std::optional<std::string> logged_text(const FileSystem& files, const ScriptText& text);

class Executor {
 public:
  /// All references must outlive the executor.
  Executor(Connection& connection, const Dialect& dialect, Journal& journal, const FileSystem& files,
           const Clock& clock, Observer& observer, Watch& watch);

  /// Throws RunFailed; whatever `confirm_state` throws passes through unchanged, with nothing done.
  RunReport run(const std::vector<RunStep>& steps, const ExecutorOptions& options);

 private:
  class Run;

  Connection& connection_;
  const Dialect& dialect_;
  Journal& journal_;
  const FileSystem& files_;
  const Clock& clock_;
  Observer& observer_;
  Watch& watch_;
};

}  // namespace metaxy::migrate
