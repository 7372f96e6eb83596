#include "command/undo_partial.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/new_script.hpp"
#include "command/partial.hpp"
#include "command/undoable.hpp"
#include "diff/apply.hpp"
#include "diff/diff.hpp"
#include "metaxy/accept.hpp"
#include "revision/resolve.hpp"

namespace metaxy::migrate {

namespace {

[[noreturn]] void refuse(const PartialRevision& partial, std::string_view reason, std::string hint) {
  throw Error(ErrorKind::partially_applied,
              fmt::format("what is done of revision '{}' cannot be undone: {}", partial.revision, reason),
              {.where = {}, .hint = std::move(hint), .notes = {}});
}

/// What to do instead.
std::string other_ways(const Session& session, const Workspace& workspace, const Context& context) {
  return fmt::format("correct the script behind its last done statement and `resume` it{}",
                     restore_advice(session, workspace, context));
}

Schema only(const Schema& schema, const std::set<TableName>& names) {
  Schema some;
  for (const auto& [name, table] : schema) {
    if (names.count(name) != 0) {
      some.emplace(name, table);
    }
  }
  return some;
}

template <class Part, class IsSame>
void add_missing(std::vector<Part>& parts, const std::vector<Part>& others, IsSame is_same) {
  for (const Part& other : others) {
    if (std::none_of(parts.begin(), parts.end(), [&](const Part& part) { return is_same(part, other); })) {
      parts.push_back(other);
    }
  }
}

/// Everything that the revision ever has on its way, so that none of it counts as unmanaged.
void add_to(Schema& managed, const Schema& state) {
  const auto has_same_name = [](const auto& a, const auto& b) { return a.name == b.name; };
  for (const auto& [name, table] : state) {
    Table& known = managed.emplace(name, table).first->second;
    add_missing(known.columns, table.columns, has_same_name);
    add_missing(known.indexes, table.indexes, has_same_name);
    add_missing(known.constraints, table.constraints,
                [](const Constraint& a, const Constraint& b) { return equivalent(a, b); });
  }
}

bool is_rename(const Operation& operation) {
  return std::holds_alternative<RenameTable>(operation) || std::holds_alternative<RenameColumn>(operation);
}

bool is_about_same_column(const Operation& difference, const Operation& change) {
  return table_of(difference) == table_of(change) && column_of(difference) == column_of(change);
}

/// What is to be taken back, as operations from what is there to what the applied scripts say.
class Undoing {
 public:
  Undoing(const ScriptFacts& facts, const DoneWork& work, const Schema& scripted, const Reflected& live,
          const Dialect& dialect)
      : touched_(touched_tables(facts.changes)),
        dialect_(dialect),
        live_(only(live.schema, touched_)),
        before_(only(scripted, touched_)),
        after_(before_) {
    add_to(managed_, before_);
    for (const Operation& change : facts.changes.changes) {
      if (work.may_include(change) && make(change)) {
        changes_.push_back(change);
      } else {
        leave(change);
      }
    }
  }

  /// nullopt: what is there is none of the states on the way, and guessing could lose a renamed part. Throws
  /// Error(drift) for differences that no statement of the script explains.
  std::optional<std::vector<Operation>> operations() const {
    Schema state = after_;
    for (auto end = changes_.end(); true; --end) {
      if (difference_to(state).empty()) {
        return reversed(std::vector<Operation>(changes_.begin(), end));
      }
      if (end == changes_.begin()) break;
      migrate::apply(state, reversed(*(end - 1)));
    }
    if (std::any_of(changes_.begin(), changes_.end(), is_rename)) {
      return std::nullopt;
    }
    std::vector<Operation> differences = difference_to(before_);
    require_explained(differences);
    return differences;
  }

  /// Tables and columns that the script would make, and that are there though it did not.
  const std::vector<std::string>& left() const { return left_; }

