#include "command/adopt_drift.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "command/confirm.hpp"
#include "command/mark_applied.hpp"
#include "command/new_script.hpp"
#include "diff/apply.hpp"
#include "plan/autogenerate.hpp"
#include "plan/planner.hpp"
#include "revision/new_revision.hpp"
#include "run/compare.hpp"

namespace metaxy::migrate {

namespace {

/// From what the scripts say to what is there.
std::vector<Operation> drift_operations(const ScriptedSchema& scripted, const Reflected& live,
                                        const Workspace& workspace, const std::vector<std::string>& ignored) {
  std::vector<Operation> operations;
  const Comparison comparison = compare_live(scripted, live, *workspace.dialect, std::nullopt, ignored);
  for (const TableDrift& drift : comparison.drift) {
    for (Operation& operation : reversed(drift.operations)) {
      operations.push_back(std::move(operation));
    }
  }
  return operations;
}

/// Others run the script, and Metaxy's system tables belong to no project: they are only ever widened.
void require_system_tables(const std::vector<Operation>& operations, const Workspace& workspace) {
  for (const Operation& operation : operations) {
    const bool is_drop =
        std::holds_alternative<DropTable>(operation) || std::holds_alternative<DropColumn>(operation);
    if (is_drop && is_system_table(table_of(operation), workspace.environment.store.table_prefix)) {
      throw Error(
          ErrorKind::drift,
          fmt::format("no script takes anything of Metaxy's system tables away: {}", summary(operation)),
          {.where = {},
           .hint = fmt::format("metaxy-migrate -n {} diff scripted live --sql prints SQL that brings "
                               "it back",
                               workspace.environment.name),
           .notes = {}});
    }
  }
}

void require_at_head(const Session& session) {
  std::vector<std::string> rows = session.state.rows;
  std::vector<std::string> heads = session.graph().effective_heads();
  std::sort(rows.begin(), rows.end());
  std::sort(heads.begin(), heads.end());
  if (rows != heads) {
    throw Error(ErrorKind::pending,
                "the database is not at head: drift can be taken over only on top of all revisions",
                {.where = {}, .hint = "run `upgrade head` first", .notes = {}});
  }
}

}  // namespace

WrittenRevision adopt_drift(const RevisionRequest& request, const Workspace& workspace, Context& context) {
  confirm_protected_store(workspace, "Its version table will get one more revision; no table is changed.",
                          context);
  Session session = open_session(workspace, context,
                                 {.access = Access::read_write,
                                  .may_create = false,
                                  .is_rebind = false,
                                  .may_have_unknown_rows = false});
  require_at_head(session);
  const AppliedScripts applied = applied_scripts(session, workspace, context);
  const Reflected live = workspace.dialect->reflect(*session.connection, {});
  const std::vector<Operation> operations =
      drift_operations(applied.scripted, live, workspace, ignored_tables(session, applied, workspace));
  require_system_tables(operations, workspace);

  Script script;
  script.revision = planned_revision(
      workspace.graph, {.id = request.revision_id,
                        .message = request.message.empty() ? "adopt drift" : request.message,
                        .heads = request.heads.empty() ? std::vector<std::string>{"head"} : request.heads,
                        .is_spliced = false,
                        .depends_on = {},
                        .branch_labels = {}});
  WrittenRevision written{.environment = workspace.environment.name,
                          .dialect = std::string(workspace.dialect->name()),
                          .revision = script.revision.id,
                          .message = script.revision.message,
                          .file = {},
                          .changes = {},
                          .notes = {},
                          .reason = "nothing differs from the scripts"};
  if (operations.empty()) {
    return written;
  }
  describe(script.revision, workspace, context);
  written.changes = fill(script,
                         {.before = applied.scripted.schema,
                          .after = migrate::applied(applied.scripted.schema, operations),
                          .operations = operations,
                          .adopted = {},
                          .kept_on_downgrade = {},
                          .render = render_options(workspace)},
                         workspace);
  written.file = write_script(script, location_of(script.revision, request.version_path, workspace, context),
                              workspace, context);
  const RevisionGraph graph = graph_of(read_scripts(workspace.environment, context), session.standing);
  mark_applied({script.revision.id}, {script.revision.id}, "adopt_drift", graph, session, workspace, context);
  written.notes.push_back("marked as applied in this database; others run it");
  return written;
}

}  // namespace metaxy::migrate
