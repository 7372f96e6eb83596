#include "run/executor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "dialect/interrupted_indexes.hpp"
#include "run/answers.hpp"
#include "run/done_part.hpp"
#include "run/left_out.hpp"

namespace metaxy::migrate {

Executor::Executor(Connection& connection, const Dialect& dialect, Journal& journal, const FileSystem& files,
                   const Clock& clock, Observer& observer, Watch& watch)
    : connection_(connection),
      dialect_(dialect),
      journal_(journal),
      files_(files),
      clock_(clock),
      observer_(observer),
      watch_(watch) {}

namespace {

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{3000};

std::string first_comment(const Statement& statement) {
  return statement.comments.empty() ? std::string() : statement.comments.front();
}

}  // namespace

/// One run; holds what is true at this moment, so that a failure can tell.
class Executor::Run {
 public:
  Run(Executor& executor, const std::vector<RunStep>& steps, const ExecutorOptions& options)
      : x_(executor),
        steps_(steps),
        options_(options),
        answers_(executor.connection_, failing_),
        left_outs_(executor.connection_, executor.dialect_) {}

  RunReport go() {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      current_ = &steps_[i];
      left_outs_.begin_revision();
      guarded([&] { run_step_patiently(i); });
    }
    guarded([&] { commit(); });
    x_.watch_.let_finish();
    return std::move(report_);
  }

 private:
  /// Whatever goes wrong, also what is no Error (memory), the transaction is rolled back and the truth told.
  template <class Act>
  void guarded(Act act) {
    try {
      act();
    } catch (const Error& error) {
      fail(error);
    } catch (const std::exception& error) {
      fail(Error(ErrorKind::failure, error.what()));
    }
  }

  /// Tries a transaction again while somebody else's lock is in its way.
  void run_step_patiently(std::size_t index) {
    const RunStep& step = steps_[index];
    x_.watch_.throw_if_stopped();
    x_.observer_.on(RevisionStarted{.revision = step.step.revision,
                                    .message = step.facts->revision.message,
                                    .direction = step.step.direction,
                                    .number = index + 1,
                                    .of = steps_.size()});
    const std::chrono::microseconds end = x_.clock_.monotonic() + options_.retry_for;
    for (std::chrono::milliseconds pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
      try {
        return run_step(*current_);
      } catch (const Error& error) {
        const bool may_retry = is_open_ && options_.mode == TransactionMode::per_revision &&
                               x_.watch_.signal() == 0 && x_.connection_.may_retry() &&
                               x_.clock_.monotonic() + pause < end;
        if (!may_retry) throw;
        take_back();
        tell_retry(error);
      }
      // The locks that were taken are free meanwhile, so that those who wait for them go on.
      std::this_thread::sleep_for(pause);
      rest_ = step;
      rest_->sections_done = durable_sections_;
      rest_->statements_done = durable_statements_;
      // It was a statement of the section that is done by now.
      if (durable_sections_ > step.sections_done) rest_->skipped_statement.reset();
      current_ = &*rest_;
    }
  }

  void take_back() {
    x_.connection_.rollback();
    is_open_ = false;
    is_confirmed_ = is_confirmed_ && !is_confirmed_in_open_;
    is_confirmed_in_open_ = false;
    x_.journal_.rewind(sequence_before_);
    answers_.forget();
    failing_.reset();
  }

  void tell_retry(const Error& error) {
    const std::string why = error.notes().empty() ? "" : fmt::format(" ({})", error.notes().back());
    x_.observer_.on(Warning{fmt::format("{}{}; rolled back, trying again", error.what(), why)});
  }

  void run_step(const RunStep& step) {
    const Clock& clock = x_.clock_;
    const std::chrono::microseconds start = clock.monotonic();
    started_ = start;
    sections_done_ = step.sections_done;
    durable_sections_ = step.sections_done;
    durable_statements_ = step.statements_done;
    has_left_something_ = step.statements_done > 0;
    statements_run_ = 0;
    open_section_.reset();
    statement_index_ = 0;
    done_part_ = DonePart();
    sections_ = step.facts->sections_of(step.step.direction);
    can_stop_half_way_ =
        sections_.size() > 1 || (sections_.size() == 1 && !section_facts(0).is_transactional);

    take_all(*step.facts);
    enter_until(sections_.size());
    finish_revision(start);
  }

