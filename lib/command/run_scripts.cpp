#include "command/run_scripts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/alembic.hpp"
#include "command/branches_agree.hpp"
#include "command/cascades.hpp"
#include "command/confirm.hpp"
#include "command/contradictions.hpp"
#include "command/doubt.hpp"
#include "command/dry_run.hpp"
#include "command/failed_run.hpp"
#include "command/partial.hpp"
#include "command/preflight.hpp"
#include "command/steps.hpp"
#include "command/undo_partial.hpp"
#include "run/backup.hpp"
#include "run/compare.hpp"
#include "run/transaction.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::chrono::seconds kHeartbeat{10};
constexpr std::chrono::milliseconds kPauseForOthers{200};

/// Thrown by confirm_state when somebody else ran while we waited: the steps must be decided anew.
class StateMoved : public Error {
 public:
  StateMoved() : Error(ErrorKind::integrity, "the database changed while this run was being prepared") {}
};

/// What the upgrade of a step to undo found there.
std::set<std::string> adopted_before(const Step& step, const Session& session) {
  const auto found = session.state.adopted.find(step.revision);
  return step.direction == Direction::upgrade || found == session.state.adopted.end()
             ? std::set<std::string>{}
             : found->second;
}

/// Those of the parts that the revision's upgrade made. A part that it only changed may be dropped by a
/// rebuild, which makes it again.
std::set<std::string> made_by(const ScriptChanges& script, const std::set<std::string>& parts) {
  std::set<std::string> made;
  for (const Operation& operation : script.changes) {
    std::string part;
    if (const auto* create = std::get_if<CreateTable>(&operation)) {
      part = to_text(create->table.name);
    } else if (const auto* add = std::get_if<AddColumn>(&operation)) {
      part = fmt::format("{}.{}", to_text(add->table), add->column.name);
    }
    if (parts.count(part) != 0) made.insert(std::move(part));
  }
  return made;
}

/// What revisions that stay applied have found there since the step's revision was.
std::set<std::string> adopted_since(const Step& step, const std::set<std::string>& left,
                                    const Session& session) {
  std::set<std::string> parts;
  const auto own = session.state.recorded.find(step.revision);
  if (step.direction == Direction::upgrade || own == session.state.recorded.end()) {
    return parts;
  }
  for (const LogRow& row : session.state.log) {
    const auto adopted = session.state.adopted.find(row.revision);
    if (row.outcome == "adopted" && row.sequence > own->second.sequence &&
        adopted != session.state.adopted.end() && adopted->second.count(row.error) != 0 &&
        left.count(row.revision) != 0) {
      parts.insert(row.error);
    }
  }
  return parts;
}

/// Where only the twin of an applied script is here, Alembic would send back to this tool.
void require_more_than_twins(const std::vector<Step>& steps, const Session& session,
                             const Workspace& workspace) {
  for (const Step& step : steps) {
    if (const std::optional<Problem> problem = twin_alone(session, step.revision, workspace)) {
      throw Error(ErrorKind::integrity, problem->message,
                  {.where = problem->where, .hint = problem->hint, .notes = {}});
    }
  }
}

std::vector<RunStep> with_facts(std::vector<Step> steps, const Session& session, const Workspace& workspace,
                                const Context& context) {
  require_more_than_twins(steps, session, workspace);
  require_no_alembic(steps, session.graph(), session.state.rows, workspace, context);
  std::vector<std::string> ids;
  for (const Step& step : steps) {
    ids.push_back(step.revision);
  }
  std::vector<SharedFacts> facts = facts_of(session, workspace, context, ids);
  const bool is_any_adopted = !steps.empty() && !session.state.adopted.empty();
  const std::set<std::string> left =
      is_any_adopted ? applied_ids(session.graph(), steps.back().heads_after) : std::set<std::string>{};
  std::vector<RunStep> result;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    RunStep run;
    run.step = std::move(steps[i]);
    run.facts = std::move(facts[i]);
    run.adopted = adopted_before(run.step, session);
    run.adopted.merge(made_by(run.facts->changes, adopted_since(run.step, left, session)));
    result.push_back(std::move(run));
  }
  return result;
}

