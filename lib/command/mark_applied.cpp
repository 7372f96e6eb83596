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

}  // namespace metaxy::migrate
