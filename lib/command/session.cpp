#include "command/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/alembic.hpp"
#include "command/integrity.hpp"
#include "command/phase.hpp"
#include "command/with_environment.hpp"
#include "revision/baseline.hpp"
#include "revision/traversal.hpp"
#include "run/backup.hpp"
#include "run/owners.hpp"
#include "run/traced_connection.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kMemory = ":memory:";

/// A revision rebuilt from the log, when no file has it (decision 4).
Revision revision_from_log(const LogRow& row, const std::string& text) {
  if (!text.empty()) {
    Revision revision = parse_header(text, fmt::format("script of {} (from the log)", row.revision));
    revision.file.clear();
    return revision;
  }
  Revision revision;
  revision.id = row.revision;
  revision.message = row.message;
  if (!row.down_revision.empty()) {
    revision.down_revisions = split(row.down_revision, ',');
  }
  return revision;
}

std::string refusal_of_unknown(const Session& session, const Workspace& workspace) {
  return fmt::format("the version table '{}' holds {}, which no script in '{}' has and the log does not know",
                     session.sql->version_table(), join(session.unknown_rows, ", "), workspace.scripts.path);
}

/// Ids that the log says were applied and not undone.
std::set<std::string> applied_by_log(const DatabaseState& state) {
  std::set<std::string> applied;
  for (const LogRow& row : state.log) {
    if (row.outcome != "done" || row.revision.empty()) {
      continue;
    }
    if (row.action == "upgrade" || row.action == "stamp") {
      applied.insert(row.revision);
    } else if (row.action == "downgrade" || row.action == "undo") {
      applied.erase(row.revision);
    }
  }
  return applied;
}

/// Follows what is applied downwards through files and log, adding nodes that only the log has.
void extend_graph(Session& session, const Workspace& workspace) {
  const std::vector<std::string>& rows = session.state.rows;
  session.standing =
      standing_baselines(workspace.scripts.revisions, workspace.graph, rows, applied_by_log(session.state));
  if (session.standing.empty() && std::all_of(rows.begin(), rows.end(), [&](const std::string& id) {
        return workspace.graph.find(id) != nullptr;
      })) {
    return;  // a script's parents are scripts too
  }
  std::vector<Revision> revisions = told(workspace.scripts.revisions, session.standing);
  std::set<std::string> known;
  for (const Revision& revision : revisions) {
    known.insert(revision.id);
  }
  std::deque<std::string> wanted(session.state.rows.begin(), session.state.rows.end());
  while (!wanted.empty()) {
    const std::string id = wanted.front();
    wanted.pop_front();
    if (!known.insert(id).second) {
      continue;
    }
    const auto record = session.state.recorded.find(id);
    if (record == session.state.recorded.end()) {
      session.unknown_rows.push_back(id);
      continue;
    }
    const std::string text = logged_script(*session.connection, *session.sql, record->second);
    Revision revision = revision_from_log(record->second, text);
    wanted.insert(wanted.end(), revision.down_revisions.begin(), revision.down_revisions.end());
    session.logged_texts[id] = text;
    revisions.push_back(std::move(revision));
  }
  if (!session.logged_texts.empty() || !session.standing.empty()) {
    session.extended.emplace(std::move(revisions));
  }
}

}  // namespace

std::string logged_script(Connection& connection, const StateSql& sql, const LogRow& row) {
  const std::vector<Cell> parameters{std::to_string(row.sequence)};
  const std::vector<Row> rows = connection.query(sql.select_log_script(), parameters);
  return rows.empty() ? std::string() : rows.front().front().value_or("");
}

std::optional<std::string> database_file(const Workspace& workspace) {
  const std::string& location = workspace.environment.store.target.location.reveal();
  if (!workspace.dialect->capabilities().is_file || location == kMemory) {
    return std::nullopt;
  }
  return location;
}

