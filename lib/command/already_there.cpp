#include "command/already_there.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "base/text.hpp"
#include "diff/apply.hpp"
#include "run/done_work.hpp"

namespace metaxy::migrate {

std::string hint_for_shape(const Comparison& comparison) {
  const bool is_about_types =
      std::all_of(comparison.drift.begin(), comparison.drift.end(), [](const TableDrift& drift) {
        return std::all_of(drift.operations.begin(), drift.operations.end(), [](const Operation& operation) {
          return std::holds_alternative<AlterType>(operation);
        });
      });
  return is_about_types
             ? "change the type there by hand; or write the type that is there into the script, and what "
               "changes it into a revision behind it"
             : "bring the table into that shape; or delete the script while no database has run it, and "
               "write "
               "it anew from this one: `adopt` where it is the first, else `revision --autogenerate "
               "--against "
               "live`";
}

namespace {

/// A table that the script creates without a word of adopting, and that is there: nothing takes it away
/// first.
const Statement* creation_of_existing(const RunStep& step, const Schema& live, const Dialect& dialect) {
  std::set<TableName> seen;
  for (const SectionFacts& section : step.facts->sections) {
    if (section.direction != Direction::upgrade) continue;
    // Rows that the script writes would be missing where it does not run.
    if (section.statement_count != section.ddl.size()) return nullptr;
    for (const Statement& statement : section.ddl) {
      const std::optional<TableName> table = migrate::table_of(statement, dialect.splitter_options());
      if (!table || live.count(*table) == 0 || !seen.insert(*table).second) continue;
      const std::string text = lower(statement.text);
      const bool is_marked = std::any_of(statement.comments.begin(), statement.comments.end(),
                                         [](const std::string& one) { return one.starts_with("adopt:"); });
      if (text.starts_with("create table") && text.find("if not exists") == std::string::npos && !is_marked) {
        return &statement;
      }
    }
  }
  return nullptr;
}

}  // namespace

void require_not_made(const RunStep& step, const Schema& live, const std::string& way_out,
                      const Dialect& dialect) {
  const Statement* creation = creation_of_existing(step, live, dialect);
  if (step.sections_done > 0 || step.statements_done > 0 || creation == nullptr) {
    return;
  }
  throw Error(
      ErrorKind::drift,
      fmt::format("revision '{}' would make what is there already; nothing was run", step.step.revision),
      {.where = SourcePosition{step.facts->text.shown_as, creation->line, creation->column, {}},
       .hint = way_out,
       .notes = {}});
}

std::string way_without_run(const std::vector<RunStep>& steps, const AppliedScripts& applied,
                            const Reflected& live, const Session& session, const Workspace& workspace) {
  const bool is_plain = std::all_of(steps.begin(), steps.end(), [](const RunStep& step) {
    return step.step.direction == Direction::upgrade && !step.is_undo;
  });
  // What the run would lose, or write into tables, is not done by saying that it is.
  const bool is_about_rows = std::any_of(steps.begin(), steps.end(), [](const RunStep& step) {
    const std::vector<Operation>& changes = step.facts->changes.changes;
    return std::any_of(changes.begin(), changes.end(),
                       [](const Operation& operation) {
                         return std::holds_alternative<DropTable>(operation) ||
                                std::holds_alternative<DropColumn>(operation);
                       }) ||
           std::any_of(step.facts->sections.begin(), step.facts->sections.end(),
                       [](const SectionFacts& section) {
                         return section.direction == Direction::upgrade &&
                                section.statement_count != section.ddl.size();
                       });
  });
  const bool makes_something_there = std::any_of(steps.begin(), steps.end(), [&](const RunStep& step) {
    const std::vector<Operation>& changes = step.facts->changes.changes;
    return std::any_of(changes.begin(), changes.end(), [&](const Operation& operation) {
      return std::holds_alternative<CreateTable>(operation) && live.schema.count(table_of(operation)) != 0;
    });
  });
  if (!is_plain || is_about_rows || !makes_something_there) {
    return {};
  }
  Fold target(applied.scripted);
  for (const RunStep& step : steps) {
    target.add(step.facts->changes);
  }
  ScriptedSchema scripted = std::move(target).take();
  if (!scripted.opaque.empty() || !compare_live(std::move(scripted), live, *workspace.dialect, std::nullopt,
                                                ignored_tables(session, applied, workspace))
                                       .drift.empty()) {
    return {};
  }
  return fmt::format(
      "the database is as the scripts say it is after this run: `metaxy-migrate -n {} stamp {}` says so, and "
      "nothing runs",
      workspace.environment.name, join(steps.back().step.heads_after, " "));
}

bool is_about_something_unknown(const RunFailed& failure) {
  // The guards of rebuilds say so (lib/dialect/*/).
  return failure.facts().direction == Direction::upgrade &&
         std::string_view(failure.what()).find("which this script does not know and would lose") !=
             std::string_view::npos;
}

std::string way_past_unknown(const RunFailed::Facts& facts, const Session& session,
                             const Workspace& workspace) {
  std::vector<std::string> rows = session.state.rows;
  if (rows.size() < 2) rows.clear();
  rows.push_back(facts.revision);
  return fmt::format(
      "take that out of the table; or, to keep it, make this revision's changes by hand here and say so with "
      "`metaxy-migrate -n {} stamp {}`; or, while no database has run the script, correct it",
      workspace.environment.name, join(rows, " "));
}

namespace {

bool has_index(const Table& table, const std::string& name) {
  return std::any_of(table.indexes.begin(), table.indexes.end(),
                     [&](const Index& index) { return equal_ignoring_case(index.name, name); });
}

/// Tables with the indexes that are there and neither of the two knows.
Schema with_unknown_indexes(const Schema& before, const Schema& after, const Schema& live) {
  Schema with = before;
  for (auto& [name, table] : with) {
    const Table* there = find_table(live, name);
    const Table* later = find_table(after, name);
    if (there == nullptr || later == nullptr) continue;
    for (const Index& index : there->indexes) {
      if (!has_index(table, index.name) && !has_index(*later, index.name)) table.indexes.push_back(index);
    }
  }
  return with;
}

/// Tables that the step alters as they are, and could not with what is there.
std::set<TableName> hindered_tables(const RunStep& step, const Schema& before, const Schema& after,
                                    const Schema& with, const Dialect& dialect) {
  const std::vector<Operation>& changes = step.facts->changes.changes;
  std::set<TableName> hindered;
  for (const TableName& table : dialect.rebuilt_tables(with, migrate::applied(with, changes), changes)) {
    hindered.insert(table);
  }
  for (const TableName& table : dialect.rebuilt_tables(before, after, changes)) {
    hindered.erase(table);
  }
  std::erase_if(hindered, [&](const TableName& table) {
    return step.facts->changes.rebuilt_tables.count(to_text(table)) != 0;
  });
  return hindered;
}

}  // namespace

std::vector<std::string> indexes_in_the_way(const std::vector<RunStep>& steps, const AppliedScripts& applied,
                                            const Schema& live, const Dialect& dialect) {
  std::vector<std::string> notes;
  Schema schema = applied.scripted.schema;
  try {
    for (const RunStep& step : steps) {
      if (step.step.direction != Direction::upgrade || step.is_undo) {
        return notes;
      }
      const Schema next = migrate::applied(schema, step.facts->changes.changes);
      const Schema with = with_unknown_indexes(schema, next, live);
      for (const TableName& table : hindered_tables(step, schema, next, with, dialect)) {
        for (const Index& index : with.at(table).indexes) {
          if (has_index(schema.at(table), index.name)) continue;
          notes.push_back(fmt::format(
              "index '{}' of table '{}', which no script knows, may stand in the way of what revision '{}' "
              "alters there: drop it before the run, and make it again behind it",
              index.name, to_text(table), step.step.revision));
        }
      }
      schema = next;
    }
  } catch (const Error&) {
    // Of tables that are not compared nothing can be told.
  }
  return notes;
}

}  // namespace metaxy::migrate
