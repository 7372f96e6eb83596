#include "command/adopt_drift.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/branches_agree.hpp"
#include "command/confirm.hpp"
#include "command/mark_applied.hpp"
#include "command/new_script.hpp"
#include "command/settle_renames.hpp"
#include "diff/apply.hpp"
#include "plan/autogenerate.hpp"
#include "plan/planner.hpp"
#include "plan/rename.hpp"
#include "revision/baseline.hpp"
#include "revision/new_revision.hpp"
#include "revision/resolve.hpp"
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

/// The database as what the scripts' tables may have become: those that lack something as they are, and where
/// a table is gone the ones that no script made.
DesiredSchema found_tables(const Schema& scripted, const Schema& live, const std::vector<Operation>& drift,
                           const std::set<TableName>& not_ours) {
  std::set<TableName> gone;
  std::set<TableName> changed;
  for (const Operation& operation : drift) {
    if (std::holds_alternative<DropTable>(operation)) {
      gone.insert(table_of(operation));
    } else if (std::holds_alternative<DropColumn>(operation)) {
      changed.insert(table_of(operation));
    }
  }
  DesiredSchema found;
  const auto add = [&](const TableName& name, const Table& table) {
    found.tables[name].table = table;
    found.tables[name].feature = to_text(name);
  };
  for (const auto& [name, table] : scripted) {
    if (gone.count(name) == 0) {
      const auto now = changed.count(name) == 0 ? live.end() : live.find(name);
      add(name, now == live.end() ? table : now->second);
    }
  }
  for (const auto& [name, table] : live) {
    if (!gone.empty() && scripted.count(name) == 0 && not_ours.count(name) == 0) {
      add(name, table);
    }
  }
  return found;
}

/// What was renamed by hand must not become a DROP and its values be lost where others run the script.
RenameDecision renames_by_hand(RevisionRequest& request, const Schema& scripted, const DesiredSchema& found,
                               const Workspace& workspace, Context& context) {
  constexpr std::string_view kCounterpart = "database";
  for (;;) {
    RenameDecision decision = decide_renames(scripted, found, *workspace.dialect,
                                             {.table_prefix = workspace.environment.store.table_prefix,
                                              .drops = request.drops,
                                              .renames = request.renames,
                                              .no_renames = request.no_renames,
                                              .dropped_keys = {},
                                              .foreign_tables = {},
                                              .part = workspace.environment.part,
                                              .counterpart = std::string(kCounterpart)});
    if (decision.questions.empty()) {
      return decision;
    }
    settle_renames(request, decision.questions, kCounterpart, context);
  }
}

