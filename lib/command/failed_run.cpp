#include "command/failed_run.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/already_there.hpp"
#include "command/partial.hpp"
#include "command/undoable.hpp"

namespace metaxy::migrate {

namespace {

std::string command_line(const Workspace& workspace, std::string_view rest) {
  return fmt::format("`metaxy-migrate -n {} {}`", workspace.environment.name, rest);
}

/// Where the database is now; false when that cannot be told: with the connection gone, a COMMIT may have
/// taken effect or not.
bool tell_place(Session& session, ErrorDetail& detail) {
  try {
    session.state = read_state(*session.connection, *session.sql, session.binding);
    const std::vector<std::string>& rows = session.state.rows;
    detail.notes.push_back(fmt::format("the database is at {}", rows.empty() ? "base" : join(rows, ", ")));
    return true;
  } catch (const Error& error) {
    detail.notes.push_back(fmt::format("where the database is could not be read: {}", error.what()));
    return false;
  }
}

std::string doubt_note(const RunFailed::Facts& facts) {
  const std::string which = fmt::format("statement {} of section {}, which has no transaction,",
                                        facts.statements_done + 1, facts.sections_done + 1);
  return facts.doubt == Doubt::has_run
             ? fmt::format("{} has taken effect, and that could not be noted in the log", which)
             : fmt::format("{} was started: nothing tells whether it took effect", which);
}

/// What can be done about what is partly done.
void tell_next(const RunFailed::Facts& facts, bool is_known, const Session& session,
               const Workspace& workspace, const Context& context, ErrorDetail& detail) {
  if (facts.doubt != Doubt::none) {
    const std::string skip =
        fmt::format("resume --skip-statement {} --reason ...", facts.statements_done + 1);
    detail.hint = fmt::format(
        "{}{} goes on behind it{}", facts.doubt == Doubt::has_run ? "" : "look at the database; ",
        command_line(workspace, skip),
        facts.doubt == Doubt::has_run ? std::string()
                                      : fmt::format(", {} runs it again", command_line(workspace, "resume")));
    return;
  }
  if (facts.is_undo) {
    detail.hint = fmt::format("{} undoes {}", command_line(workspace, "downgrade -1"),
                              is_known && session.state.partial && !session.state.partial->is_being_undone
                                  ? "it, once what stopped this is out of the way"
                                  : "the rest");
    return;
  }
  detail.hint = facts.is_stopped ? fmt::format("carry it on: {}", command_line(workspace, "resume"))
                                 : fmt::format("correct the script after its last done statement and run {}",
                                               command_line(workspace, "resume"));
  if (facts.direction != Direction::upgrade || !is_known || !session.state.partial) {
    return;
  }
  const PartialAdvice advice = partial_advice(session, workspace, context);
  if (advice.obstacle.empty()) {
    detail.hint += fmt::format(", or undo what is done: {}", command_line(workspace, "downgrade -1"));
  } else {
    detail.notes.push_back(fmt::format("what is done cannot be undone: {}", advice.obstacle));
    detail.hint += restore_advice(session, workspace, context);
  }
}

/// What is true of the revision that failed, and what to do.
void tell_revision(const RunFailed& failure, bool is_place_known, const Session& session,
                   const Workspace& workspace, const Context& context, ErrorDetail& detail) {
  const RunFailed::Facts& facts = failure.facts();
  PartialRevision partial;
  partial.sections_done = facts.sections_done;
  partial.statements_done = facts.statements_done;
  const bool has_done_part = facts.sections_done > 0 || facts.statements_done > 0;
  const bool is_partial = has_done_part || facts.doubt != Doubt::none || facts.is_undo;
  if (facts.is_undo && is_partial) {
    detail.notes.push_back(fmt::format("revision '{}' is still partly applied", facts.revision));
  } else if (facts.is_overtaken && has_done_part) {
    detail.notes.push_back(fmt::format("before that, this run had come to {} of revision '{}'",
                                       done_text(partial), facts.revision));
  } else if (has_done_part) {
    detail.notes.push_back(
        fmt::format("revision '{}' is partly done: {}", facts.revision, done_text(partial)));
  } else if (!is_partial && is_place_known && facts.left_behind.empty()) {
    detail.notes.push_back(fmt::format("revision '{}' was rolled back completely", facts.revision));
  }
  if (!facts.left_behind.empty()) {
    detail.notes.push_back(facts.left_behind);
  }
  if (facts.doubt != Doubt::none) {
    detail.notes.push_back(doubt_note(facts));
  }
  if (is_partial && !facts.is_overtaken) {
    tell_next(facts, is_place_known, session, workspace, context, detail);
  } else if (!failure.hint().empty()) {
    detail.hint = failure.hint();
  } else if (is_about_something_unknown(failure)) {
    detail.hint = way_past_unknown(facts, session, workspace);
  } else {
    detail.hint = fmt::format("{} {}", facts.is_stopped ? "run again:" : "correct the script and run",
                              command_line(workspace, fmt::format("{} ...", to_text(facts.direction))));
  }
}

}  // namespace

void explain_failure(const RunFailed& failure, Session& session, const Workspace& workspace,
                     const Context& context, const std::string& backup) {
  const RunFailed::Facts& facts = failure.facts();
  ErrorDetail detail{.where = failure.where(), .hint = {}, .notes = failure.notes()};
  std::vector<std::string> done;
  for (const FinishedRevision& revision : facts.report.finished) {
    done.push_back(revision.revision);
  }
  if (facts.is_stopped && !facts.sql.empty()) {
    detail.notes.emplace_back(failure.what());
  }
  const bool is_known = tell_place(session, detail);
  detail.notes.push_back(done.empty() ? "no revision of this run was kept"
                                      : fmt::format("kept from this run: {}", join(done, ", ")));
  tell_revision(failure, is_known, session, workspace, context, detail);
  if (!backup.empty()) {
    detail.notes.push_back(fmt::format("a backup from before the run: {}", backup));
  }
  throw Error(failure.kind(),
              fmt::format("the {} of revision '{}' {}", to_text(facts.direction), facts.revision,
                          facts.is_stopped ? "was interrupted" : fmt::format("failed: {}", failure.what())),
              std::move(detail));
}

}  // namespace metaxy::migrate