TransactionMode transaction_mode(const RunRequest& request, const Workspace& workspace) {
  if (request.transaction) {
    return *request.transaction;
  }
  return workspace.dialect->capabilities().prefers_one_transaction ? TransactionMode::all
                                                                   : TransactionMode::per_revision;
}

SessionOptions session_options(const RunRequest& request, const Workspace& workspace,
                               const Context& context) {
  return {.access = request.is_dry_run ? Access::read_only : Access::read_write,
          .may_create = request.direction == Direction::upgrade &&
                        may_create_file(request.may_create, workspace, context),
          .is_rebind = request.is_rebind,
          .may_have_unknown_rows = false};
}

/// Asks, where the copy would be a large one.
bool wants_backup(const RunRequest& request, const std::vector<RunStep>& steps, const Session& session,
                  const Workspace& workspace, Context& context) {
  const std::optional<std::string> file = database_file(workspace);
  if (!file ||
      !is_backup_needed(request.backup.value_or(workspace.environment.settings.backup.value), steps)) {
    return false;
  }
  // A database without a table holds nothing to lose.
  if (session.state.rows.empty() && session.state.log.empty() &&
      workspace.dialect->reflect(*session.connection, {}).schema.empty()) {
    return false;
  }
  require_backup_size(*file, request, workspace, context);
  return true;
}

/// The copy of one run. Where a transaction is the lock, it is made inside the first one: what others commit
/// is in it, or comes after the run has begun.
class RunBackup {
 public:
  RunBackup(bool is_wanted, const Session& session, const Workspace& workspace, Context& context)
      : session_(session),
        workspace_(workspace),
        context_(context),
        is_left_to_transaction_(is_wanted && workspace.dialect->capabilities().locks_by_transaction) {
    if (is_wanted && !is_left_to_transaction_) make();
  }

  void make_in_transaction() {
    if (is_left_to_transaction_) make();
  }
  /// Empty where there is none.
  const std::string& path() const { return path_; }

  /// It stays where the run changed anything, and the oldest go then; never by runs that did nothing.
  void settle(bool is_of_use) {
    if (path_.empty()) {
      return;
    }
    const FileDatabase& files = *workspace_.dialect->files();
    if (is_of_use) {
      prune_backups(context_.files, files, *database_file(workspace_), path_);
    } else {
      discard_backup(context_.files, files, path_);
      path_.clear();
    }
  }

 private:
  void make() {
    settle(false);
    path_ = back_up(context_.files, *workspace_.dialect->files(), *session_.connection,
                    *database_file(workspace_), context_.clock.now(), session_.state.rows);
    context_.observer.on(BackupMade{path_});
  }

  const Session& session_;
  const Workspace& workspace_;
  Context& context_;
  bool is_left_to_transaction_;
  std::string path_;
};

/// Live after the run must be what the scripts say (product reference 4).
void verify(const Session& session, const std::vector<RunStep>& steps, const std::string& backup,
            const Workspace& workspace, const Context& context) {
  std::set<TableName> touched;
  for (const RunStep& step : steps) {
    if (step.facts->changes.has_changes) {
      touched.merge(touched_tables(step.facts->changes));
    }
  }
  if (touched.empty()) {
    return;
  }
  const AppliedScripts applied = applied_scripts(session, workspace, context);
  const Comparison comparison =
      compare_live(applied.scripted, workspace.dialect->reflect(*session.connection, {}), *workspace.dialect,
                   touched, workspace.environment.settings.drift_ignore.value);
  if (comparison.drift.empty()) {
    return;
  }
  ErrorDetail detail;
  for (const TableDrift& drift : comparison.drift) {
    const auto culprit = std::find_if(steps.rbegin(), steps.rend(), [&](const RunStep& step) {
      return touched_tables(step.facts->changes).count(drift.table) != 0;
    });
    detail.notes.push_back(fmt::format("{} ({}): {}", to_text(drift.table),
                                       culprit == steps.rend() ? "?" : culprit->facts->text.shown_as,
                                       join(drift.differences, "; ")));
  }
  detail.hint =
      "the statements ran and are kept; correct the changes section with `replay`, or write a revision "
      "that brings the table to what it should be";
  if (!backup.empty()) {
    detail.notes.push_back(fmt::format("a backup from before the run: {}", backup));
    detail.hint += fmt::format("; `metaxy-migrate -n {} restore` puts back what was there before the run",
                               workspace.environment.name);
  }
  throw Error(
      ErrorKind::drift,
      "the run did not lead to what the scripts' changes sections say; what is missing in the database:",
      std::move(detail));
}

