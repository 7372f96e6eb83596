#include "command/stamp.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/alembic.hpp"
#include "command/confirm.hpp"
#include "command/integrity.hpp"
#include "command/mark_applied.hpp"
#include "command/partial.hpp"
#include "command/undoable.hpp"
#include "revision/baseline.hpp"
#include "revision/traversal.hpp"
#include "run/compare.hpp"
#include "run/transaction.hpp"

namespace metaxy::migrate {

namespace {

SessionOptions stamp_options(const StampRequest& request, const Workspace& workspace,
                             const Context& context) {
  return {.access = Access::read_write,
          .may_create = may_create_file(request.may_create, workspace, context),
          .is_rebind = request.is_rebind,
          .may_have_unknown_rows = request.is_purging};
}

/// A stamp says "the database is there": so it must be.
void require_matching_live(const std::vector<std::string>& heads, const Session& session,
                           const Workspace& workspace, const Context& context) {
  AppliedScripts wanted{.facts = facts_of(session, workspace, context,
                                          with_baselines(session.graph().ancestors_in_order(heads),
                                                         workspace.scripts.revisions)),
                        .scripted = {}};
  wanted.scripted = fold(wanted.facts);
  Reflected live = session.connection ? workspace.dialect->reflect(*session.connection, {}) : Reflected{};
  const Comparison comparison = compare_live(wanted.scripted, std::move(live), *workspace.dialect,
                                             std::nullopt, ignored_tables(session, wanted, workspace));
  if (comparison.drift.empty()) {
    return;
  }
  ErrorDetail detail;
  for (const TableDrift& drift : comparison.drift) {
    detail.notes.push_back(fmt::format("{}: {}", to_text(drift.table), join(drift.differences, "; ")));
  }
  detail.hint = "stamp the revision that the database really is at, or --force";
  throw Error(ErrorKind::drift,
              fmt::format("the database is not what the scripts say at {}; to be, it lacks:",
                          heads.empty() ? "base" : join(heads, ", ")),
              std::move(detail));
}

/// Revisions that a baseline replaces may be stamped where it stands: then they are looked at instead.
void see_history_where_named(const StampRequest& request, Session& session, const Workspace& workspace) {
  const auto is_known = [](const RevisionGraph& graph, const std::string& target) {
    try {
      resolve_all(graph, target);
      return true;
    } catch (const Error&) {
      return false;
    }
  };
  const bool is_about_history =
      std::any_of(request.targets.begin(), request.targets.end(), [&](const std::string& target) {
        return !is_known(session.graph(), target) && is_known(workspace.graph, target);
      });
  if (!session.standing.empty() && is_about_history) {
    session.standing.clear();
    session.extended.reset();
  }
}

const Revision& edited_revision(const StampRequest& request, const Session& session,
                                const Workspace& workspace) {
  const std::optional<std::string> id = resolve_one(session.graph(), request.accepted_edit);
  const std::set<std::string> applied = applied_ids(session.graph(), session.state.rows);
  if (!id || applied.count(*id) == 0) {
    throw Error(ErrorKind::usage, fmt::format("'{}' is not applied here, so there is no edit to accept",
                                              request.accepted_edit));
  }
  const Revision& revision = *session.graph().find(*id);
  if (revision.file.empty()) {
    throw Error(ErrorKind::usage,
                fmt::format("revision '{}' has no script in '{}'", *id, workspace.scripts.path));
  }
  if (revision.is_alembic) {
    throw Error(ErrorKind::usage,
                fmt::format("'{}' is a file of Alembic's, which this tool does not run: there is no edit to "
                            "accept",
                            revision.file),
                {.where = {},
                 .hint = fmt::format("where the script beside it is missing, `metaxy-migrate -n {} show "
                                     "--applied {}` prints what was applied: put it back",
                                     workspace.environment.name, *id),
                 .notes = {}});
  }
  return revision;
}

/// An edit changes what a script does, never where it stands: what is put below it would count as applied and
/// not be run.
void require_same_place(const Revision& revision, const Session& session, const Workspace& workspace,
                        const Context& context) {
  const auto record = session.state.recorded.find(revision.id);
  if (record == session.state.recorded.end() || record->second.upgrade_checksum.empty()) {
    return;
  }
  const std::vector<Problem> problems =
      changed_place(*facts_of(workspace, context, revision), record->second, LoggedDependencies(session));
  if (!problems.empty()) {
    throw error_from(
        ErrorKind::integrity,
        fmt::format("the edit of revision '{}' moves it in the graph, so it cannot be taken over",
                    revision.id),
        problems);
  }
}

void accept_edit(const Revision& revision, Session& session, const Workspace& workspace,
                 const Context& context) {
  Journal journal(*session.connection, *session.sql, context.clock, actor_of(workspace, context),
                  session.state.next_sequence());
  Transaction transaction(*session.connection);
  require_unmoved(session);
  journal.write(log_row_for(revision, "accept_edit", workspace, context));
  transaction.commit();
  session.connection->finish_run();
}

/// A stamp ends what is partly done. Where the whole of it counts as applied, and its typed changes say what
/// that is, the tables tell whether it is so; else somebody must say that it is to be forgotten.
void require_nothing_forgotten(const std::vector<std::string>& heads, const Session& session,
                               const Workspace& workspace, const Context& context) {
  const std::optional<PartialRevision>& partial = session.state.partial;
  if (!partial || (partial->direction == Direction::upgrade &&
                   applied_ids(session.graph(), heads).count(partial->revision) != 0 &&
                   facts_of(session, workspace, context, {partial->revision}).front()->changes.has_changes)) {
    return;
  }
  throw Error(ErrorKind::partially_applied,
              fmt::format("the {} of revision '{}' is partly done ({}), which a stamp would forget",
                          to_text(partial->direction), partial->revision, done_text(*partial)),
              {.where = {},
               .hint = partial_advice(session, workspace, context).next + "; `stamp --force` forgets it",
               .notes = {}});
}

struct StampPlan {
  std::vector<std::string> rows;
  std::vector<StampStep> steps;
  std::vector<std::string> heads;
};

/// Refuses what the database, or the lack of one, does not allow.
StampPlan stamp_plan(const StampRequest& request, Session& session, const Workspace& workspace,
                     const Context& context) {
  see_history_where_named(request, session, workspace);
  StampPlan plan;
  plan.rows = request.is_purging ? std::vector<std::string>{} : session.state.rows;
  plan.steps = stamp_steps(session.graph(), plan.rows, request.targets);
  plan.heads = plan.steps.empty() ? plan.rows : plan.steps.back().heads_after;
  require_fitting_ids(plan.heads, session);
  if (!request.is_forced) {
    require_nothing_forgotten(plan.heads, session, workspace, context);
    require_matching_live(plan.heads, session, workspace, context);
  }
  return plan;
}

/// A database file that does not exist yet is not made for a stamp that is refused.
void require_allowed_on_nothing(const StampRequest& request, const Workspace& workspace,
                                const Context& context) {
  const std::optional<std::string> file = database_file(workspace);
  if (!file || context.files.is_file(*file) || context.files.is_directory(*file)) {
    return;
  }
  Session empty = session_of_nothing(workspace);
  if (request.accepted_edit.empty()) {
    stamp_plan(request, empty, workspace, context);
  } else {
    edited_revision(request, empty, workspace);
  }
}

}  // namespace

StampResult run_stamp(const StampRequest& request, const Workspace& workspace, Context& context) {
  const SessionOptions options = stamp_options(request, workspace, context);
  if (options.may_create) {
    require_allowed_on_nothing(request, workspace, context);
  }
  confirm_protected_store(workspace, "Its version table will be changed; no script runs.", context);
  Session session = open_session(workspace, context, options);
  StampResult result{.environment = workspace.environment.name,
                     .heads_before = session.state.rows,
                     .heads = {},
                     .steps = {},
                     .accepted_edit = {}};
  if (!request.accepted_edit.empty()) {
    const Revision& edited = edited_revision(request, session, workspace);
    require_same_place(edited, session, workspace, context);
    accept_edit(edited, session, workspace, context);
    result.heads = session.state.rows;
    result.accepted_edit = edited.id;
    return result;
  }
  const auto [rows, steps, heads] = stamp_plan(request, session, workspace, context);
  const std::vector<LogRow> log =
      stamp_log(rows, heads, request.is_purging, session.graph(), workspace, context);
  Journal journal(*session.connection, *session.sql, context.clock, actor_of(workspace, context),
                  session.state.next_sequence());
  Transaction transaction(*session.connection);
  require_unmoved(session);
  journal.create_tables();
  if (request.is_rebind) {
    journal.write_rebind();
  }
  if (request.is_purging) {
    journal.delete_all_rows();
  }
  for (const StampStep& step : steps) {
    journal.change_rows(step.rows);
  }
  for (const LogRow& row : log) {
    journal.write(row);
  }
  transaction.commit();
  session.connection->finish_run();
  result.heads = heads;
  result.steps = steps;
  return result;
}

StampResult run_ensure_version(bool may_create, const Workspace& workspace, Context& context) {
  confirm_protected_store(workspace, "It will get the two tables of this tool; no other table is changed.",
                          context);
  Session session = open_session(workspace, context,
                                 {.access = Access::read_write,
                                  .may_create = may_create_file(may_create, workspace, context),
                                  .is_rebind = false,
                                  .may_have_unknown_rows = false});
  Journal journal(*session.connection, *session.sql, context.clock, actor_of(workspace, context),
                  session.state.next_sequence());
  Transaction transaction(*session.connection);
  journal.create_tables();
  transaction.commit();
  session.connection->finish_run();
  return {.environment = workspace.environment.name,
          .heads_before = session.state.rows,
          .heads = session.state.rows,
          .steps = {},
          .accepted_edit = {}};
}

}  // namespace metaxy::migrate