  void take_all(const ScriptFacts& facts) {
    if (facts.kept) {
      script_ = facts.kept->text;
      for (const auto& [section, statement] : facts.kept->statements) {
        take(section, statement);
      }
      return;
    }
    Fingerprint fingerprint;
    survey_script(fingerprinted(kept(open_text(x_.files_, facts.text)), fingerprint), facts.text.shown_as,
                  x_.dialect_.splitter_options(),
                  [this](std::size_t section, const Statement& statement) { take(section, statement); },
                  {.revision = &facts.revision, .has_checksums = false});
    require_unchanged(fingerprint.value());
  }

  /// Only a script that can stop half-way has a done part; hashing all of a big one costs noticeably.
  void count_as_done(const Statement& statement) {
    if (can_stop_half_way_) {
      done_part_.add(statement);
    }
  }

  const SectionFacts& section_facts(std::size_t ordinal) const {
    return current_->facts->sections[sections_[ordinal]];
  }

  /// The chunks of the script, of which what is logged is kept on their way: it is exactly what ran.
  ChunkSource kept(ChunkSource source) {
    script_.emplace();
    return [this, source = std::move(source)] {
      std::string chunk = source();
      if (script_ && script_->size() + chunk.size() > kMaxLoggedScript) {
        script_.reset();
      } else if (script_) {
        *script_ += chunk;
      }
      return chunk;
    };
  }

  void take(std::size_t section, const Statement& statement) {
    const auto found = std::find(sections_.begin(), sections_.end(), section);
    if (found == sections_.end()) {
      return;
    }
    const auto ordinal = static_cast<std::size_t>(found - sections_.begin());
    if (ordinal < current_->sections_done) {
      pass_by(statement);
      return;
    }
    enter_until(ordinal);
    enter(ordinal);
    const std::size_t index = statement_index_++;
    if (ordinal == current_->sections_done && index < current_->statements_done) {
      pass_by(statement);
      return;
    }
    run_statement(ordinal, index, statement);
  }

  void pass_by(const Statement& statement) {
    count_as_done(statement);
    left_outs_.was_settled(*current_, statement);
  }

  /// Opens and closes the sections before `ordinal` that hold no statements or are through.
  void enter_until(std::size_t ordinal) {
    while (sections_done_ < ordinal) {
      enter(sections_done_);
      finish_section(sections_done_);
    }
  }

  void enter(std::size_t ordinal) {
    if (open_section_ == ordinal) return;
    open_section_ = ordinal;
    statement_index_ = 0;
    const SectionFacts& section = section_facts(ordinal);
    if (!section.is_transactional) {
      commit();
      confirm_by_itself();
      return;
    }
    // A section that keeps foreign keys on has a transaction of its own (decision 13).
    if (section.has_foreign_keys_on) commit();
    begin(section);
  }

  void begin(const SectionFacts& section) {
    if (is_open_) return;
    x_.connection_.begin({.has_foreign_keys_on = section.has_foreign_keys_on});
    is_open_ = true;
    finished_before_ = report_.finished.size();
    sequence_before_ = x_.journal_.next_sequence();
    confirm();
  }

  void confirm() {
    if (is_confirmed_) {
      require_nobody_between();
      return;
    }
    options_.confirm_state();
    x_.journal_.create_tables();
    is_confirmed_ = true;
    is_confirmed_in_open_ = true;
    if (x_.dialect_.capabilities().locks_by_transaction) {
      rows_ = x_.journal_.sorted_rows();
    }
  }

  /// Where the lock ended with the transaction before this one, another run may have been in between
  /// (decision 13). The version rows do not tell of sections.
  void require_nobody_between() {
    if (!x_.dialect_.capabilities().locks_by_transaction) {
      return;
    }
    if (x_.journal_.is_overtaken() || x_.journal_.sorted_rows() != rows_) {
      is_overtaken_ = true;
      throw Error(
          ErrorKind::integrity, "another run changed the database between two transactions of this one",
          {.where = {}, .hint = "run the command again: it goes on from where the database is", .notes = {}});
    }
  }

  /// The same in a transaction of its own, for a run that begins with a section without one.
  void confirm_by_itself() {
    if (!is_confirmed_) {
      x_.connection_.begin({});
      is_open_ = true;
      finished_before_ = report_.finished.size();
      sequence_before_ = x_.journal_.next_sequence();
      confirm();
      commit();
    }
  }