/// The first step is what is partly done: it goes on behind its done part.
void carry_on(const RunRequest& request, RunStep& step, const Session& session, const Workspace& workspace,
              const Context& context) {
  const PartialRevision& partial = *session.state.partial;
  const std::size_t statements = require_same_done_part(step, partial, workspace, context);
  step.sections_done = partial.sections_done;
  step.statements_done = partial.statements_done;
  const auto adopted = session.state.adopted.find(partial.revision);
  if (step.step.direction == Direction::upgrade && adopted != session.state.adopted.end()) {
    step.adopted_so_far = adopted->second;
  }
  if (request.skipped_statement) {
    require_statement_to_skip(*request.skipped_statement, partial, statements);
    step.skipped_statement = *request.skipped_statement - 1;
    step.skip_reason = request.skip_reason;
  }
}

/// Whether the command takes back a partly applied upgrade before anything else.
bool is_undo(const RunRequest& request, const Session& session) {
  return session.state.partial && session.state.partial->direction == Direction::upgrade &&
         !request.is_resume && request.direction == Direction::downgrade;
}

/// The undoing first, then what the target asks for besides.
std::vector<RunStep> steps_with_undo(const RunRequest& request, const Session& session,
                                     const AppliedScripts& applied, const Workspace& workspace,
                                     Context& context) {
  std::vector<Step> steps = undo_steps(session, request.target);
  RunStep undo = undo_step(std::move(steps.front()), session, applied, workspace, context);
  undo.adopted = adopted_before(undo.step, session);
  steps.erase(steps.begin());
  std::vector<RunStep> result = with_facts(std::move(steps), session, workspace, context);
  result.insert(result.begin(), std::move(undo));
  return result;
}

}  // namespace

namespace {

/// What the version table is to hold on the way.
std::vector<std::string> ids_of_rows(const std::vector<RunStep>& steps) {
  std::vector<std::string> ids;
  for (const RunStep& step : steps) {
    for (const RowChange& change : step.step.rows) {
      ids.push_back(change.to);
    }
  }
  return ids;
}

/// The newest failure beside.
bool is_same_progress(std::optional<PartialRevision> now, const std::optional<PartialRevision>& before) {
  if (now && before) {
    now->failed_sql = before->failed_sql;
    now->error = before->error;
  }
  return now == before;
}

/// Where a transaction is the lock, a run that needs none for its statement looks cut off while it works:
/// waits for the lock. Between the statement and its note nobody has it, hence the second look; and whoever
/// is alive shall go on first.
bool is_another_at_work(const Session& session, const Workspace& workspace) {
  if (!session.state.partial || !session.state.partial->is_in_doubt ||
      !workspace.dialect->capabilities().locks_by_transaction) {
    return false;
  }
  bool has_gone_on = false;
  for (int look = 0; look < 2 && !has_gone_on; ++look) {
    {
      const Transaction lock(*session.connection);
      has_gone_on = has_moved(session);
    }
    std::this_thread::sleep_for(kPauseForOthers);
  }
  return has_gone_on;
}

/// Whether the failed run left the database as it found it, but for a row in the log.
bool has_changed_nothing(const RunFailed& failure, const std::vector<RunStep>& steps, Session& session) {
  const RunFailed::Facts& facts = failure.facts();
  if (facts.doubt != Doubt::none) {
    return false;
  }
  const auto failed = std::find_if(steps.begin(), steps.end(),
                                   [&](const RunStep& step) { return step.step.revision == facts.revision; });
  try {
    // Told by the database, not by what the run believes: the copy may be all that is left of the rows.
    const DatabaseState now = read_state(*session.connection, *session.sql, session.binding);
    if (now.rows != session.state.rows || !is_same_progress(now.partial, session.state.partial)) {
      return false;
    }
  } catch (const Error&) {
    return false;  // what it is can not be told
  }
  return facts.report.finished.empty() && failed != steps.end() &&
         failed->sections_done == facts.sections_done && failed->statements_done == facts.statements_done;
}

enum class FirstRun { no, of_nothing, confirmed };

/// A database file that does not exist yet is not made before everything that can be known to fail was looked
/// at, and whoever must be asked was.
FirstRun first_run(const RunRequest& request, const Workspace& workspace, Context& context) {
  const std::optional<std::string> file = database_file(workspace);
  if (!file || request.is_dry_run || context.files.is_file(*file) || context.files.is_directory(*file)) {
    return FirstRun::no;
  }
  const Session empty = session_of_nothing(workspace);
  require_no_doubt(request, empty, workspace, context);
  workspace.known_facts->keep_scripts();
  const std::vector<RunStep> steps =
      with_facts(decide_steps(request, empty, context), empty, workspace, context);
  require_runnable(request, steps, workspace);
  require_run_fits(steps, {}, empty, workspace, context);
  if (steps.empty()) {
    return FirstRun::of_nothing;
  }
  confirm_protected(workspace, steps, context);
  return FirstRun::confirmed;
}

}  // namespace