namespace {

Binding binding_of(const Workspace& workspace) {
  std::string part = "all";
  if (workspace.environment.part == Part::system) {
    part = "metaxy_system";
  } else if (workspace.environment.part == Part::features) {
    part = "metaxy_features";
  }
  return {.project = workspace.config.project.value.value_or(""),
          .environment = workspace.environment.store.name,
          .part = std::move(part)};
}

}  // namespace

namespace {

/// A version table has this column alone, as Alembic's.
constexpr std::string_view kVersionColumn = "version_num";

/// `version_table` may name any table by mistake: its rows are no revisions, and not to be rewritten.
void require_version_table(const Session& session, const Workspace& workspace) {
  const Setting<std::string>& configured = workspace.environment.version_table;
  for (const auto& [name, table] : workspace.dialect->reflect(*session.connection, {}).schema) {
    if (!equal_ignoring_case(name.name, configured.value) ||
        (table.columns.size() == 1 && table.columns.front().name == kVersionColumn)) {
      continue;
    }
    std::vector<std::string> columns;
    std::transform(table.columns.begin(), table.columns.end(), std::back_inserter(columns),
                   [](const Column& column) { return in_quotes(column.name); });
    throw Error(
        ErrorKind::configuration,
        fmt::format("table '{}' is no version table: it has {}, expected '{}' alone", to_text(name),
                    join(columns, ", "), kVersionColumn),
        {.where = {}, .hint = fmt::format("version_table names it ({})", configured.origin), .notes = {}});
  }
}

}  // namespace

Actor actor_of(const Workspace& workspace, const Context& context) {
  return {.binding = binding_of(workspace),
          .tool_version = std::string(tool_version()),
          .user = context.user,
          .host = context.host};
}

void refresh(Session& session, const Workspace& workspace, const SessionOptions& options) {
  try {
    session.state = read_state(*session.connection, *session.sql, session.binding);
  } catch (const StatementFailed&) {
    require_version_table(session, workspace);
    throw;
  }
  session.unknown_rows.clear();
  session.logged_texts.clear();
  session.files = &workspace.graph;
  session.extended.reset();
  extend_graph(session, workspace);
  if (!session.unknown_rows.empty()) {
    require_version_table(session, workspace);
  }
  if (!session.unknown_rows.empty() && !options.may_have_unknown_rows) {
    throw Error(
        ErrorKind::integrity, refusal_of_unknown(session, workspace),
        {.where = {},
         .hint = "get the missing script from whoever applied it; `stamp --purge REV` rewrites the table if "
                 "you know better",
         .notes = {}});
  }
  if (options.access == Access::read_write && !options.is_beside_alembic) {
    if (const std::optional<Problem> problem = alembic_rows_elsewhere(session, workspace)) {
      throw Error(ErrorKind::configuration, problem->message,
                  {.where = {}, .hint = problem->hint, .notes = {}});
    }
  }
  if (options.is_rebind) {
    return;
  }
  require_binding(session.state, session.binding);
  const std::string unknown = unknown_project(session.state, session.binding);
  if (!unknown.empty() && options.access == Access::read_write) {
    throw Error(
        ErrorKind::usage, unknown,
        {.where = {},
         .hint =
             "check the store's configuration; --rebind takes the project in, beside the others, and `stamp "
             "REV --rebind` one that has a new name and whose revisions are applied",
         .notes = {}});
  }
}

bool has_nothing_pending(const Session& session) {
  return applied_ids(session.graph(), session.state.rows).size() == session.graph().size();
}

bool has_moved(const Session& session) {
  const DatabaseState now = read_state(*session.connection, *session.sql, session.binding);
  return now.rows != session.state.rows || now.next_sequence() != session.state.next_sequence();
}

void require_unmoved(const Session& session) {
  if (has_moved(session)) {
    throw Error(ErrorKind::lock, "another run changed the database while this one waited for it",
                {.where = {}, .hint = "nothing was changed; run the command again", .notes = {}});
  }
}

bool may_create_file(bool is_said, const Workspace& workspace, const Context& context) {
  return is_said || context.files.absolute(workspace.config.directory) ==
                        context.files.absolute(context.working_directory);
}

