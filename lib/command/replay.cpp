#include "command/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "diff/diff.hpp"
#include "revision/baseline.hpp"
#include "revision/traversal.hpp"

namespace metaxy::migrate {

namespace {

constexpr std::string_view kChangesMarker = "-- migrate: changes";

bool is_word(const Token& token, std::string_view word) {
  return token.kind == Token::Kind::word && equal_ignoring_case(token.text, word);
}

/// Runs the upgrade sections as a run would, on the scratch database.
void run_upgrade_sections(const ScriptFacts& facts, const Script& script, Connection& scratch) {
  for (const Section& section : script.sections) {
    if (section.direction != Direction::upgrade) {
      continue;
    }
    if (section.is_transactional) {
      scratch.begin({.has_foreign_keys_on = section.has_foreign_keys_on});
    }
    for (const Statement& statement : section.statements) {
      try {
        scratch.execute(statement.text);
      } catch (const Error& error) {
        if (section.is_transactional) {
          scratch.rollback();
        }
        throw Error(
            ErrorKind::script,
            fmt::format("revision '{}' does not run on an empty database: {}", facts.revision.id,
                        error.what()),
            {.where = SourcePosition{facts.text.shown_as, statement.line, statement.column, {}},
             .hint = "`replay` runs all scripts from the base; write the changes section by hand if this one "
                     "cannot run without data",
             .notes = {}});
      }
    }
    if (section.is_transactional) {
      scratch.commit();
    }
  }
  scratch.come_home();
}

std::set<std::string> wanted_revisions(const ReplayRequest& request, const Workspace& workspace,
                                       const std::vector<SharedFacts>& facts) {
  std::set<std::string> wanted;
  for (const std::string& typed : request.revisions) {
    const std::vector<std::string> ids = resolve_all(workspace.graph, typed);
    if (ids.empty()) {
      throw Error(ErrorKind::usage, fmt::format("'{}' stands for no script", typed),
                  {.where = {}, .hint = "name revisions; `history` lists them", .notes = {}});
    }
    wanted.insert(ids.begin(), ids.end());
  }
  if (request.revisions.empty()) {
    for (const SharedFacts& script : facts) {
      if (!script->changes.has_changes &&
          !(script->changes.ddl_tables.empty() && script->changes.ddl_indexes.empty())) {
        wanted.insert(script->revision.id);
      }
    }
  }
  return wanted;
}

/// Where the scripts run.
class Scratch {
 public:
  Scratch(const Workspace& workspace, const Context& context) {
    const MigrateSettings& settings = workspace.environment.settings;
    const ConnectOptions options = {
        .access = Access::read_write,
        .may_create = true,
        .lock_wait = settings.lock_wait.value,
        .connect_wait = settings.connect_wait.value,
        .lock_timeout = settings.lock_timeout.value,
        .statement_timeout = settings.statement_timeout.value,
        .waiting = [&context](const std::string& holder) { context.observer.on(LockWaiting{holder}); }};
    if (!workspace.dialect->capabilities().is_file) {
      database_ = workspace.dialect->make_scratch(target_to_connect(workspace.environment.store), options);
      return;
    }
    Target memory;
    memory.location = Secret(":memory:");
    in_memory_ = workspace.dialect->connect(memory, options);
  }

  Connection& connection() { return database_ ? database_->connection() : *in_memory_; }