namespace {

/// `--rebind` with nothing to run.
void rebind_alone(const RunRequest& request, Session& session, const Workspace& workspace, Context& context) {
  if (!request.is_rebind || request.is_dry_run || !session.state.has_log_table) {
    return;
  }
  confirm_protected_store(workspace, "It will be bound to this project; no script runs.", context);
  Journal journal(*session.connection, *session.sql, context.clock, actor_of(workspace, context),
                  session.state.next_sequence());
  Transaction transaction(*session.connection);
  require_unmoved(session);
  journal.write_rebind();
  transaction.commit();
  session.connection->finish_run();
  context.observer.on(Notice{fmt::format("the database is bound to store '{}' of project '{}' from now on",
                                         session.binding.environment, session.binding.project)});
}

/// The first transaction confirms that nobody moved the database since it was read: StateMoved.
RunReport execute(const RunRequest& request, const std::vector<RunStep>& steps, const Session& session,
                  RunBackup& backup, const Workspace& workspace, Context& context, Watch& watch) {
  Journal journal(*session.connection, *session.sql, context.clock, actor_of(workspace, context),
                  session.state.next_sequence());
  Executor executor(*session.connection, *workspace.dialect, journal, context.files, context.clock,
                    context.observer, watch);
  return executor.run(steps, {.mode = transaction_mode(request, workspace),
                              .retry_for = workspace.environment.settings.lock_wait.value,
                              .confirm_state = [&] {
                                if (has_moved(session)) {
                                  throw StateMoved();
                                }
                                backup.make_in_transaction();
                                if (request.is_rebind) {
                                  journal.create_tables();
                                  journal.write_rebind();
                                }
                              }});
}

/// nullopt: somebody else ran meanwhile, and nothing was done. Throws what is to be said of a failure.
std::optional<RunReport> execute_or_explain(const RunRequest& request, const std::vector<RunStep>& steps,
                                            Session& session, RunBackup& backup, const Workspace& workspace,
                                            Context& context, Watch& watch) {
  try {
    return execute(request, steps, session, backup, workspace, context, watch);
  } catch (const StateMoved&) {
    backup.settle(false);
    watch.throw_if_stopped();
    return std::nullopt;
  } catch (const RunFailed& failure) {
    backup.settle(!has_changed_nothing(failure, steps, session));
    explain_failure(failure, session, workspace, context, backup.path());
  } catch (const Error&) {
    backup.settle(false);  // nothing was begun
    throw;
  }
}

struct PlannedRun {
  AppliedScripts applied;
  std::vector<RunStep> steps;
};

/// What is to run. A run that was cut off is carried on or refused, never stepped over; and what is applied
/// must be what was applied.
PlannedRun plan_run(const RunRequest& request, const Session& session, const Workspace& workspace,
                    Context& context) {
  require_no_doubt(request, session, workspace, context);
  require_no_contradiction(session, workspace, request.is_resume ? Direction::upgrade : request.direction);
  PlannedRun run;
  // What runs is read once: applied scripts run downwards, the others upwards.
  if (request.direction == Direction::downgrade) workspace.known_facts->keep_scripts();
  run.applied = applied_scripts(session, workspace, context);
  workspace.known_facts->keep_scripts();
  if (is_undo(request, session)) {
    run.steps = steps_with_undo(request, session, run.applied, workspace, context);
  } else {
    std::vector<Step> steps = request.is_resume ? steps_of_resume(session, workspace, context)
                                                : decide_steps(request, session, context);
    if (session.state.partial) steps = with_partial_first(std::move(steps), session, workspace, context);
    run.steps = with_facts(std::move(steps), session, workspace, context);
    if (session.state.partial) carry_on(request, run.steps.front(), session, workspace, context);
  }
  require_integrity(request, session, run.applied, run.steps, workspace, context);
  // Behind it: a script that was moved explains what looks forgotten.
  if (request.direction == Direction::downgrade && !request.is_resume) {
    require_none_forgotten(session, workspace);
  }
  return run;
}

/// Everything that can be known to fail is found before the first statement runs. The tables that are there;
/// nullopt when another run has moved the database since it was read.
std::optional<std::set<std::string>> check_run(const RunRequest& request, const PlannedRun& run,
                                               Session& session, const Workspace& workspace,
                                               Context& context) {
  require_runnable(request, run.steps, workspace);
  require_run_fits(run.steps, run.applied, session, workspace, context);
  require_tables_are_ours(run.steps, run.applied, session, workspace);
  require_adopted_can_stay(run.steps, workspace);
  require_fitting_ids(ids_of_rows(run.steps), session);
  require_no_cascade(run.steps, session, *workspace.dialect);
  try {
    return require_no_drift(run.steps, run.applied, session, workspace, context);
  } catch (const Error&) {
    // State and tables are read one after the other: another run that ended in between looks like drift.
    if (!has_moved(session)) {
      throw;
    }
    return std::nullopt;
  }
}

}  // namespace

