#include "command/partial.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/undoable.hpp"
#include "run/done_part.hpp"

namespace metaxy::migrate {

std::string done_text(const PartialRevision& partial) {
  std::string text = counted(partial.sections_done, "section");
  if (partial.statements_done > 0) {
    text += fmt::format(" and {} of the next", counted(partial.statements_done, "statement"));
  }
  return text;
}

namespace {

std::string doubt_text(const PartialRevision& partial) {
  return fmt::format(
      "the {} of revision '{}' was cut off while statement {} of section {} ran, which has no "
      "transaction: nothing tells whether that statement took effect",
      to_text(partial.direction), partial.revision, partial.statements_done + 1, partial.sections_done + 1);
}

}  // namespace

UnfinishedTables unfinished_tables(const Session& session, const Workspace& workspace,
                                   const Context& context) {
  const std::optional<PartialRevision>& partial = session.state.partial;
  if (!partial) {
    return {};
  }
  if (session.graph().find(partial->revision) == nullptr) {
    return UnfinishedTables(std::nullopt);
  }
  const SharedFacts facts = facts_of(session, workspace, context, {partial->revision}).front();
  return UnfinishedTables(facts->changes.has_changes ? std::optional(touched_tables(facts->changes))
                                                     : std::nullopt);
}

void require_script_of_partial(const Session& session) {
  const std::optional<PartialRevision>& partial = session.state.partial;
  if (partial && session.graph().find(partial->revision) == nullptr) {
    throw Error(ErrorKind::integrity,
                fmt::format("the {} of revision '{}' is partly done, and its script is not here any more",
                            to_text(partial->direction), partial->revision),
                {.where = {}, .hint = "put the script back as it was; nothing was run", .notes = {}});
  }
}

void require_no_doubt(const RunRequest& request, const Session& session, const Workspace& workspace,
                      const Context& context) {
  const std::optional<PartialRevision>& partial = session.state.partial;
  if (partial && partial->is_being_undone && request.direction == Direction::upgrade) {
    throw Error(
        ErrorKind::partially_applied,
        fmt::format("revision '{}' was partly applied, and is partly undone again", partial->revision),
        {.where = {}, .hint = "`downgrade -1` undoes the rest", .notes = {}});
  }
  if (request.is_resume && !partial) {
    throw Error(ErrorKind::usage, "there is nothing to resume: no revision is partly applied",
                {.where = {}, .hint = "`status` tells where the database is", .notes = {}});
  }
  if (!partial || request.is_resume) {
    return;
  }
  // Undoing looks at what is there, so it need not know.
  const bool is_undo = request.direction == Direction::downgrade && partial->direction == Direction::upgrade;
  if (partial->is_in_doubt && !is_undo) {
    const bool can_undo = partial->direction == Direction::upgrade &&
                          partial_advice(session, workspace, context).obstacle.empty();
    throw Error(ErrorKind::partially_applied, doubt_text(*partial),
                {.where = {},
                 .hint = fmt::format(
                     "look at the database; then `resume` runs it again, {}`resume --skip-statement {} "
                     "--reason ...` goes on behind it{}",
                     can_undo ? "" : "and ", partial->statements_done + 1,
                     can_undo ? ", and `downgrade -1` undoes what is done" : ""),
                 .notes = {}});
  }
}

namespace {

/// Where a script was put before or behind what is partly done.
std::string way_back(const Session& session, const Workspace& workspace, const Context& context) {
  if (session.state.partial->direction == Direction::downgrade) {
    return "take back what was put behind it";
  }
  return partial_advice(session, workspace, context).obstacle.empty()
             ? "take back what was put before it, or undo what is done of it: `downgrade -1`"
             : "take back what was put before it";
}

}  // namespace

std::vector<Step> with_partial_first(std::vector<Step> steps, const Session& session,
                                     const Workspace& workspace, const Context& context) {
  const PartialRevision& partial = *session.state.partial;
  const auto found = std::find_if(steps.begin(), steps.end(), [&](const Step& step) {
    return step.revision == partial.revision && step.direction == partial.direction;
  });
  const std::string what =
      fmt::format("the {} of revision '{}' is partly done", to_text(partial.direction), partial.revision);
  if (found == steps.end()) {
    throw Error(ErrorKind::partially_applied, fmt::format("{}, and this command does not carry it on", what),
                {.where = {}, .hint = partial_advice(session, workspace, context).next, .notes = {}});
  }
  const std::string before = steps.front().revision;
  std::vector<Step> ordered =
      with_first_step(session.graph(), session.state.rows, std::move(steps), partial.revision);
  if (ordered.empty()) {
    throw Error(ErrorKind::integrity,
                fmt::format("{}, and revision '{}' must come before it now; nothing was run", what, before),
                {.where = {}, .hint = way_back(session, workspace, context), .notes = {}});
  }
  return ordered;
}

void refuse_edited(const PartialRevision& partial, const ScriptFacts& facts) {
  throw Error(
      ErrorKind::integrity,
      fmt::format("the script of revision '{}' was edited in the part that is done: {}; nothing was run",
                  partial.revision, done_text(partial)),
      {.where = SourcePosition{facts.text.shown_as, 0, 0, {}},
       .hint = "put those statements back as they were; only a later statement may be edited",
       .notes = {}});
}

std::size_t require_same_done_part(const RunStep& step, const PartialRevision& partial,
                                   const Workspace& workspace, const Context& context) {
  DonePart done;
  std::size_t statements = 0;
  StatementPlaces place(*step.facts, step.step.direction);
  survey_script(
      open_text(context.files, step.facts->text), step.facts->text.shown_as,
      workspace.dialect->splitter_options(), [&](std::size_t section, const Statement& statement) {
        if (!place.next(section)) {
          return;
        }
        if (place.section() < partial.sections_done ||
            (place.section() == partial.sections_done && place.statement() < partial.statements_done)) {
          done.add(statement);
        }
        statements += place.section() == partial.sections_done ? 1 : 0;
      });
  if (place.section_count() >= partial.sections_done && done.checksum() == partial.checksum) {
    return statements;
  }
  refuse_edited(partial, *step.facts);
}

void require_statement_to_skip(std::size_t number, const PartialRevision& partial, std::size_t statements) {
  if (number > partial.statements_done && number <= statements) {
    return;
  }
  throw Error(
      ErrorKind::usage,
      number <= partial.statements_done
          ? fmt::format("statement {} of section {} is done already", number, partial.sections_done + 1)
          : fmt::format("section {} of revision '{}' has {}, so number {} cannot be left out",
                        partial.sections_done + 1, partial.revision, counted(statements, "statement"),
                        number),
      {.where = {},
       .hint = "`resume --dry-run` prints what is left, from the first statement that is not done",
       .notes = {}});
}

}  // namespace metaxy::migrate