  void run_statement(std::size_t ordinal, std::size_t index, const Statement& statement) {
    x_.watch_.throw_if_stopped();
    if (is_left_out(ordinal, index, statement)) {
      return;
    }
    execute(ordinal, index, statement);
  }

  void execute(std::size_t ordinal, std::size_t index, const Statement& statement) {
    const bool is_transactional = section_facts(ordinal).is_transactional;
    x_.observer_.on(
        StatementStarted{.sql = statement.text, .summary = first_comment(statement), .line = statement.line});
    x_.watch_.set_task(first_comment(statement).empty() ? current_->step.revision : first_comment(statement));
    const std::chrono::microseconds start = x_.clock_.monotonic();
    if (is_transactional) {
      answers_.hand_over(statement);
      count_as_done(statement);
    } else {
      write_alone(progress_row(ordinal, index, "started"));
      run_alone(statement);
      count_as_done(statement);
      note_done(ordinal, index);
    }
    ++statements_run_;
    x_.watch_.set_task("");
    x_.observer_.on(StatementFinished{.sql = statement.text, .elapsed = x_.clock_.monotonic() - start});
  }

  void run_alone(const Statement& statement) {
    doubt_ = Doubt::may_have_run;
    try {
      x_.connection_.execute(statement.text);
    } catch (const Error& error) {
      failing_ = statement;
      // With the connection gone there was no answer.
      const bool is_answer =
          error.kind() == ErrorKind::lock || dynamic_cast<const StatementFailed*>(&error) != nullptr;
      if (is_answer) doubt_ = Doubt::none;
      throw;
    }
    doubt_ = Doubt::has_run;
  }

  void note_done(std::size_t ordinal, std::size_t index) {
    write_alone(progress_row(ordinal, index, "statement"));
    doubt_ = Doubt::none;
    durable_statements_ = index + 1;
    has_left_something_ = true;
  }

  bool is_left_out(std::size_t ordinal, std::size_t index, const Statement& statement) {
    if (!adopted_name(statement).empty()) answers_.settle();
    const bool is_skipped = ordinal == current_->sections_done && current_->skipped_statement == index;
    const std::optional<LeftOut> left_out = left_outs_.of(*current_, statement, is_skipped);
    if (!left_out) return false;
    note_left_out(ordinal, index, statement, *left_out);
    x_.observer_.on(StatementSkipped{.sql = statement.text, .reason = left_out->why});
    return true;
  }

  void note_left_out(std::size_t ordinal, std::size_t index, const Statement& statement,
                     const LeftOut& left_out) {
    count_as_done(statement);
    has_left_something_ |= !is_open_ && left_out.outcome != "adopted";
    LogRow row = progress_row(ordinal, index, left_out.outcome);
    row.error = left_out.reason;
    row.failed_sql = statement.text;
    answers_.settle();
    write_alone_or_inside(std::move(row));
    if (!is_open_) durable_statements_ = index + 1;
  }

  LogRow progress_row(std::size_t ordinal, std::size_t index, std::string outcome) const {
    LogRow row = log_row_of(*current_);
    row.outcome = std::move(outcome);
    row.section = static_cast<std::int64_t>(ordinal);
    row.statement = static_cast<std::int64_t>(index);
    (current_->step.direction == Direction::upgrade ? row.upgrade_checksum : row.downgrade_checksum) =
        done_part_.checksum();
    return row;
  }

  void write_alone(LogRow row) {
    x_.connection_.begin({});
    require_nobody_between();
    const std::string away = x_.connection_.visit_home();
    x_.journal_.write(std::move(row));
    x_.connection_.commit();
    if (!away.empty()) x_.connection_.go_back(away);
  }

  void write_alone_or_inside(LogRow row) {
    if (is_open_) return x_.journal_.write_later(std::move(row));
    write_alone(std::move(row));
  }

  /// The end of a section that is not the last.
  void finish_section(std::size_t ordinal) {
    answers_.settle();
    sections_done_ = ordinal + 1;
    if (ordinal + 1 < sections_.size()) {
      LogRow row = progress_row(ordinal, 0, "section");
      row.statement = -1;
      write_alone_or_inside(std::move(row));
      if (options_.mode == TransactionMode::per_revision || section_facts(ordinal).has_foreign_keys_on) {
        commit();
      }
    }
    if (!is_open_) keep_sections();
    open_section_.reset();
  }

