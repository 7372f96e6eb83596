#include "command/baseline.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/adopt.hpp"
#include "command/alembic.hpp"
#include "command/new_script.hpp"
#include "diff/apply.hpp"
#include "diff/diff.hpp"
#include "plan/planner.hpp"
#include "revision/baseline.hpp"
#include "revision/new_revision.hpp"

namespace metaxy::migrate {

namespace {

void require_no_baseline(const Workspace& workspace) {
  for (const Revision& revision : workspace.scripts.revisions) {
    if (is_baseline(revision)) {
      throw Error(ErrorKind::usage, fmt::format("'{}' replaces Alembic's revisions already", revision.id),
                  {.where = SourcePosition{revision.file, 0, 0, {}},
                   .hint = "delete it to have it written anew, while no database was made with it",
                   .notes = {}});
    }
  }
}

/// The baseline says what Alembic's revisions led to: no more, no less.
void require_alembic_heads(const Session& session, const RevisionGraph& alembic, const Workspace& workspace,
                           const Context& context) {
  std::vector<std::string> heads = alembic.effective_heads();
  std::vector<std::string> rows = session.state.rows;
  std::sort(heads.begin(), heads.end());
  std::sort(rows.begin(), rows.end());
  if (session.connection && rows == heads) {
    return;
  }
  const bool is_beyond = std::any_of(rows.begin(), rows.end(),
                                     [&](const std::string& row) { return alembic.find(row) == nullptr; });
  throw Error(
      ErrorKind::usage,
      fmt::format("a baseline is written from a database that is at Alembic's heads ({}); this one is at {}",
                  join(heads, ", "), rows.empty() ? "base" : join(rows, ", ")),
      {.where = {},
       .hint = is_beyond
                   ? fmt::format("name a database without scripts of metaxy-migrate, or `downgrade` to {}",
                                 join(heads, " and "))
                   : fmt::format("finish with Alembic first: {} upgrade heads",
                                 alembic_command(workspace, context)),
       .notes = {}});
}

/// What an empty database gets: the model's tables as live has them, and whatever else Alembic created.
Schema schema_for(const DesiredSchema& desired, const AlembicFiles& found, const Schema& live,
                  WrittenBaseline& written) {
  Schema schema;
  for (const auto& [name, table] : live) {
    const auto wanted = desired.tables.find(name);
    if (found.created_tables.count(name.name) != 0) {
      put(schema, table);
    } else if (wanted != desired.tables.end()) {
      put(schema, managed_part(table, wanted->second.table));
    } else {
      written.notes.push_back(fmt::format(
          "table '{}' is not in the baseline: neither the model nor a create_table of Alembic's names it",
          to_text(name)));
    }
  }
  return schema;
}

Script script_for(const Schema& schema, const TakeOverRequest& request, const AlembicFiles& found,
                  const Workspace& workspace, const Context& context) {
  Script script;
  script.revision.id = request.revision_id.empty() ? new_revision_id() : request.revision_id;
  script.revision.message =
      fmt::format("baseline of {} of Alembic", counted(found.revisions.size(), "revision"));
  for (const Revision& revision : found.revisions) {
    script.revision.replaces.push_back(revision.id);
  }
  describe(script.revision, workspace, context);
  PlanInput input{.before = {},
                  .after = schema,
                  .operations = diff({}, schema),
                  .adopted = {},
                  .kept_on_downgrade = kept_system_tables(schema, workspace),
                  .render = render_options(workspace)};
  for (const auto& [name, reason] : input.kept_on_downgrade) {
    input.adopted.insert(name);
  }
  fill(script, input, workspace);
  return script;
}

void require_free(const std::string& id, const Workspace& workspace) {
  if (id.empty()) {
    return;
  }
  planned_revision(workspace.graph, {.id = id,
                                     .message = {},
                                     .heads = {"base"},
                                     .is_spliced = true,
                                     .depends_on = {},
                                     .branch_labels = {}});
}

}  // namespace

WrittenBaseline write_baseline(const TakeOverRequest& request, const AlembicFiles& found,
                               const Workspace& workspace, Context& context) {
  require_no_baseline(workspace);
  require_free(request.revision_id, workspace);
  const Session session = open_session(workspace, context, {});
  require_alembic_heads(session, RevisionGraph(found.revisions), workspace, context);
  const LoadedDefinitions definitions = load_definitions(workspace, context, request.definitions);
  const DesiredSchema desired = desired_schema(workspace, definitions, {}, {});
  Reflected live = workspace.dialect->reflect(*session.connection, {});
  std::erase_if(live.schema, [&](const auto& entry) {
    return entry.first.name == session.sql->version_table() || entry.first.name == session.sql->log_table();
  });
  WrittenBaseline written;
  const Schema schema = schema_for(desired, found, live.schema, written);
  const Script script = script_for(schema, request, found, workspace, context);
  written.revision = script.revision.id;
  written.file = write_script(script, workspace.scripts.locations.front(), workspace, context);
  written.notes.emplace_back("the baseline makes tables; rows that Alembic's revisions insert are not in it");
  return written;
}

}  // namespace metaxy::migrate