 private:
  /// False: the change needs one before it that was not made.
  bool make(const Operation& change) {
    std::set<TableName> names = {table_of(change)};
    if (const auto* rename = std::get_if<RenameTable>(&change)) names.insert(rename->to);
    Schema tables = only(after_, names);
    try {
      migrate::apply(tables, change);
    } catch (const Error&) {
      return false;
    }
    migrate::apply(after_, change);
    // A rename may be about the foreign keys of any table.
    add_to(managed_, is_rename(change) ? after_ : tables);
    return true;
  }

  void leave(const Operation& change) {
    const auto* add = std::get_if<AddColumn>(&change);
    const Table* table = find_table(live_, table_of(change));
    if (table == nullptr || (add == nullptr && !std::holds_alternative<CreateTable>(change))) {
      return;
    }
    if (add == nullptr) {
      left_.push_back(to_text(table->name));
    } else if (find_column(*table, add->column.name) != nullptr) {
      left_.push_back(fmt::format("{}.{}", to_text(table->name), add->column.name));
    }
  }

  std::vector<Operation> difference_to(const Schema& state) const {
    const Accepted accepted = accept_alternatives(
        state, live_, dialect_, {.wanted = AcceptOptions::Wanted::scripts, .managed = &managed_});
    return diff(accepted.live, accepted.wanted);
  }

  /// Other hands changed what the done part did not touch: that is not for an undoing to take back.
  void require_explained(const std::vector<Operation>& differences) const {
    ErrorDetail detail;
    for (const Operation& difference : differences) {
      const bool is_explained = std::any_of(changes_.begin(), changes_.end(), [&](const Operation& change) {
        return is_about_same_column(difference, change) ||
               (table_of(difference) == table_of(change) && column_of(difference).empty());
      });
      if (!is_explained) {
        detail.notes.push_back(summary(difference));
      }
    }
    if (detail.notes.empty()) {
      return;
    }
    detail.hint = "bring the tables into that shape, then run it again";
    throw Error(ErrorKind::drift,
                "tables that the undoing touches were changed by something else; nothing was run. To be what "
                "the scripts say, the database lacks:",
                std::move(detail));
  }