RunResult run_scripts(const RunRequest& request, const Workspace& workspace, Context& context) {
  RunResult result{.environment = workspace.environment.name,
                   .dialect = std::string(workspace.dialect->name()),
                   .direction = request.direction,
                   .is_dry_run = request.is_dry_run,
                   .finished = {},
                   .planned = {},
                   .heads_before = {},
                   .heads = {},
                   .backup = {},
                   .late_signal = 0};
  tell_of_missing_directory(workspace, context);
  const FirstRun first = first_run(request, workspace, context);
  if (first == FirstRun::of_nothing) {
    return result;
  }
  const SessionOptions options = session_options(request, workspace, context);
  Session session = open_session(workspace, context, options);
  const auto read_again = [&] {
    refresh(session, workspace, options);
    workspace.known_facts->forget();
  };
  for (;;) {
    result.heads_before = session.state.rows;
    result.heads = session.state.rows;
    if (!request.is_dry_run && is_another_at_work(session, workspace)) {
      read_again();
      continue;
    }
    require_script_of_partial(session);
    settle_doubt(session, workspace, context);
    const PlannedRun run = plan_run(request, session, workspace, context);
    if (run.steps.empty()) {
      rebind_alone(request, session, workspace, context);
      return result;
    }
    result.direction = run.steps.front().step.direction;  // `resume` carries on either
    const std::optional<std::set<std::string>> existing =
        check_run(request, run, session, workspace, context);
    if (!existing) {
      read_again();
      continue;
    }
    if (request.is_dry_run) {
      result.planned = planned_statements(run.steps, *existing, session, workspace, context);
      return result;
    }
    if (first != FirstRun::confirmed) confirm_protected(workspace, run.steps, context);
    RunBackup backup(wants_backup(request, run.steps, session, workspace, context), session, workspace,
                     context);
    Watch watch(*session.connection, context.observer, kHeartbeat);
    std::optional<RunReport> report =
        execute_or_explain(request, run.steps, session, backup, workspace, context, watch);
    if (!report) {
      read_again();
      continue;
    }
    result.finished = std::move(report->finished);
    session.connection->finish_run();
    backup.settle(true);
    result.backup = backup.path();
    // Proof: the database says what the scripts say.
    refresh(session, workspace, options);
    result.heads = session.state.rows;
    verify(session, run.steps, backup.path(), workspace, context);
    result.late_signal = watch.signal();
    return result;
  }
}

}  // namespace metaxy::migrate
