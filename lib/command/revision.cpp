#include "command/revision.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "command/adopt_drift.hpp"
#include "command/branches_agree.hpp"
#include "command/confirm.hpp"
#include "command/explain.hpp"
#include "command/new_script.hpp"
#include "command/settle_renames.hpp"
#include "command/view_conflicts.hpp"
#include "plan/planner.hpp"
#include "plan/rename.hpp"
#include "revision/new_revision.hpp"
#include "revision/resolve.hpp"
#include "run/compare.hpp"

namespace metaxy::migrate {

namespace {

/// One environment on its way to a script.
struct Draft {
  Workspace workspace;
  Script script;
  Proposal proposal;
  /// What the script is rendered from by autogenerate.
  PlanInput input;
  std::vector<std::string> notes;
  /// Directory that the script goes into.
  std::string location;
  bool is_empty = false;
};

/// What the database says to a draft.
struct LiveView {
  Reflected live;
  SharedTables shared;
  std::vector<std::string> ignored;
};

std::string way_to_head(const RevisionGraph& graph) {
  return fmt::format("run `upgrade {}` first, or use --against scripts",
                     graph.heads().size() > 1 ? "heads" : "head");
}

/// The live tables, when the database can be reached and is at head; nullopt with a notice when only the
/// scripts can be used.
std::optional<LiveView> live_for(const RevisionRequest& request, const Workspace& workspace,
                                 Context& context) {
  if (request.against == Against::scripts) {
    return std::nullopt;
  }
  try {
    const Session session = open_session(workspace, context, {});
    if (!session.connection) {
      if (!workspace.graph.empty() && request.against == Against::live) {
        throw Error(ErrorKind::pending, "the database does not exist yet, and there are revisions to apply",
                    {.where = {}, .hint = way_to_head(workspace.graph), .notes = {}});
      }
      return std::nullopt;
    }
    std::vector<std::string> heads = session.graph().effective_heads();
    std::vector<std::string> rows = session.state.rows;
    std::sort(heads.begin(), heads.end());
    std::sort(rows.begin(), rows.end());
    if (heads != rows) {
      throw Error(ErrorKind::pending,
                  fmt::format("the database of '{}' is at {}, and the scripts' head is {}",
                              workspace.environment.name, rows.empty() ? "base" : join(rows, ", "),
                              heads.empty() ? "base" : join(heads, ", ")),
                  {.where = {}, .hint = way_to_head(session.graph()), .notes = {}});
    }
    const AppliedScripts applied = applied_scripts(session, workspace, context);
    return LiveView{.live = workspace.dialect->reflect(*session.connection, {}),
                    .shared = shared_tables(session, applied, workspace),
                    .ignored = ignored_tables(session, applied, workspace)};
  } catch (const Error& error) {
    const bool is_unreachable = error.kind() == ErrorKind::failure || error.kind() == ErrorKind::lock ||
                                error.kind() == ErrorKind::configuration;
    if (request.against == Against::live || !is_unreachable) {
      throw;
    }
    context.observer.on(
        Notice{fmt::format("the database of '{}' cannot be reached ({}): compared with the scripts "
                           "instead",
                           workspace.environment.name, error.what())});
    return std::nullopt;
  }
}

void require_view_as_scripted(const ScriptedSchema& scripted, const LiveView& view,
                              const Workspace& workspace) {
  const Comparison comparison =
      compare_live(scripted, view.live, *workspace.dialect, std::nullopt, view.ignored);
  if (comparison.drift.empty()) {
    return;
  }
  ErrorDetail detail;
  for (const TableDrift& drift : comparison.drift) {
    detail.notes.push_back(fmt::format("{}: {}", to_text(drift.table), join(drift.differences, "; ")));
  }
  detail.hint =
      "`revision --adopt-drift` takes the difference over, `diff scripted live --sql` prints SQL that takes "
      "it back, --against scripts leaves the database aside";
  throw Error(ErrorKind::drift,
              fmt::format("the database of '{}' is not as the scripts made it; to be, it lacks:",
                          workspace.environment.name),
              std::move(detail));
}

/// `--drop-key`, and for `--system-pk=none` the system tables that have one.
std::vector<std::string> dropped_keys(const RevisionRequest& request, const Workspace& workspace,
                                      const ScriptedSchema& scripted) {
  std::vector<std::string> keys = request.dropped_keys;
  for (const auto& [name, table] : scripted.schema) {
    if (request.is_dropping_system_keys && primary_key(table) != nullptr &&
        is_system_table(name, workspace.environment.store.table_prefix)) {
      keys.push_back(to_text(name));
    }
  }
  return keys;
}

void require_created_features(const RevisionRequest& request, const LoadedDefinitions& definitions) {
  const std::vector<std::string> keys = feature_keys(definitions.own);
  for (const std::string& feature : request.created_features) {
    if (std::find(keys.begin(), keys.end(), feature) == keys.end()) {
      throw Error(ErrorKind::usage, fmt::format("--create '{}' names no feature of the model", feature),
                  {.where = {}, .hint = did_you_mean(feature, keys), .notes = {}});
    }
  }
}

/// A table of another project is not to be altered by two: it moves only where somebody says so.
void require_own_tables(const RevisionRequest& request, const DesiredSchema& desired,
                        const ScriptedSchema& scripted, const SharedTables& shared) {
  std::vector<std::string> flags;
  std::set<std::string> takeable;
  for (const auto& [name, table] : desired.tables) {
    const auto owner = shared.owners.find(name);
    if (owner == shared.owners.end() || scripted.schema.count(name) != 0) {
      continue;
    }
    takeable.insert(table.feature);
    const bool is_taken = std::find(request.taken_features.begin(), request.taken_features.end(),
                                    table.feature) != request.taken_features.end();
    if (!is_taken && !request.definitions.has_all_projects) {
      flags.push_back(fmt::format("'{}' is a table of project '{}': --take {}", to_text(name), owner->second,
                                  table.feature));
    }
  }
  for (const std::string& feature : request.taken_features) {
    if (takeable.count(feature) == 0) {
      throw Error(ErrorKind::usage,
                  fmt::format("--take '{}' names no feature whose table another project has here", feature),
                  {.where = {}, .hint = "it needs the database, which tells whose a table is", .notes = {}});
    }
  }
  if (!flags.empty()) {
    throw Error(ErrorKind::usage, "tables of the model belong to another project that shares the database",
                {.where = {},
                 .hint = "if the features moved to this project, say so; nothing was written",
                 .notes = std::move(flags)});
  }
}

AutogenerateOptions autogenerate_options(const RevisionRequest& request, const Workspace& workspace,
                                         const LoadedDefinitions& definitions, const ScriptedSchema& scripted,
                                         const SharedTables& shared) {
  std::map<TableName, std::string> foreign = definitions.foreign_tables;
  foreign.insert(shared.owners.begin(), shared.owners.end());
  return {.table_prefix = workspace.environment.store.table_prefix,
          .drops = request.drops,
          .renames = request.renames,
          .no_renames = request.no_renames,
          .dropped_keys = dropped_keys(request, workspace, scripted),
          .foreign_tables = std::move(foreign),
          .part = workspace.environment.part};
}

/// Every table of Alembic's would be written as a new one.
void require_told_history(const ScriptedSchema& scripted, const Workspace& workspace) {
  if (!has_untold_history(workspace, scripted)) {
    return;
  }
  throw Error(
      ErrorKind::usage,
      fmt::format("Alembic made the tables of '{}', and no script says what they look like",
                  workspace.environment.name),
      {.where = {},
       .hint = "run `adopt` once, or `init --from-alembic --baseline`, at a database that Alembic brought to "
               "its heads; then `revision --autogenerate` writes what differs",
       .notes = {}});
}

/// Zero definitions where there were some is never a plan to drop (product reference 3), but where each table
/// is named.
void require_definitions(const RevisionRequest& request, const DesiredSchema& desired,
                         const ScriptedSchema& scripted, const Workspace& workspace,
                         const LoadedDefinitions& definitions) {
  if (workspace.environment.part == Part::system) {
    return;
  }
  const std::string& prefix = workspace.environment.store.table_prefix;
  const bool has_features = std::any_of(desired.tables.begin(), desired.tables.end(),
                                        [](const auto& entry) { return !entry.second.feature.empty(); });
  std::vector<std::string> unnamed;
  for (const auto& [table, unused] : scripted.schema) {
    const bool is_named = std::any_of(request.drops.begin(), request.drops.end(),
                                      [&name = table, &prefix](const ModelName& drop) {
                                        return drop.column.empty() && names_table(drop.feature, name, prefix);
                                      });
    if (!is_system_table(table, prefix) && !is_named) {
      unnamed.push_back(fmt::format("--drop {}", to_text(table)));
    }
  }
  if (!has_features && !unnamed.empty() && workspace.environment.store.fallback_stores.empty()) {
    throw Error(
        ErrorKind::configuration,
        fmt::format("no feature is defined ({}), though the scripts made tables for some", definitions.from),
        {.where = {},
         .hint = fmt::format("check `features`, `source` and `project` in the configuration; nothing is ever "
                             "dropped because definitions are missing, but by name: {}",
                             join(unnamed, " ")),
         .notes = {}});
  }
}

/// The column of a table that the operation changes; empty: it changes the table or an index.
std::string changed_column(const Operation& operation) {
  return std::visit(
      Overloaded{[](const AddColumn& o) { return o.column.name; }, [](const RenameColumn& o) { return o.to; },
                 [](const AlterType& o) { return o.column; }, [](const AlterNullable& o) { return o.column; },
                 [](const auto&) { return std::string(); }},
      operation);
}

/// Whether a table that is there already gets other columns of Metaxy's own: the sign of another release.
bool is_change_of_release(const Operation& operation, const std::string& table_prefix) {
  const std::string column = changed_column(operation);
  return is_metaxy_column(column) || (!column.empty() && is_system_table(table_of(operation), table_prefix));
}

/// Says in the script which release of Metaxy its own tables and columns are brought to.
void name_target(Draft& draft, const MetaxyTarget& target) {
  const std::vector<Operation>& operations = draft.proposal.operations;
  const bool is_change = std::any_of(operations.begin(), operations.end(), [&](const Operation& operation) {
    return is_change_of_release(operation, draft.workspace.environment.store.table_prefix);
  });
  if (is_change) {
    draft.script.comments.push_back(
        fmt::format("brings Metaxy's own tables and columns to those of {}",
                    target.version.empty() ? "today's Metaxy" : "Metaxy " + target.version));
  }
}

/// The script needs a hand where a view of the database uses what it changes.
void note_views(Draft& draft, const std::vector<View>& views) {
  for (const ViewConflict& conflict :
       view_conflicts(draft.proposal.operations, views, *draft.workspace.dialect)) {
    draft.notes.push_back(fmt::format(
        "{}: drop it at the beginning of the section and create it again at its end", to_text(conflict)));
  }
}

void autogenerate(RevisionRequest& request, Draft& draft, Context& context) {
  const Workspace& workspace = draft.workspace;
  DefinitionOptions options = request.definitions;
  options.may_be_none = std::any_of(request.drops.begin(), request.drops.end(),
                                    [](const ModelName& drop) { return drop.column.empty(); });
  const LoadedDefinitions definitions = load_definitions(workspace, context, options);
  context.observer.on(Notice{fmt::format("{}: {}", workspace.environment.name, definitions.from)});
  const ScriptedSchema scripted = scripted_at_head(workspace, context);
  require_told_history(scripted, workspace);
  if (workspace.environment.part != Part::system) {
    require_created_features(request, definitions);
  }
  const DesiredSchema desired = desired_schema(workspace, definitions, request.created_features, scripted);
  require_definitions(request, desired, scripted, workspace, definitions);
  const std::optional<LiveView> view = live_for(request, workspace, context);
  const SharedTables shared = view ? view->shared : SharedTables{};
  if (view) {
    require_view_as_scripted(scripted, *view, workspace);
  }
  require_own_tables(request, desired, scripted, shared);
  for (;;) {
    draft.proposal = propose(scripted, desired, view ? &view->live.schema : nullptr, *workspace.dialect,
                             autogenerate_options(request, workspace, definitions, scripted, shared));
    if (draft.proposal.questions.empty()) {
      break;
    }
    settle_renames(request, draft.proposal.questions, "model", context);
  }
  draft.notes = draft.proposal.notes;
  if (view) {
    note_views(draft, view->live.views);
  }
  explain(draft.proposal.operations, draft.proposal.before, "scripted", draft.proposal.after, "desired",
          context);
  draft.input = {.before = draft.proposal.before,
                 .after = draft.proposal.after,
                 .operations = draft.proposal.operations,
                 .adopted = draft.proposal.adopted,
                 .adopted_columns = draft.proposal.adopted_columns,
                 .kept_on_downgrade = kept_system_tables(draft.proposal.after, workspace),
                 .render = render_options(workspace)};
  for (const TableName& name : draft.proposal.adopted) {
    if (shared.owners.count(name) != 0) {
      draft.input.kept_on_downgrade.emplace(name, kWasThere);
    }
  }
  draft.is_empty = draft.input.operations.empty();
  name_target(draft, definitions.target);
}

/// It is written from what all heads led to: what it makes anew is as the others made it, too.
void depend_on_what_it_knows(Draft& draft, const Context& context) {
  const Workspace& workspace = draft.workspace;
  const PlanInput& input = draft.input;
  std::set<std::string> rebuilt;
  for (const TableName& table :
       workspace.dialect->rebuilt_tables(input.before, input.after, input.operations)) {
    rebuilt.insert(to_text(table));
  }
  for (const TableName& table :
       workspace.dialect->rebuilt_tables(input.after, input.before, reversed(input.operations))) {
    rebuilt.insert(to_text(table));
  }
  Revision& revision = draft.script.revision;
  std::vector<std::string> below = revision.down_revisions;
  for (const std::string& dependency : revision.depends_on) {
    const std::vector<std::string> ids = resolve_all(workspace.graph, dependency);
    below.insert(below.end(), ids.begin(), ids.end());
  }
  for (const std::string& head : heads_with_changes_to(rebuilt, below, workspace, context)) {
    draft.notes.push_back(fmt::format(
        "depends on '{}' as well, since it makes {} anew and knows what that branch changed there", head,
        join(std::vector<std::string>(rebuilt.begin(), rebuilt.end()), " and ")));
    revision.depends_on.push_back(head);
  }
}

/// A script to be filled in by hand.
void leave_room(Draft& draft) {
  draft.script.sections = {{.direction = Direction::upgrade,
                            .is_transactional = true,
                            .has_foreign_keys_on = false,
                            .statements = {},
                            .comments = {}},
                           {.direction = Direction::downgrade,
                            .is_transactional = true,
                            .has_foreign_keys_on = false,
                            .statements = {},
                            .comments = {}}};
}

/// Their order says which branches come first (revision/branch_order.hpp).
void put_first(std::vector<std::string>& dependencies, std::vector<std::string> first) {
  std::erase_if(dependencies, [&](const std::string& id) {
    return std::find(first.begin(), first.end(), id) != first.end();
  });
  dependencies.insert(dependencies.begin(), first.begin(), first.end());
}

/// Alembic writes a script that joins nothing where `heads` stands for one.
void require_parents_to_merge(const std::vector<std::string>& parents, const RevisionGraph& graph,
                              const RevisionRequest& request) {
  const bool names_heads = std::all_of(request.heads.begin(), request.heads.end(),
                                       [](const std::string& typed) { return typed == "heads"; });
  if (parents.empty()) {
    throw Error(ErrorKind::usage, "there is nothing to merge: there are no revisions");
  }
  if (parents.size() == 1 && names_heads && graph.heads().size() > 1) {
    throw Error(
        ErrorKind::usage,
        fmt::format("there is nothing to merge: '{}' depends on the other heads", parents.front()),
        {.where = {},
         .hint = fmt::format("`merge {}` makes one head of them all the same", join(graph.heads(), " ")),
         .notes = {}});
  }
  if (parents.size() == 1 && names_heads) {
    throw Error(ErrorKind::usage,
                fmt::format("there is nothing to merge: '{}' is the only head", parents.front()));
  }
}

Draft draft_for(RevisionRequest& request, const std::string& name, const Config& config, Context& context) {
  Draft draft{.workspace = open_workspace(config, name, context),
              .script = {},
              .proposal = {},
              .input = {},
              .notes = {},
              .location = {},
              .is_empty = false};
  draft.script.revision =
      planned_revision(draft.workspace.graph,
                       {.id = request.revision_id,
                        .message = request.message.empty() ? std::string(kNoMessage) : request.message,
                        .heads = request.heads.empty() ? std::vector<std::string>{"head"} : request.heads,
                        .is_spliced = request.is_splice,
                        .depends_on = request.depends_on,
                        .branch_labels = request.branch_labels});
  if (request.is_merge) {
    require_parents_to_merge(draft.script.revision.down_revisions, draft.workspace.graph, request);
  }
  put_first(draft.script.revision.depends_on,
            parents_to_come_first(draft.script.revision.down_revisions, draft.workspace, context));
  if (request.is_merge && request.message.empty()) {
    draft.script.revision.message =
        fmt::format("merge {}", join(draft.script.revision.down_revisions, " and "));
  }
  draft.location = location_of(draft.script.revision, request.version_path, draft.workspace, context);
  describe(draft.script.revision, draft.workspace, context);
  if (request.is_autogenerate) {
    autogenerate(request, draft, context);
    depend_on_what_it_knows(draft, context);
  } else {
    leave_room(draft);
  }
  return draft;
}

/// Environments of one dialect and prefix may share a directory: one script serves them all, and adopts what
/// any of their databases has already.
void share_script(Draft& draft, Draft& owner) {
  if (draft.input.operations != owner.input.operations) {
    ErrorDetail detail;
    for (const Draft* one : {&owner, &draft}) {
      std::vector<std::string> changes;
      for (const Operation& operation : one->input.operations) {
        changes.push_back(summary(operation));
      }
      detail.notes.push_back(fmt::format("{}: {}", one->workspace.environment.name,
                                         changes.empty() ? "nothing to do" : join(changes, "; ")));
    }
    detail.hint = "give one of them a script_location of its own, or the same settings; nothing was written";
    throw Error(
        ErrorKind::usage,
        fmt::format("environments '{}' and '{}' share '{}', but one script does not serve both",
                    owner.workspace.environment.name, draft.workspace.environment.name, owner.location),
        std::move(detail));
  }
  PlanInput& input = owner.input;
  input.adopted.insert(draft.input.adopted.begin(), draft.input.adopted.end());
  for (const auto& [table, columns] : draft.input.adopted_columns) {
    input.adopted_columns[table].insert(columns.begin(), columns.end());
  }
  input.kept_on_downgrade.insert(draft.input.kept_on_downgrade.begin(), draft.input.kept_on_downgrade.end());
}

std::vector<Draft> drafts_for(RevisionRequest& request, const Config& config, Context& context) {
  const std::vector<std::string> names = selected_names(config, context, Purpose::writing);
  std::vector<Draft> drafts;
  for (const std::string& name : names) {
    try {
      drafts.push_back(draft_for(request, name, config, context));
    } catch (const Error& error) {
      // What was typed is for all of them, so it must be said whom it does not fit.
      if (names.size() == 1 || error.kind() != ErrorKind::usage) {
        throw;
      }
      std::vector<std::string> notes = error.notes();
      notes.push_back(fmt::format("found for environment '{}'; nothing was written", name));
      throw Error(error.kind(), error.what(),
                  {.where = error.where(), .hint = error.hint(), .notes = std::move(notes)});
    }
  }
  return drafts;
}

WrittenRevision described(const Draft& draft, bool is_autogenerate) {
  WrittenRevision written{.environment = draft.workspace.environment.name,
                          .dialect = draft.script.revision.dialect,
                          .revision = draft.script.revision.id,
                          .message = draft.script.revision.message,
                          .file = {},
                          .changes = {},
                          .notes = draft.notes};
  if (!is_autogenerate) {
    written.reason.clear();
  }
  for (const Operation& operation : draft.input.operations) {
    written.changes.push_back(summary(operation));
  }
  return written;
}

/// The script's file. Where it cannot be written it must be said what was: the next run would take it.
std::string written_after(const RevisionResult& before, const Draft& draft, Context& context) {
  try {
    return write_script(draft.script, draft.location, draft.workspace, context);
  } catch (const Error& error) {
    std::vector<std::string> notes = error.notes();
    for (const WrittenRevision& written : before.written) {
      if (!written.file.empty()) {
        notes.push_back(fmt::format("'{}' of '{}' was written", written.file, written.environment));
      }
    }
    throw Error(error.kind(), error.what(),
                {.where = error.where(), .hint = error.hint(), .notes = std::move(notes)});
  }
}

}  // namespace

RevisionResult run_revision(const RevisionRequest& typed, Context& context) {
  RevisionRequest request = typed;
  const Config config = open_config(context);
  if (request.revision_id.empty()) {
    request.revision_id = new_revision_id();
  }
  if (request.is_adopting_drift) {
    return {.written = {adopt_drift(request, open_only_workspace(context, Purpose::writing), context)}};
  }
  std::vector<Draft> drafts = drafts_for(request, config, context);
  std::map<std::string, Draft*> owners;
  for (Draft& draft : drafts) {
    const auto [owner, is_first] = owners.emplace(context.files.absolute(draft.location), &draft);
    if (!is_first) {
      share_script(draft, *owner->second);
    }
  }
  const bool has_something =
      std::any_of(drafts.begin(), drafts.end(), [](const Draft& d) { return !d.is_empty; });
  RevisionResult result;
  std::map<std::string, std::string> files;
  for (Draft& draft : drafts) {
    WrittenRevision written = described(draft, request.is_autogenerate);
    if (has_something || request.allows_empty) {
      std::string& file = files[context.files.absolute(draft.location)];
      if (file.empty()) {
        if (request.is_autogenerate) {
          fill(draft.script, draft.input, draft.workspace);
        }
        if (draft.is_empty) {
          draft.script.comments.push_back(fmt::format("nothing to do on {}", draft.script.revision.dialect));
        }
        file = written_after(result, draft, context);
      }
      written.file = file;
    }
    result.written.push_back(std::move(written));
  }
  return result;
}

}  // namespace metaxy::migrate