Session session_of_nothing(const Workspace& workspace) {
  const Environment& environment = workspace.environment;
  Session session{.connection = nullptr,
                  .sql = std::make_unique<StateSql>(*workspace.dialect, environment.version_table.value,
                                                    environment.log_table),
                  .binding = binding_of(workspace),
                  .state = {},
                  .at_work = {},
                  .files = &workspace.graph,
                  .extended = std::nullopt,
                  .standing = {},
                  .logged_texts = {},
                  .unknown_rows = {}};
  extend_graph(session, workspace);
  return session;
}

namespace {

/// What a killed run left is put in order by the next one that may write; a reader says how.
std::unique_ptr<Connection> connected(const Workspace& workspace, const Context& context,
                                      const ConnectOptions& options) {
  const Environment& environment = workspace.environment;
  const Target& target = target_to_connect(environment.store);
  try {
    try {
      return workspace.dialect->connect(target, options);
    } catch (const NeedsRecovery& error) {
      if (options.access == Access::read_only) {
        throw;
      }
      context.observer.on(Warning{error.what()});
      context.observer.on(Notice{workspace.dialect->files()->recover(*database_file(workspace))});
      return workspace.dialect->connect(target, options);
    }
  } catch (const Error& error) {
    throw with_environment(error, environment.name);
  }
}

}  // namespace

Session open_session(const Workspace& workspace, const Context& context, const SessionOptions& options) {
  const Environment& environment = workspace.environment;
  Session session = session_of_nothing(workspace);
  const std::optional<std::string> file = database_file(workspace);
  if (file && options.access == Access::read_only && !context.files.is_file(*file) &&
      !context.files.is_directory(*file)) {
    context.observer.on(Notice{fmt::format("database '{}' does not exist yet", *file)});
    return session;
  }
  if (file && context.files.is_file(unfinished_restore(*file))) {
    throw Error(
        ErrorKind::failure, fmt::format("a restore of '{}' was cut off just before its end", *file),
        {.where = {},
         .hint = "`restore` again puts the backup in its place; what the file was is kept beside it as "
                 "'.before-restore-...'",
         .notes = {}});
  }
  if (options.access == Access::read_write && workspace.dialect->capabilities().is_file &&
      environment.store.target.location.reveal() == kMemory) {
    context.observer.on(
        Warning{fmt::format("the database of store '{}' is in memory: nothing of it stays after "
                            "this command",
                            environment.store.name)});
  }
  const ConnectOptions connect_options = {
      .access = options.access,
      .may_create = options.may_create,
      .lock_wait = options.is_patient ? environment.settings.lock_wait.value : std::chrono::milliseconds(0),
      .connect_wait =
          options.is_patient ? environment.settings.connect_wait.value : std::chrono::milliseconds(0),
      .lock_timeout = environment.settings.lock_timeout.value,
      .statement_timeout = environment.settings.statement_timeout.value,
      .waiting = [&context](const std::string& holder) { context.observer.on(LockWaiting{holder}); }};
  std::optional<Phase> connecting(std::in_place, context, "connect");
  session.connection = connected(workspace, context, connect_options);
  connecting.reset();
  if (context.options.debug.has_sql || context.options.debug.has_stats) {
    session.connection = traced(std::move(session.connection), context.clock, context.observer);
  }
  if (options.access == Access::read_write) {
    // Opening a file database for writing is its lock; a server's is taken here, before anything is read. The
    // log is shared by projects and parts, and its rows are numbered.
    for (const std::string& table : {session.sql->version_table(), session.sql->log_table()}) {
      session.connection->lock(table, environment.settings.lock_wait.value, connect_options.waiting);
    }
  }
  refresh(session, workspace, options);
  if (options.access == Access::read_only && session.state.partial && session.state.partial->is_in_doubt) {
    session.at_work = session.connection->holder(session.sql->version_table());
  }
  if (options.access == Access::read_only && !options.is_beside_alembic) {
    if (const std::optional<Problem> problem = alembic_rows_elsewhere(session, workspace)) {
      context.observer.on(Warning{fmt::format("{}; {}", problem->message, problem->hint)});
    }
  }
  if (const std::string unknown = unknown_project(session.state, session.binding);
      !unknown.empty() && !options.is_rebind) {
    context.observer.on(Warning{unknown});
  }
  return session;
}