/// Where others run the script they still have what is gone here: it is dropped there by name only.
void require_named_drops(const std::vector<Operation>& operations, const RevisionRequest& request,
                         const Workspace& workspace) {
  std::set<ModelName> unmet(request.drops.begin(), request.drops.end());
  std::vector<std::string> flags;
  for (const Operation& operation : operations) {
    const DropColumn* column = std::get_if<DropColumn>(&operation);
    if (column == nullptr && !std::holds_alternative<DropTable>(operation)) {
      continue;
    }
    const TableName table = table_of(operation);
    const ModelName name{.feature = to_text(table), .column = column == nullptr ? "" : column->column.name};
    const auto drop = std::find_if(unmet.begin(), unmet.end(), [&](const ModelName& typed) {
      return typed.column == name.column &&
             names_table(typed.feature, table, workspace.environment.store.table_prefix);
    });
    if (drop != unmet.end()) {
      unmet.erase(drop);
    } else {
      flags.push_back(fmt::format("'{0}' is gone: --drop {0}, or --rename {0}=NEW", to_text(name)));
    }
  }
  if (!flags.empty()) {
    throw Error(
        ErrorKind::usage, "the script would drop where others run it what is gone in this database",
        {.where = {},
         .hint = fmt::format("say which is meant; metaxy-migrate -n {} diff scripted live --sql prints "
                             "SQL that brings it back",
                             workspace.environment.name),
         .notes = flags});
  }
  if (!unmet.empty()) {
    throw Error(ErrorKind::usage, fmt::format("--drop '{}' names nothing that is gone from the database",
                                              to_text(*unmet.begin())));
  }
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

/// Tables of other projects and the tool's own: nothing of ours became one of them.
std::set<TableName> tables_of_others(const Session& session, const AppliedScripts& applied,
                                     const Workspace& workspace) {
  std::set<TableName> names;
  for (const auto& [name, project] : shared_tables(session, applied, workspace).owners) {
    names.insert(name);
  }
  names.insert({.schema = {}, .name = workspace.environment.version_table.value});
  names.insert({.schema = {}, .name = workspace.environment.log_table});
  return names;
}

void require_at_head(const Session& session) {
  std::vector<std::string> rows = session.state.rows;
  std::vector<std::string> heads = session.graph().effective_heads();
  std::sort(rows.begin(), rows.end());
  std::sort(heads.begin(), heads.end());
  if (rows != heads) {
    throw Error(
        ErrorKind::pending,
        "the database is not at head: drift can be taken over only on top of all revisions",
        {.where = {},
         .hint = fmt::format("run `upgrade {}` first; where the drift stops that, take it back before "
                             "(`diff scripted live --sql` prints the SQL), or name it in "
                             "`drift_ignore`",
                             session.graph().heads().size() > 1 ? "heads" : "head"),
         .notes = {}});
  }
}

/// By default it joins all heads: what is taken over differs from all of them together. A head that was named
/// must have what the changes are about, or nothing could ever be merged with them.
std::vector<std::string> heads_for(const RevisionRequest& request, const std::vector<Operation>& operations,
                                   const Session& session, const Workspace& workspace,
                                   const Context& context) {
  if (request.heads.empty()) {
    return {workspace.graph.heads().size() > 1 ? "heads" : "head"};
  }
  std::vector<std::string> ids;
  for (const std::string& head : request.heads) {
    const std::vector<std::string> named = resolve_all(workspace.graph, head);
    ids.insert(ids.end(), named.begin(), named.end());
  }
  const ScriptedSchema below =
      fold(facts_of(session, workspace, context,
                    with_baselines(session.graph().ancestors_in_order(ids), workspace.scripts.revisions)));
  try {
    migrate::applied(below.schema, operations);
  } catch (const Error& error) {
    throw Error(
        ErrorKind::usage,
        fmt::format("the changes do not fit on {} alone: {}", join(request.heads, ", "), error.what()),
        {.where = {}, .hint = "leave --head out: the script then joins all heads", .notes = {}});
  }
  return request.heads;
}

}  // namespace

WrittenRevision adopt_drift(const RevisionRequest& typed, const Workspace& workspace, Context& context) {
  RevisionRequest request = typed;
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
  const std::vector<std::string> ignored = ignored_tables(session, applied, workspace);
  const std::vector<Operation> drift = drift_operations(applied.scripted, live, workspace, ignored);
  const DesiredSchema found = found_tables(applied.scripted.schema, live.schema, drift,
                                           tables_of_others(session, applied, workspace));
  const RenameDecision decision =
      renames_by_hand(request, applied.scripted.schema, found, workspace, context);
  std::vector<Operation> operations = rename_operations(decision.renames);
  ScriptedSchema renamed = applied.scripted;
  renamed.schema = migrate::applied(renamed.schema, operations);
  const std::vector<Operation> rest = drift_operations(renamed, live, workspace, ignored);
  operations.insert(operations.end(), rest.begin(), rest.end());
  require_system_tables(operations, workspace);
  require_named_drops(operations, request, workspace);

  Script script;
  script.revision =
      planned_revision(workspace.graph, {.id = request.revision_id,
                                         .message = request.message.empty() ? "adopt drift" : request.message,
                                         .heads = heads_for(request, operations, session, workspace, context),
                                         .is_spliced = false,
                                         .depends_on = {},
                                         .branch_labels = {}});
  script.revision.depends_on =
      parents_to_come_first(script.revision.down_revisions, workspace, context, &session);
  WrittenRevision written{.environment = workspace.environment.name,
                          .dialect = std::string(workspace.dialect->name()),
                          .revision = script.revision.id,
                          .message = script.revision.message,
                          .file = {},
                          .changes = {},
                          .notes = decision.notes,
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
  mark_written(script.revision.id, written.file, "adopt_drift", graph, session, workspace, context);
  written.notes.push_back("marked as applied in this database; others run it");
  return written;
}

}  // namespace metaxy::migrate
