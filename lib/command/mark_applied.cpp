#include "command/mark_applied.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "revision/traversal.hpp"
#include "run/transaction.hpp"

namespace metaxy::migrate {

LogRow log_row_for(const Revision& revision, const std::string& action, const Workspace& workspace,
                   const Context& context) {
  LogRow row;
  row.action = action;
  row.revision = revision.id;
  row.message = revision.message;
  row.down_revision = fmt::format("{}", fmt::join(revision.down_revisions, ","));
  row.outcome = "done";
  if (!revision.file.empty() && !revision.is_alembic) {
    const ScriptFacts facts = script_facts(
        context.files, {.file = revision.file, .text = {}, .shown_as = revision.file}, *workspace.dialect);
    // As the header has them: in the graph a baseline may stand for them.
    row.down_revision = fmt::format("{}", fmt::join(facts.revision.down_revisions, ","));
    row.upgrade_checksum = facts.checksums.upgrade;
    row.downgrade_checksum = facts.checksums.downgrade;
    std::optional<std::string> text = context.files.read_head(revision.file, kMaxLoggedScript + 1);
    if (text && text->size() <= kMaxLoggedScript) {
      row.script = std::move(text);
    }
  }
  return row;
}

std::vector<LogRow> stamp_log(const std::vector<std::string>& rows, const std::vector<std::string>& heads,
                              bool is_purging, const RevisionGraph& graph, const Workspace& workspace,
                              const Context& context) {
  const std::set<std::string> before = applied_ids(graph, rows);
  const std::set<std::string> after = applied_ids(graph, heads);
  std::vector<LogRow> log;
  if (is_purging || !std::includes(after.begin(), after.end(), before.begin(), before.end()) ||
      before == after) {
    LogRow row;
    row.action = "stamp";
    row.outcome = "done";
    row.message = fmt::format("at {}", heads.empty() ? "base" : join(heads, ", "));
    log.push_back(std::move(row));
  }
  for (const std::string& id : graph.ancestors_in_order(heads)) {
    if (before.count(id) == 0) {
      log.push_back(log_row_for(*graph.find(id), "stamp", workspace, context));
    }
  }
  return log;
}

void mark_applied(const std::vector<std::string>& targets, const std::vector<std::string>& ids,
                  const std::string& action, const RevisionGraph& graph, Session& session,
                  const Workspace& workspace, const Context& context) {
  Journal journal(*session.connection, *session.sql, context.clock, actor_of(workspace, context),
                  session.state.next_sequence());
  Transaction transaction(*session.connection);
  require_unmoved(session);
  journal.create_tables();
  for (const StampStep& step : stamp_steps(graph, session.state.rows, targets)) {
    journal.change_rows(step.rows);
  }
  for (const std::string& id : ids) {
    journal.write(log_row_for(*graph.find(id), action, workspace, context));
  }
  transaction.commit();
  session.connection->finish_run();
}

namespace {

/// Whether the row of the revision is not there; false where that cannot be told.
bool is_surely_not_marked(const std::string& id, const Session& session) {
  try {
    const std::vector<std::string> rows = read_state(*session.connection, *session.sql, session.binding).rows;
    return std::find(rows.begin(), rows.end(), id) == rows.end();
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

void mark_written(const std::string& id, const std::string& file, const std::string& action,
                  const RevisionGraph& graph, Session& session, const Workspace& workspace,
                  Context& context) {
  try {
    mark_applied({id}, {id}, action, graph, session, workspace, context);
  } catch (const Error& error) {
    if (is_surely_not_marked(id, session)) {
      context.files.remove(file);
      throw;
    }
    ErrorDetail detail{.where = error.where(), .hint = error.hint(), .notes = error.notes()};
    detail.notes.push_back(fmt::format(
        "the script '{}' is written; where `status` says that it is pending, `stamp {}` ends this", file,
        id));
    throw Error(error.kind(), error.what(), std::move(detail));
  }
}

}  // namespace metaxy::migrate