  void finish_revision(std::chrono::microseconds start) {
    answers_.settle();
    if (!is_open_) {
      begin(SectionFacts{});
    }
    x_.connection_.come_home();
    x_.journal_.change_rows(current_->step.rows);
    LogRow row = log_row_of(*current_);
    row.outcome = "done";
    row.statements = static_cast<std::int64_t>(statements_run_);
    const std::chrono::microseconds elapsed = x_.clock_.monotonic() - start;
    row.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
    row.script = std::move(script_);
    x_.journal_.write_later(std::move(row));
    // What is kept of a revision must not lose its end to a later one that fails.
    const bool is_kept = durable_sections_ > 0 || durable_statements_ > 0;
    const bool ends_alone = !sections_.empty() && section_facts(sections_.size() - 1).has_foreign_keys_on;
    if (options_.mode == TransactionMode::per_revision || ends_alone || is_kept) commit();
    durable_sections_ = durable_statements_ = 0;
    report_.heads = current_->step.heads_after;
    rows_ = current_->step.heads_after;
    report_.finished.push_back({.revision = current_->step.revision,
                                .message = current_->facts->revision.message,
                                .direction = current_->step.direction,
                                .statements = statements_run_,
                                .elapsed = elapsed});
    x_.observer_.on(RevisionFinished{.revision = current_->step.revision,
                                     .message = current_->facts->revision.message,
                                     .direction = current_->step.direction,
                                     .elapsed = elapsed});
  }

  void commit() {
    answers_.settle();
    if (is_open_) {
      const std::string away = x_.connection_.visit_home();
      x_.journal_.flush();
      x_.connection_.commit();
      is_open_ = false;
      is_confirmed_in_open_ = false;
      keep_sections();
      // What is committed must be known as that when this fails.
      if (!away.empty()) x_.connection_.go_back(away);
    }
  }

  void keep_sections() {
    if (sections_done_ <= durable_sections_) return;
    durable_sections_ = sections_done_;
    durable_statements_ = 0;
  }

  void require_unchanged(const Fingerprint::Value& now) const {
    if (now != current_->facts->fingerprint) {
      throw Error(ErrorKind::integrity,
                  fmt::format("script '{}' was changed while it ran", current_->facts->text.shown_as),
                  {.where = {}, .hint = "run the command again", .notes = {}});
    }
  }

  void come_home() noexcept {
    try {
      x_.connection_.come_home();
    } catch (const std::exception&) {
      // the connection is gone, which whatever reads next tells
    }
  }

  /// What only the note lacks may be noted now: the disk is full, or the process was told to stop.
  void note_again() noexcept {
    if (doubt_ != Doubt::has_run) return;
    try {
      note_done(*open_section_, statement_index_ - 1);
    } catch (const std::exception&) {
      x_.connection_.rollback();
    }
  }

  /// Of a statement that failed outside of a transaction.
  std::string clear_away(bool was_open) noexcept {
    if (!failing_ || was_open || doubt_ != Doubt::none) return {};
    const auto* indexes = dynamic_cast<const InterruptedIndexes*>(&x_.dialect_);
    try {
      return indexes == nullptr ? std::string() : indexes->clear_away(x_.connection_, failing_->text);
    } catch (const std::exception&) {
      return {};  // the connection is gone, which whatever reads next tells
    }
  }

  /// Rolls back, logs, and says what is true.
  [[noreturn]] void fail(const Error& error);
  void log_failure(const Error& error, const std::string& sql) noexcept;

