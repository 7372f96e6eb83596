#include "command/preflight.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/already_there.hpp"
#include "command/confirm.hpp"
#include "command/explain.hpp"
#include "command/partial.hpp"
#include "command/undoable.hpp"
#include "command/unfinished_indexes.hpp"
#include "command/view_conflicts.hpp"
#include "run/backup.hpp"
#include "run/compare.hpp"

namespace metaxy::migrate {

namespace {

/// The lines in which two texts differ, without what they share at both ends; at most a dozen of each.
std::vector<std::string> changed_lines(const std::string& before, const std::string& after) {
  constexpr std::size_t kMost = 12;
  const std::vector<std::string> old_lines = split(with_unix_line_ends(before), '\n');
  const std::vector<std::string> new_lines = split(with_unix_line_ends(after), '\n');
  const std::size_t shorter = std::min(old_lines.size(), new_lines.size());
  std::size_t head = 0;
  while (head < shorter && old_lines[head] == new_lines[head]) {
    ++head;
  }
  std::size_t tail = 0;
  while (tail < shorter - head &&
         old_lines[old_lines.size() - 1 - tail] == new_lines[new_lines.size() - 1 - tail]) {
    ++tail;
  }
  std::vector<std::string> result;
  const auto add = [&](const std::vector<std::string>& lines, std::string_view sign) {
    const std::size_t end = lines.size() - tail;
    for (std::size_t i = head; i < end && i < head + kMost; ++i) {
      result.push_back(fmt::format("{} {}", sign, lines[i]));
    }
    if (end > head + kMost) {
      result.push_back(fmt::format("{} ... {} more", sign, counted(end - head - kMost, "line")));
    }
  };
  add(old_lines, "-");
  add(new_lines, "+");
  return result;
}

/// What the log kept of an edited script against the file as it is.
std::vector<std::string> difference_to_log(const Session& session, const std::string& id,
                                           const Context& context, const std::string& file) {
  const auto record = session.state.recorded.find(id);
  if (record == session.state.recorded.end()) {
    return {};
  }
  const std::string logged = logged_script(*session.connection, *session.sql, record->second);
  return logged.empty() ? std::vector<std::string>{}
                        : changed_lines(logged, context.files.read(file).value_or(""));
}

}  // namespace

void require_integrity(const RunRequest& request, const Session& session, const AppliedScripts& applied,
                       const std::vector<RunStep>& steps, const Workspace& workspace,
                       const Context& context) {
  IntegrityProblems problems = check_integrity(session, applied, workspace);
  std::vector<Problem> fatal = problems.edited;
  if (request.direction == Direction::upgrade) {
    fatal.insert(fatal.end(), problems.missing.begin(), problems.missing.end());
  }
  for (const Problem& problem : problems.edited_downgrades) {
    const bool is_about_to_run = request.direction == Direction::downgrade &&
                                 std::any_of(steps.begin(), steps.end(), [&](const RunStep& step) {
                                   return step.facts->text.shown_as == problem.where->file;
                                 });
    if (is_about_to_run) {
      fatal.push_back(problem);
    } else {
      context.observer.on(Warning{fmt::format("{}: {}", problem.where->file, problem.message)});
    }
  }
  if (fatal.empty()) {
    return;
  }
  if (fatal.size() > 1) {
    throw error_from(ErrorKind::integrity, "applied scripts are not what was applied; nothing was run",
                     fatal);
  }
  std::vector<std::string> lines;
  for (const SharedFacts& facts : applied.facts) {
    if (fatal.front().where && facts->text.file == fatal.front().where->file) {
      lines = difference_to_log(session, facts->revision.id, context, facts->text.file);
    }
  }
  throw Error(ErrorKind::integrity, fatal.front().message,
              {.where = fatal.front().where, .hint = fatal.front().hint, .notes = std::move(lines)});
}

namespace {

Problem unmarked_problem(const RunStep& step, const Statement& statement) {
  return {
      .message = fmt::format("revision '{}' destroys data without saying why: {}", step.step.revision,
                             statement.text.substr(0, statement.text.find('\n'))),
      .where = SourcePosition{.file = step.facts->text.shown_as,
                              .line = statement.line,
                              .column = statement.column,
                              .line_text = {}},
      .hint =
          "put `-- destructive: reason` above it, so that the approval is in the reviewed file, or run with "
          "--allow-destructive"};
}

}  // namespace

namespace {

/// What a database refuses inside a transaction is found before the first statement runs.
void require_right_sections(const RunStep& step, const Dialect& dialect) {
  for (const SectionFacts& section : step.facts->sections) {
    if (section.direction != step.step.direction || !section.is_transactional) {
      continue;
    }
    for (const Statement& statement : section.ddl) {
      if (!dialect.runs_in_transaction(statement.text)) {
        throw Error(ErrorKind::script,
                    fmt::format("{} takes this statement outside of a transaction only", dialect.name()),
                    {.where = SourcePosition{.file = step.facts->text.shown_as,
                                             .line = statement.line,
                                             .column = statement.column,
                                             .line_text = {}},
                     .hint = fmt::format("put it into a section of its own: `-- migrate: {} transaction=off`",
                                         to_text(step.step.direction)),
                     .notes = {}});
      }
    }
  }
}

/// What is done of a script cannot be taken out of it any more.
void require_nothing_refused(const RunStep& step) {
  std::size_t ordinal = 0;
  for (const std::size_t i : step.facts->sections_of(step.step.direction)) {
    for (const Refusal& refused : step.facts->sections[i].refused) {
      const bool is_done = ordinal < step.sections_done ||
                           (ordinal == step.sections_done && refused.place < step.statements_done);
      if (is_done) continue;
      throw Error(
          ErrorKind::script, refused.message,
          {.where = position_of(*step.facts, refused.statement),
           .hint = refused.hint + "; a database that has run the script takes the edit over by `stamp "
                                  "--accept-edit`",
           .notes = {}});
    }
    ++ordinal;
  }
}

}  // namespace

void RunnableCheck::add(const RunStep& step) {
  require_right_sections(step, dialect_);
  require_nothing_refused(step);
  const DirectionFacts& facts = step.facts->facts_of(step.step.direction);
  for (const Statement& statement : facts.unmarked) {
    unmarked_.push_back(unmarked_problem(step, statement));
  }
  const bool has_section =
      std::any_of(step.facts->sections.begin(), step.facts->sections.end(),
                  [&](const SectionFacts& section) { return section.direction == step.step.direction; });
  if (!has_section) {
    throw Error(
        ErrorKind::script,
        fmt::format("revision '{}' has no {} section", step.step.revision, to_text(step.step.direction)),
        {.where = SourcePosition{step.facts->text.shown_as, 0, 0, {}},
         .hint = fmt::format("write one (`-- migrate: {}`; it may be empty), or restore a backup",
                             to_text(step.step.direction)),
         .notes = {}});
  }
}

void RunnableCheck::finish() const {
  if (!unmarked_.empty() && !allows_destructive_) {
    throw error_from(ErrorKind::usage, "statements destroy data without saying why; nothing was run",
                     unmarked_);
  }
}

void require_runnable(const RunRequest& request, const std::vector<RunStep>& steps,
                      const Workspace& workspace) {
  RunnableCheck check(request.allows_destructive, *workspace.dialect);
  for (const RunStep& step : steps) {
    check.add(step);
  }
  check.finish();
}

void require_tables_are_ours(const std::vector<RunStep>& steps, const AppliedScripts& applied,
                             const Session& session, const Workspace& workspace) {
  const SharedTables shared = shared_tables(session, applied, workspace);
  std::vector<Problem> problems;
  for (const RunStep& step : steps) {
    for (const SectionFacts& section : step.facts->sections) {
      for (const Statement& statement : section.ddl) {
        if (section.direction != step.step.direction) continue;
        for (const TableName& table : ddl_tables(statement, workspace.dialect->splitter_options())) {
          if (shared.taken.count(table) == 0) continue;
          problems.push_back(
              {.message = fmt::format("the {} of revision '{}' changes '{}', a table of project '{}' now",
                                      to_text(step.step.direction), step.step.revision, to_text(table),
                                      shared.owners.at(table)),
               .where = SourcePosition{step.facts->text.shown_as, statement.line, 0, {}},
               .hint = "nothing was run; that project's own scripts change the table"});
        }
      }
    }
  }
  if (!problems.empty()) {
    throw error_from(ErrorKind::usage, "tables were taken over by another project; nothing was run",
                     problems);
  }
}

namespace {

std::string drift_hint(const Session& session, const Workspace& workspace) {
  const std::string& name = workspace.environment.name;
  std::string others = fmt::format(
      "`metaxy-migrate -n {} diff scripted live --sql` prints SQL that takes it back; `drift_ignore` under "
      "[ext.migrate] leaves it alone",
      name);
  // Below head a script that takes it over would have to be joined with those that are to run.
  if (!has_nothing_pending(session)) return others;
  return fmt::format(
      "`metaxy-migrate -n {} revision --adopt-drift` writes a script that takes the difference over; {}",
      name, others);
}

/// Adds the live table with the column as its ADD COLUMN says, where the column is there already.
void want_column(const Operation& operation, const Schema& live, Schema& wanted,
                 std::set<TableName>& tables) {
  const auto* add = std::get_if<AddColumn>(&operation);
  const Table* found = add == nullptr ? nullptr : find_table(live, add->table);
  if (found == nullptr || find_column(*found, add->column.name) == nullptr) {
    return;
  }
  Table& table = wanted.emplace(add->table, *found).first->second;
  for (Column& column : table.columns) {
    if (column.name == add->column.name) {
      column = add->column;
    }
  }
  tables.insert(add->table);
}

bool has_adopt_mark(const RunStep& step) {
  return std::any_of(step.facts->sections.begin(), step.facts->sections.end(),
                     [](const SectionFacts& section) { return !section.adopting.empty(); });
}

/// What statements that are still to run would adopt: tables ("t") and columns ("t.c").
std::set<std::string> adoptions_left(const RunStep& step) {
  std::set<std::string> names;
  std::size_t ordinal = 0;
  for (const SectionFacts& section : step.facts->sections) {
    if (section.direction != step.step.direction) continue;
    for (const auto& [place, name] : section.adopting) {
      if (ordinal > step.sections_done || (ordinal == step.sections_done && place >= step.statements_done)) {
        names.insert(name);
      }
    }
    ++ordinal;
  }
  return names;
}

/// "t.c".
std::string part_of(const TableName& table, const std::string& column) {
  return fmt::format("{}.{}", to_text(table), column);
}

/// Whether the change makes one of those.
bool makes_one_of(const std::set<std::string>& names, const Operation& operation) {
  const auto* add = std::get_if<AddColumn>(&operation);
  return names.count(add == nullptr ? to_text(table_of(operation)) : part_of(add->table, add->column.name)) !=
         0;
}

/// The table or column that the change takes away from its name; empty: none.
std::string part_left_by(const Operation& operation) {
  return std::visit(Overloaded{[](const DropTable& o) { return to_text(o.table.name); },
                               [](const RenameTable& o) { return to_text(o.from); },
                               [](const DropColumn& o) { return part_of(o.table, o.column.name); },
                               [](const RenameColumn& o) { return part_of(o.table, o.from); },
                               [](const auto&) { return std::string(); }},
                    operation);
}

/// Adopted tables and columns must look as the script says, or better. `left` are the tables and columns that
/// the run renames or drops before: they are not there any more.
void require_adoptable(const RunStep& step, const Reflected& live, std::set<std::string>& left,
                       const std::string& way_out, const Workspace& workspace) {
  ScriptedSchema wanted;
  std::set<TableName> tables;
  // What is there of the rest of a begun step was made by its own statements.
  const bool is_begun = step.sections_done > 0 || step.statements_done > 0;
  const std::set<std::string> adoptions = is_begun ? adoptions_left(step) : std::set<std::string>();
  for (const Operation& operation : step.facts->changes.changes) {
    const TableName& name = table_of(operation);
    if (std::string part = part_left_by(operation); !part.empty()) {
      left.insert(std::move(part));
    }
    const auto* add = std::get_if<AddColumn>(&operation);
    const bool has_left = left.count(to_text(name)) != 0 ||
                          (add != nullptr && left.count(part_of(name, add->column.name)) != 0);
    if (has_left || (is_begun && !makes_one_of(adoptions, operation))) {
      continue;
    }
    const auto* create = std::get_if<CreateTable>(&operation);
    if (create != nullptr && live.schema.count(name) != 0) {
      put(wanted.schema, create->table);
      tables.insert(name);
    }
    want_column(operation, live.schema, wanted.schema, tables);
  }
  Reflected there;
  for (const TableName& table : tables) {
    there.schema.emplace(table, live.schema.at(table));
  }
  const Comparison comparison = compare_live(std::move(wanted), std::move(there), *workspace.dialect, tables,
                                             workspace.environment.settings.drift_ignore.value);
  if (comparison.drift.empty()) {
    return;
  }
  ErrorDetail detail;
  detail.where = SourcePosition{step.facts->text.shown_as, 0, 0, {}};
  for (const TableDrift& drift : comparison.drift) {
    detail.notes.push_back(fmt::format("{}: {}", to_text(drift.table), join(drift.differences, "; ")));
  }
  detail.hint = way_out.empty() ? hint_for_shape(comparison) : way_out;
  throw Error(ErrorKind::drift,
              fmt::format("revision '{}' would {} what is there already, but it lacks:", step.step.revision,
                          adoptions_left(step).empty() ? "make" : "adopt"),
              std::move(detail));
}

/// Tables and columns ("t", "t.c") that the run drops or renames, and then makes: what has the name before
/// the run is not what a script will find there.
std::set<std::string> parts_made_anew(const std::vector<RunStep>& steps) {
  std::set<std::string> left;
  std::set<std::string> anew;
  const auto make = [&](const std::string& name) {
    if (left.count(name) != 0) {
      anew.insert(name);
    }
  };
  for (const RunStep& step : steps) {
    if (step.step.direction != Direction::upgrade) {
      continue;
    }
    for (const Operation& operation : step.facts->changes.changes) {
      if (std::string part = part_left_by(operation); !part.empty()) {
        left.insert(std::move(part));
      } else if (const auto* create = std::get_if<CreateTable>(&operation)) {
        make(to_text(create->table.name));
      } else if (const auto* add = std::get_if<AddColumn>(&operation)) {
        make(part_of(add->table, add->column.name));
      }
    }
  }
  return anew;
}

/// What of that which statements would adopt is there, but for what is made anew.
std::set<std::string> existing_parts(const Schema& live, const std::vector<RunStep>& steps) {
  std::set<std::string> adoptable;
  for (const RunStep& step : steps) {
    adoptable.merge(adoptions_left(step));
  }
  for (const std::string& part : parts_made_anew(steps)) {
    adoptable.erase(part);
  }
  if (adoptable.empty()) {
    return {};
  }
  std::set<std::string> existing;
  const auto add = [&](const std::string& part) {
    if (adoptable.count(part) != 0) existing.insert(part);
  };
  for (const auto& [name, table] : live) {
    add(to_text(name));
    for (const Column& column : table.columns) {
      add(part_of(name, column.name));
    }
  }
  return existing;
}

}  // namespace

std::set<std::string> require_no_drift(const std::vector<RunStep>& steps, const AppliedScripts& applied,
                                       Session& session, const Workspace& workspace, const Context& context) {
  // Reading a catalog of a thousand tables costs more than many runs do: only where there is something to
  // compare.
  const bool has_nothing_to_compare =
      applied.scripted.schema.empty() && std::all_of(steps.begin(), steps.end(), [](const RunStep& step) {
        return step.facts->changes.changes.empty() && !has_adopt_mark(step);
      });
  if (!session.connection || has_nothing_to_compare) {
    return {};
  }
  const Reflected live = workspace.dialect->reflect(*session.connection, {});
  std::set<TableName> touched;
  std::set<std::string> left;
  const std::string way_out = way_without_run(steps, applied, live, session, workspace);
  for (const RunStep& step : steps) {
    touched.merge(touched_tables(step.facts->changes));
    if (step.step.direction == Direction::upgrade) {
      require_adoptable(step, live, left, way_out, workspace);
      if (!way_out.empty()) require_not_made(step, live.schema, way_out, *workspace.dialect);
    }
  }
  const UnfinishedTables unfinished = unfinished_tables(session, workspace, context);
  const Comparison comparison = compare_live(applied.scripted, live, *workspace.dialect, std::nullopt,
                                             workspace.environment.settings.drift_ignore.value);
  for (const std::string& note : indexes_in_the_way(steps, applied, live.schema, *workspace.dialect)) {
    context.observer.on(Warning{note});
  }
  require_no_view_conflict(steps, live.views, *workspace.dialect);
  ErrorDetail detail;
  for (const TableDrift& drift : without_unfinished(comparison.drift, steps, session, *workspace.dialect)) {
    explain(drift.operations, live.schema, "live", applied.scripted.schema, "scripted", context);
    std::string text = fmt::format("{}: {}", to_text(drift.table), join(drift.differences, "; "));
    if (unfinished.may_hold(drift.table)) continue;
    if (touched.count(drift.table) != 0) {
      detail.notes.push_back(std::move(text));
    } else {
      context.observer.on(Warning{fmt::format("drift: {}", text)});
    }
  }
  if (!detail.notes.empty()) {
    detail.hint = drift_hint(session, workspace);
    throw Error(
        ErrorKind::drift,
        "tables that this run touches are not as the scripts made them; nothing was run. To be what the "
        "scripts say, the database lacks:",
        std::move(detail));
  }
  return existing_parts(live.schema, steps);
}

bool is_backup_needed(BackupPolicy policy, const std::vector<RunStep>& steps) {
  switch (policy) {
    case BackupPolicy::never:
      return false;
    case BackupPolicy::always:
      return true;
    case BackupPolicy::automatic:
      break;
  }
  return std::any_of(steps.begin(), steps.end(),
                     [](const RunStep& step) { return step.facts->facts_of(step.step.direction).is_risky; });
}

void require_backup_size(const std::string& file, const RunRequest& request, const Workspace& workspace,
                         Context& context) {
  const MigrateSettings& settings = workspace.environment.settings;
  const std::uint64_t size = file_size(file);
  if (request.backup.value_or(settings.backup.value) != BackupPolicy::automatic ||
      size <= settings.backup_limit.value) {
    return;
  }
  const std::string question = fmt::format(
      "this run rebuilds or destroys something, and a backup of '{}' would copy {} (backup_limit is "
      "{}). Make it?",
      file, size_text(size), size_text(settings.backup_limit.value));
  if (!confirmed(question, "--backup always or --backup never", context)) {
    throw Error(ErrorKind::usage, "no backup was wanted; nothing was run",
                {.where = {}, .hint = "--backup never runs without one", .notes = {}});
  }
}

}  // namespace metaxy::migrate