namespace {

SharedFacts facts_from_log(const Session& session, const Revision& revision, const Workspace& workspace,
                           const Context& context) {
  const ScriptText text{.file = {},
                        .text = session.logged_texts.at(revision.id),
                        .shown_as = fmt::format("script of {} (from the log)", revision.id)};
  if (!text.text.empty()) {
    return std::make_shared<const ScriptFacts>(script_facts(context.files, text, *workspace.dialect));
  }
  // Logged without its text: known by name only, so its tables cannot be compared.
  ScriptFacts nameless;
  nameless.revision = revision;
  nameless.text = text;
  nameless.changes.revision = revision.id;
  return std::make_shared<const ScriptFacts>(std::move(nameless));
}

}  // namespace

std::vector<SharedFacts> facts_of(const Session& session, const Workspace& workspace, const Context& context,
                                  const std::vector<std::string>& ids) {
  const Phase phase(context, "scripts");
  std::vector<SharedFacts> facts;
  facts.reserve(ids.size());
  for (const std::string& id : ids) {
    const Revision* revision = find_revision(workspace, session.graph(), id);
    if (revision == nullptr) {
      throw Error(ErrorKind::integrity, fmt::format("revision '{}' is not known", id));
    }
    facts.push_back(revision->file.empty() ? facts_from_log(session, *revision, workspace, context)
                                           : facts_of(workspace, context, *revision));
  }
  return facts;
}

AppliedScripts applied_scripts(const Session& session, const Workspace& workspace, const Context& context) {
  AppliedScripts applied;
  std::vector<std::string> ids = session.graph().ancestors_in_order(session.state.rows);
  applied.facts =
      facts_of(session, workspace, context, with_baselines(std::move(ids), workspace.scripts.revisions));
  applied.scripted = fold(applied.facts);
  return applied;
}

namespace {

/// Whether another part or project than this one wrote to the log.
bool is_shared(const Session& session) {
  return session.connection && session.state.has_log_table &&
         std::any_of(session.state.others.begin(), session.state.others.end(),
                     [&](const auto& other) { return other.first != session.binding.project; });
}

/// When our scripts made each of their tables, by the log; 0 for what the log does not know.
std::map<TableName, std::int64_t> made_at(const Session& session, const AppliedScripts& applied) {
  std::map<TableName, std::int64_t> result;
  for (const SharedFacts& facts : applied.facts) {
    const auto record = session.state.recorded.find(facts->revision.id);
    const std::int64_t sequence = record == session.state.recorded.end() ? 0 : record->second.sequence;
    for (const Operation& operation : facts->changes.changes) {
      if (const auto* create = std::get_if<CreateTable>(&operation)) {
        result[create->table.name] = sequence;
      } else if (const auto* rename = std::get_if<RenameTable>(&operation)) {
        result[rename->to] = sequence;
      }
    }
  }
  return result;
}

}  // namespace

SharedTables shared_tables(const Session& session, const AppliedScripts& applied,
                           const Workspace& workspace) {
  SharedTables shared;
  if (!is_shared(session)) {
    return shared;
  }
  const std::map<TableName, std::int64_t> ours = made_at(session, applied);
  for (const auto& [table, owner] :
       tables_of_others(*session.connection, *session.sql, *workspace.dialect, session.binding.project)) {
    const auto made = ours.find(table);
    // Metaxy's own tables belong to no project.
    if (is_system_table(table, workspace.environment.store.table_prefix) ||
        (made != ours.end() && made->second > owner.sequence)) {
      continue;
    }
    shared.owners[table] = owner.project;
    if (made != ours.end()) {
      shared.taken.insert(table);
    }
  }
  return shared;
}