 private:
  std::unique_ptr<ScratchDatabase> database_;
  std::unique_ptr<Connection> in_memory_;
};

/// As statements name tables: in any case, with a schema or without.
bool is_same(const TableName& a, const TableName& b) {
  return equal_ignoring_case(a.name, b.name) &&
         (a.schema.empty() || b.schema.empty() || equal_ignoring_case(a.schema, b.schema));
}

/// A table renamed twice was renamed from its first name to its last.
void add_rename(const TableRename& rename, Renames& renames) {
  for (ColumnRename& column : renames.columns) {
    if (is_same(column.table, rename.from)) {
      column.table = rename.to;
    }
  }
  const auto earlier = std::find_if(renames.tables.begin(), renames.tables.end(),
                                    [&](const TableRename& one) { return is_same(one.to, rename.from); });
  if (earlier == renames.tables.end()) {
    renames.tables.push_back(rename);
  } else {
    earlier->to = rename.to;
  }
}

void add_rename(const ColumnRename& rename, Renames& renames) {
  const auto earlier =
      std::find_if(renames.columns.begin(), renames.columns.end(), [&](const ColumnRename& one) {
        return is_same(one.table, rename.table) && equal_ignoring_case(one.to, rename.from);
      });
  if (earlier == renames.columns.end()) {
    renames.columns.push_back(rename);
  } else {
    earlier->to = rename.to;
  }
}

/// The table as the schema spells it; nullptr: it has none of the name.
const Table* meant_table(const Schema& schema, const TableName& name) {
  if (const Table* exact = find_table(schema, name)) {
    return exact;
  }
  const auto found = std::find_if(schema.begin(), schema.end(),
                                  [&](const auto& entry) { return is_same(entry.first, name); });
  return found == schema.end() ? nullptr : &found->second;
}

const Column* meant_column(const Table* table, const std::string& name) {
  if (table == nullptr) {
    return nullptr;
  }
  const auto found = std::find_if(table->columns.begin(), table->columns.end(), [&](const Column& column) {
    return equal_ignoring_case(column.name, name);
  });
  const Column* exact = find_column(*table, name);
  return exact != nullptr || found == table->columns.end() ? exact : &*found;
}

template <class Values, class Predicate>
bool holds_any(const Values& values, const Predicate& predicate) {
  return std::any_of(values.begin(), values.end(), predicate);
}

std::vector<TableRename> lasting_tables(const Renames& renames, const Schema& before, const Schema& after) {
  std::vector<TableRename> result;
  for (const TableRename& one : renames.tables) {
    const Table* from = meant_table(before, one.from);
    const Table* to = meant_table(after, one.to);
    const bool is_taken =
        to != nullptr && before.count(to->name) != 0 &&
        !holds_any(renames.tables, [&](const TableRename& other) { return is_same(other.from, to->name); });
    if (from != nullptr && to != nullptr && from->name != to->name && !is_taken) {
      result.push_back({from->name, to->name});
    }
  }
  return result;
}

std::vector<ColumnRename> lasting_columns(const Renames& renames, const std::vector<TableRename>& tables,
                                          const Schema& before, const Schema& after) {
  std::vector<ColumnRename> result;
  for (const ColumnRename& one : renames.columns) {
    const auto moved = std::find_if(tables.begin(), tables.end(),
                                    [&](const TableRename& table) { return is_same(table.to, one.table); });
    const Table* old_table = meant_table(before, moved == tables.end() ? one.table : moved->from);
    const Table* table = meant_table(after, one.table);
    const Column* from = meant_column(old_table, one.from);
    const Column* to = meant_column(table, one.to);
    const bool is_taken =
        old_table != nullptr && to != nullptr && find_column(*old_table, to->name) != nullptr &&
        !holds_any(renames.columns, [&](const ColumnRename& other) {
          return is_same(other.table, one.table) && equal_ignoring_case(other.from, to->name);
        });
    if (from != nullptr && to != nullptr && from->name != to->name && !is_taken) {
      result.push_back({table->name, from->name, to->name});
    }
  }
  return result;
}

/// What a script renames may be its own: a table that it made beside another and puts into its place.
Renames lasting(const Renames& renames, const Schema& before, const Schema& after) {
  std::vector<TableRename> tables = lasting_tables(renames, before, after);
  std::vector<ColumnRename> columns = lasting_columns(renames, tables, before, after);
  return {.tables = std::move(tables), .columns = std::move(columns)};
}

}  // namespace

void collect_renames(const Statement& statement, const SplitterOptions& options, Renames& renames) {
  const std::vector<Token> tokens = tokens_of(statement.text, options);
  const std::optional<TableName> table = ddl_table(statement, options);
  if (!table || !is_word(tokens[0], "alter")) {
    return;
  }
  const auto rename =
      std::find_if(tokens.begin(), tokens.end(), [](const Token& token) { return is_word(token, "rename"); });
  std::vector<Token> rest(rename == tokens.end() ? rename : rename + 1, tokens.end());
  if (!rest.empty() && is_word(rest[0], "column") && rest.size() >= 4) {
    rest.erase(rest.begin());
  }
  if (rest.size() == 2 && is_word(rest[0], "to")) {
    add_rename(TableRename{*table, {.schema = table->schema, .name = rest[1].text}}, renames);
  } else if (rest.size() == 3 && is_word(rest[1], "to")) {
    add_rename(ColumnRename{*table, rest[0].text, rest[2].text}, renames);
  }
}

namespace {

Renames renames_in(const Script& script, const Dialect& dialect) {
  Renames renames;
  for (const Section& section : script.sections) {
    for (const Statement& statement : section.statements) {
      if (section.direction == Direction::upgrade) {
        collect_renames(statement, dialect.splitter_options(), renames);
      }
    }
  }
  return renames;
}

}  // namespace

std::string with_changes(const std::string& text, const std::vector<Operation>& changes) {
  std::string section = std::string(kChangesMarker) + "\n";
  for (const Operation& operation : changes) {
    section += fmt::format("-- {}\n", to_json_line(operation));
  }
  std::string result;
  bool is_inside = false;
  for (const std::string& line : split(with_unix_line_ends(text), '\n')) {
    if (line.rfind("-- migrate:", 0) == 0) {
      is_inside = std::string_view(trimmed(line)) == kChangesMarker;
    }
    if (!is_inside) {
      result += line + "\n";
    }
  }
  while (!result.empty() && (result.back() == '\n' || result.back() == ' ')) {
    result.pop_back();
  }
  return result + "\n\n" + section;
}

ReplayResult run_replay(const ReplayRequest& request, const Workspace& workspace, Context& context) {
  ReplayResult result{.environment = workspace.environment.name, .scripts = {}};
  const std::vector<SharedFacts> all =
      facts_of(workspace, context,
               with_baselines(workspace.graph.ancestors_in_order(workspace.graph.heads()),
                              workspace.scripts.revisions));
  const std::set<std::string> wanted = wanted_revisions(request, workspace, all);
  if (wanted.empty()) {
    return result;
  }
  const auto alembic = std::find_if(all.begin(), all.end(),
                                    [](const SharedFacts& facts) { return facts->revision.is_alembic; });
  if (alembic != all.end()) {
    throw Error(
        ErrorKind::usage,
        fmt::format("revision '{}' is Alembic's and cannot be run on the scratch database",
                    (*alembic)->revision.id),
        {.where = {},
         .hint = "`init --from-alembic --baseline` writes a script that stands for Alembic's revisions",
         .notes = {}});
  }
  std::vector<std::pair<std::string, std::string>> files;
  Scratch database(workspace, context);
  Connection& scratch = database.connection();
  for (const SharedFacts& shared : all) {
    const ScriptFacts& facts = *shared;
    const std::string text = read_script_text(context.files, facts.text.file);
    const Script script = parse_script(text, facts.text.file, workspace.dialect->splitter_options());
    const bool is_wanted = wanted.count(facts.revision.id) != 0;
    const Schema before = is_wanted ? workspace.dialect->reflect(scratch, {}).schema : Schema{};
    run_upgrade_sections(facts, script, scratch);
    if (!is_wanted) {
      continue;
    }
    const Schema after = workspace.dialect->reflect(scratch, {}).schema;
    const std::vector<Operation> changes =
        diff(before, after, lasting(renames_in(script, *workspace.dialect), before, after));
    ReplayedScript replayed{
        .revision = facts.revision.id, .file = facts.text.file, .changes = {}, .is_written = false};
    for (const Operation& operation : changes) {
      replayed.changes.push_back(summary(operation));
    }
    const std::string updated = with_changes(text, changes);
    if (!request.is_dry_run && updated != text) {
      files.emplace_back(facts.text.file, updated);
      replayed.is_written = true;
    }
    result.scripts.push_back(std::move(replayed));
  }
  // All or none: a later script may not run.
  for (const auto& [file, text] : files) {
    context.files.write(file, text);
  }
  return result;
}

}  // namespace metaxy::migrate
