#include "command/adopt.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/alembic.hpp"
#include "command/confirm.hpp"
#include "command/mark_applied.hpp"
#include "command/new_script.hpp"
#include "diff/apply.hpp"
#include "diff/diff.hpp"
#include "metaxy/accept.hpp"
#include "metaxy/tables.hpp"
#include "plan/alike.hpp"
#include "plan/planner.hpp"
#include "revision/new_revision.hpp"

namespace metaxy::migrate {

namespace {

/// Options that say more of a key or column that is left out cannot be said without it: AUTOINCREMENT, or
/// UNIQUE ("a") ON CONFLICT IGNORE.
void leave_out_options(Table& table, const Table& live) {
  if (primary_key(live) != nullptr && primary_key(table) == nullptr) {
    table.options.clear();
    return;
  }
  std::erase_if(table.options, [&](const std::string& option) {
    return std::any_of(live.columns.begin(), live.columns.end(), [&](const Column& column) {
      return find_column(table, column.name) == nullptr &&
             option.find(fmt::format("\"{}\"", column.name)) != std::string::npos;
    });
  });
}

}  // namespace

Table managed_part(const Table& live, const Table& wanted) {
  Table table = live;
  const auto is_wanted = [&](const std::string& column) {
    return find_column(wanted, column) != nullptr || is_metaxy_column(column);
  };
  std::erase_if(table.columns, [&](const Column& column) { return !is_wanted(column.name); });
  std::erase_if(table.constraints, [&](const Constraint& constraint) {
    const std::vector<std::string> columns = columns_of(constraint);
    return columns.empty() || !std::all_of(columns.begin(), columns.end(), is_wanted);
  });
  std::erase_if(table.indexes, [&](const Index& index) { return find_index(wanted, index.name) == nullptr; });
  table.triggers.clear();
  leave_out_options(table, live);
  return table;
}

namespace {

Schema adopted_schema(const DesiredSchema& desired, const Schema& live, const Dialect& dialect,
                      AdoptResult& result) {
  Schema schema;
  for (const auto& [name, wanted] : desired.tables) {
    const Table* table = find_table(live, name);
    if (table == nullptr) {
      require_no_table_alike(name, live, {}, dialect);
      result.missing.push_back(to_text(name));
      continue;
    }
    put(schema, managed_part(*table, wanted.table));
    result.adopted.push_back(to_text(name));
  }
  return schema;
}

void note_differences(const DesiredSchema& desired, const Schema& live, const Workspace& workspace,
                      AdoptResult& result) {
  const Schema wanted = desired.schema();
  const Accepted accepted = accept_alternatives(wanted, live, *workspace.dialect,
                                                {.wanted = AcceptOptions::Wanted::model, .managed = nullptr});
  for (const Operation& operation : diff(accepted.live, accepted.wanted)) {
    if (!std::holds_alternative<CreateTable>(operation)) {
      result.differences.push_back(summary(operation));
    }
  }
  for (const AcceptNote& note : accepted.notes) {
    if (note.severity != Severity::info) {
      result.notes.push_back(to_text(note));
    }
  }
}

}  // namespace

namespace {

/// What is adopted on top of Alembic's revisions is what all of them led to.
void require_alembic_done(const Session& session, const Workspace& workspace, const Context& context) {
  const std::set<std::string> done = applied_ids(session.graph(), session.state.rows);
  std::vector<Step> missing;
  for (const Revision& revision : session.graph().revisions()) {
    if (done.count(revision.id) == 0) {
      missing.push_back(
          {.revision = revision.id, .direction = Direction::upgrade, .rows = {}, .heads_after = {}});
    }
  }
  require_no_alembic(missing, session.graph(), session.state.rows, workspace, context);
}

}  // namespace

AdoptResult run_adopt(const AdoptRequest& request, const Workspace& workspace, Context& context) {
  const std::vector<Revision>& revisions = workspace.scripts.revisions;
  const bool is_alembic_all = std::all_of(revisions.begin(), revisions.end(),
                                          [](const Revision& revision) { return revision.is_alembic; });
  if (!is_alembic_all) {
    throw Error(
        ErrorKind::usage,
        fmt::format("'{}' holds scripts already; adopt is for the first day", workspace.scripts.path),
        {.where = {},
         .hint = "`stamp head` says that this database is where the scripts lead; `revision --adopt-drift` "
                 "takes over what was changed by hand",
         .notes = {}});
  }
  confirm_protected_store(workspace, "It will get the two tables of this tool; no other table is changed.",
                          context);
  AdoptResult result;
  result.environment = workspace.environment.name;
  const LoadedDefinitions definitions = load_definitions(workspace, context, request.definitions);
  const DesiredSchema desired = desired_schema(workspace, definitions, request.created_features, {});
  Session session = open_session(workspace, context,
                                 {.access = Access::read_write,
                                  .may_create = false,
                                  .is_rebind = request.is_rebind,
                                  .may_have_unknown_rows = false});
  require_alembic_done(session, workspace, context);
  const Reflected live = workspace.dialect->reflect(*session.connection, {});
  const Schema schema = adopted_schema(desired, live.schema, *workspace.dialect, result);
  result.notes = desired.notes;
  if (result.adopted.empty()) {
    throw Error(
        ErrorKind::usage, "there is nothing to adopt: the database has none of the model's tables",
        {.where = {}, .hint = "`revision --autogenerate` writes the script that makes them", .notes = {}});
  }
  note_differences(desired, live.schema, workspace, result);

  Script script;
  script.revision = planned_revision(
      workspace.graph, {.id = request.revision_id.empty() ? new_revision_id() : request.revision_id,
                        .message = request.message.empty() ? "adopt what is there" : request.message,
                        .heads = {"heads"},
                        .is_spliced = false,
                        .depends_on = {},
                        .branch_labels = {}});
  describe(script.revision, workspace, context);
  PlanInput input{.before = {},
                  .after = schema,
                  .operations = diff({}, schema),
                  .adopted = {},
                  .kept_on_downgrade = kept_system_tables(schema, workspace),
                  .render = render_options(workspace)};
  for (const auto& [name, table] : schema) {
    input.adopted.insert(name);
    input.kept_on_downgrade.emplace(name, kWasThere);
  }
  fill(script, input, workspace);
  result.revision = script.revision.id;
  result.file = write_script(script, workspace.scripts.locations.front(), workspace, context);
  const RevisionGraph graph = graph_of(read_scripts(workspace.environment, context));
  mark_written(result.revision, result.file, "stamp", graph, session, workspace, context);
  return result;
}

}  // namespace metaxy::migrate