std::vector<std::string> ignored_tables(const Session& session, const AppliedScripts& applied,
                                        const Workspace& workspace) {
  std::vector<std::string> ignored = workspace.environment.settings.drift_ignore.value;
  const SharedTables shared = shared_tables(session, applied, workspace);
  for (const TableName& table : shared.taken) {
    ignored.push_back(to_text(table));
  }
  return ignored;
}

namespace {

Problem edited_problem(const ScriptFacts& facts, std::string_view what, std::string hint) {
  return {
      .message = fmt::format("revision '{}' was applied, and its script's {} since", facts.revision.id, what),
      .where = SourcePosition{.file = facts.text.shown_as, .line = 0, .column = 0, .line_text = {}},
      .hint = std::move(hint)};
}

}  // namespace

std::optional<Problem> twin_alone(const Session& session, const std::string& id, const Workspace& workspace) {
  const Revision* revision = session.graph().find(id);
  const auto record = session.state.recorded.find(id);
  if (revision == nullptr || !revision->is_alembic || record == session.state.recorded.end() ||
      record->second.upgrade_checksum.empty()) {
    return std::nullopt;
  }
  return Problem{
      .message =
          fmt::format("revision '{}' ({}) was applied from a script that is not in '{}': only its twin "
                      "for Alembic is here, '{}'",
                      id, record->second.message, workspace.scripts.path, revision->file),
      .where = std::nullopt,
      .hint = fmt::format("`metaxy-migrate -n {} show --applied {}` prints it from the log; put it back as a "
                          "file beside the twin",
                          workspace.environment.name, id)};
}

IntegrityProblems check_integrity(const Session& session, const AppliedScripts& applied,
                                  const Workspace& workspace) {
  IntegrityProblems problems;
  const std::string name = workspace.environment.name;
  const LoggedDependencies dependencies(session);
  for (const SharedFacts& shared : applied.facts) {
    const ScriptFacts& facts = *shared;
    const std::string& id = facts.revision.id;
    if (facts.text.file.empty()) {
      // Longer scripts are logged without their text.
      const std::string undo = facts.text.text.empty() ? std::string() : way_to_undo(facts, session, name);
      const std::string way =
          facts.text.text.empty()
              ? fmt::format(
                    "the log does not have it either: put the file back, or `metaxy-migrate -n {} stamp` "
                    "what the database really holds",
                    name)
              : fmt::format("`metaxy-migrate -n {} show {}` prints it from the log; put it back as a file{}",
                            name, id, undo.empty() ? "" : ", or " + undo);
      problems.missing.push_back(
          {.message = fmt::format("revision '{}' ({}) is applied, but its script is not in '{}'", id,
                                  facts.revision.message, workspace.scripts.path),
           .where = std::nullopt,
           .hint = way});
      continue;
    }
    const auto record = session.state.recorded.find(id);
    if (record == session.state.recorded.end() || record->second.upgrade_checksum.empty()) {
      continue;
    }
    const LogRow& row = record->second;
    if (std::optional<Problem> problem = twin_alone(session, id, workspace)) {
      problems.missing.push_back(std::move(*problem));
      continue;
    }
    if (row.upgrade_checksum != facts.checksums.upgrade) {
      problems.edited.push_back(edited_problem(
          facts, "upgrade section was edited",
          fmt::format(
              "restore the file (`metaxy-migrate -n {} show --applied {}` prints what was applied), or "
              "take the edit over: `metaxy-migrate -n {} stamp --accept-edit {}`",
              name, id, name, id)));
    } else if (row.downgrade_checksum != facts.checksums.downgrade) {
      problems.edited_downgrades.push_back(edited_problem(
          facts, "downgrade section was edited",
          fmt::format("take the edit over: `metaxy-migrate -n {} stamp --accept-edit {}`", name, id)));
    }
    const std::vector<Problem> moved = changed_place(facts, row, dependencies);
    problems.edited.insert(problems.edited.end(), moved.begin(), moved.end());
  }
  return problems;
}

}  // namespace metaxy::migrate