  Executor& x_;
  const std::vector<RunStep>& steps_;
  const ExecutorOptions& options_;
  RunReport report_;
  const RunStep* current_ = nullptr;
  /// What is left of a step that is tried again.
  std::optional<RunStep> rest_;
  /// Indices, in its file, of the sections of its direction.
  std::vector<std::size_t> sections_;
  /// Its text as it is read; nullopt once that is too long to be logged.
  std::optional<std::string> script_;
  std::optional<std::size_t> open_section_;
  std::size_t statement_index_ = 0;
  std::size_t sections_done_ = 0;
  /// What a rollback or a kill cannot take back of the current revision.
  std::size_t durable_sections_ = 0;
  std::size_t durable_statements_ = 0;
  bool has_left_something_ = false;  ///< Of those statements: one that was more than adopted.
  std::size_t statements_run_ = 0;
  DonePart done_part_;
  bool can_stop_half_way_ = false;
  std::size_t finished_before_ = 0;
  std::int64_t sequence_before_ = 0;
  std::chrono::microseconds started_{};
  /// The statement that failed, when one did.
  std::optional<Statement> failing_;
  Answers answers_;
  LeftOuts left_outs_;
  /// Of the statement without a transaction that the log says was started.
  Doubt doubt_ = Doubt::none;
  bool is_overtaken_ = false;
  /// What the version table holds by our doing, sorted.
  std::vector<std::string> rows_;
  bool is_open_ = false;
  bool is_confirmed_ = false;
  /// By the transaction that is open; a rollback takes the tables back that it made.
  bool is_confirmed_in_open_ = false;
};

void Executor::Run::log_failure(const Error& error, const std::string& sql) noexcept {
  // The failure is what counts; that it could not be logged (disk full, read-only) must not hide it.
  try {
    x_.connection_.begin({});
    x_.journal_.create_tables();
    // Behind the rows of another run it would be taken for the answer to a statement of that one.
    const bool is_overtaken = x_.dialect_.capabilities().locks_by_transaction && x_.journal_.is_overtaken();
    LogRow row = log_row_of(*current_);
    row.outcome = "failed";
    row.failed_sql = is_overtaken ? std::string() : sql;
    row.error = error.what();
    row.section = static_cast<std::int64_t>(durable_sections_);
    row.duration_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(x_.clock_.monotonic() - started_).count();
    x_.journal_.write(std::move(row));
    x_.connection_.commit();
  } catch (const std::exception&) {
    x_.connection_.rollback();
  }
}

void Executor::Run::fail(const Error& error) {
  const bool is_stopped = x_.watch_.signal() != 0;
  x_.watch_.let_finish();
  const bool was_open = is_open_;
  x_.connection_.rollback();
  come_home();
  is_open_ = false;
  if (!is_confirmed_) {
    if (is_stopped) {
      throw Error(stopped_by(x_.watch_.signal()), "stopped before anything was done: nothing was run");
    }
    throw;  // nothing was begun: confirm_state's own error, or the lock's
  }
  if (was_open) {
    // What the open transaction held is gone: in one transaction for all, whole revisions.
    report_.finished.resize(std::min(report_.finished.size(), finished_before_));
    x_.journal_.rewind(sequence_before_);
  }
  const std::string sql = failing_ ? failing_->text : std::string();
  ErrorDetail detail{.where = error.where(), .hint = error.hint(), .notes = error.notes()};
  if (failing_) {
    detail.where = position_of(*current_->facts, *failing_);
  }
  note_again();
  std::string left_behind = clear_away(was_open);
  // A statement without a transaction that was stopped did not run: nobody need doubt it.
  if (!is_stopped || (failing_ && !was_open)) log_failure(error, doubt_ == Doubt::none ? sql : std::string());
  if (durable_sections_ == 0 && !has_left_something_ && doubt_ == Doubt::none) durable_statements_ = 0;
  const bool is_partial =
      durable_sections_ > 0 || durable_statements_ > 0 || doubt_ != Doubt::none || current_->is_undo;
  const ErrorKind kind = is_overtaken_ ? error.kind()
                         : is_partial  ? ErrorKind::partially_applied
                         : is_stopped  ? stopped_by(x_.watch_.signal())
                                       : error.kind();
  throw RunFailed(kind, error.what(), std::move(detail),
                  {.report = report_,
                   .revision = current_->step.revision,
                   .direction = current_->step.direction,
                   .sections_done = durable_sections_,
                   .statements_done = durable_statements_,
                   .is_undo = current_->is_undo,
                   .is_stopped = is_stopped,
                   .is_overtaken = is_overtaken_,
                   .doubt = doubt_,
                   .left_behind = std::move(left_behind),
                   .sql = sql});
}

RunReport Executor::run(const std::vector<RunStep>& steps, const ExecutorOptions& options) {
  return Run(*this, steps, options).go();
}

}  // namespace metaxy::migrate