  /// Those that may have been made, in order.
  std::vector<Operation> changes_;
  std::set<TableName> touched_;
  const Dialect& dialect_;
  Schema live_;
  /// Before the revision, and after all of those.
  Schema before_;
  Schema after_;
  Schema managed_;
  std::vector<std::string> left_;
};

/// What the script would adopt may have been there before.
std::set<std::string> adoptable_names(const ScriptFacts& facts) {
  std::set<std::string> names;
  for (const SectionFacts& section : facts.sections) {
    for (const Statement& statement : section.ddl) {
      names.insert(adopted_name(statement));
    }
  }
  return names;
}

/// "t" or "t.c"; empty for what drops neither.
std::string name_of_dropped(const Operation& operation) {
  const std::string table = to_text(table_of(operation));
  if (const auto* drop = std::get_if<DropColumn>(&operation)) {
    return fmt::format("{}.{}", table, drop->column.name);
  }
  return std::holds_alternative<DropTable>(operation) ? table : std::string();
}

bool drops_one_of(const Operation& operation, const std::set<std::string>& names) {
  const std::string dropped = name_of_dropped(operation);
  return !dropped.empty() && names.count(dropped) != 0;
}

std::size_t section_count(const ScriptFacts& facts, Direction direction) {
  return static_cast<std::size_t>(
      std::count_if(facts.sections.begin(), facts.sections.end(),
                    [&](const SectionFacts& section) { return section.direction == direction; }));
}

/// What the undoing leaves is said, and what may have been there before is left.
void leave_what_was_there(std::vector<Operation>& undone, std::vector<std::string> left,
                          const ScriptFacts& facts, Context& context) {
  const std::set<std::string> adoptable = adoptable_names(facts);
  for (const Operation& operation : undone) {
    if (drops_one_of(operation, adoptable)) {
      left.push_back(name_of_dropped(operation));
    }
  }
  std::erase_if(undone, [&](const Operation& operation) { return drops_one_of(operation, adoptable); });
  for (const std::string& name : left) {
    context.observer.on(
        Warning{fmt::format("'{}' stays: what is done of revision '{}' did not make it for certain, so it "
                            "may have been there before",
                            name, facts.revision.id)});
  }
}

Script undo_script(const ScriptFacts& facts, const std::vector<Operation>& undone, const Schema& before,
                   const Workspace& workspace) {
  const std::vector<Operation> done = reversed(undone);
  const Schema after = applied(before, done);
  Plan made = plan(*workspace.dialect, {.before = before,
                                        .after = after,
                                        .operations = done,
                                        .adopted = {},
                                        .kept_on_downgrade = kept_system_tables(after, workspace),
                                        .render = render_options(workspace)});
  Script script;
  script.revision = facts.revision;
  script.comments.push_back("undoes what was done of a partly applied upgrade");
  for (Section& section : made.sections) {
    if (section.direction == Direction::downgrade) {
      script.sections.push_back(std::move(section));
    }
  }
  return script;
}

}  // namespace

std::vector<Step> undo_steps(const Session& session, const std::string& target) {
  const PartialRevision& partial = *session.state.partial;
  if (revision_range(target).from) {
    refuse(partial, fmt::format("'{}' names whole revisions", target),
           "name one: `downgrade -1` is about it");
  }
  if (target == "-1") {
    // Whatever has come between it and what is applied since.
    Step undo;
    undo.revision = partial.revision;
    undo.direction = Direction::downgrade;
    undo.heads_after = session.state.rows;
    return {undo};
  }
  const std::vector<Step> up = upgrade_steps(session.graph(), session.state.rows, partial.revision);
  std::vector<Step> steps;
  if (up.size() == 1) {
    steps = downgrade_steps(session.graph(), up.front().heads_after, target);
  }
  std::vector<std::string> rows = session.state.rows;
  std::sort(rows.begin(), rows.end());
  if (steps.empty() || steps.front().revision != partial.revision || steps.front().heads_after != rows) {
    refuse(partial, fmt::format("'{}' does not lead below it", target), "`downgrade -1` does");
  }
  steps.front().rows.clear();
  return steps;
}

RunStep undo_step(Step step, const Session& session, const AppliedScripts& applied,
                  const Workspace& workspace, Context& context) {
  const PartialRevision& partial = *session.state.partial;
  RunStep run;
  run.step = std::move(step);
  run.is_undo = true;
  run.facts = facts_of(session, workspace, context, {partial.revision}).front();
  const UndoPlan way = undo_plan(partial, *run.facts, workspace, context);
  if (way.is_edited) {
    refuse_edited(partial, *run.facts);
  }
  if (!way.obstacle.empty()) {
    refuse(partial, way.obstacle, other_ways(session, workspace, context));
  }
  if (way.way == UndoPlan::Way::by_own_sections) {
    run.sections_done = section_count(*run.facts, Direction::downgrade) - partial.sections_done;
    return run;
  }
  const Undoing undoing(*run.facts, way.work, applied.scripted.schema,
                        workspace.dialect->reflect(*session.connection, {}), *workspace.dialect);
  std::optional<std::vector<Operation>> undone = undoing.operations();
  if (!undone) {
    refuse(partial, "it renames something, and the database is in none of the states on its way",
           other_ways(session, workspace, context));
  }
  leave_what_was_there(*undone, undoing.left(), *run.facts, context);
  const Script script = undo_script(*run.facts, *undone, applied.scripted.schema, workspace);
  ScriptText text{.file = {},
                  .text = format_script(script, workspace.dialect->splitter_options()),
                  .shown_as = fmt::format("the undoing of '{}'", partial.revision)};
  ScriptFacts facts = script_facts(context.files, text, *workspace.dialect);
  facts.changes = run.facts->changes;
  run.facts = std::make_shared<const ScriptFacts>(std::move(facts));
  return run;
}

}  // namespace metaxy::migrate
