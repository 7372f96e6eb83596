#include "command/undo_partial.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/new_script.hpp"
#include "diff/apply.hpp"
#include "diff/diff.hpp"
#include "metaxy/accept.hpp"
#include "revision/resolve.hpp"

namespace metaxy::migrate {

namespace {

[[noreturn]] void refuse(const PartialRevision& partial, std::string_view reason) {
  throw Error(
      ErrorKind::partially_applied,
      fmt::format("what is done of revision '{}' cannot be undone: {}", partial.revision, reason),
      {.where = {},
       .hint = "correct the script behind its last done statement and `resume` it, or put a backup back: "
               "`restore`",
       .notes = {}});
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

/// What is to be taken back, as operations from what is there to what the applied scripts say.
class Undoing {
 public:
  Undoing(const ScriptFacts& facts, const Schema& scripted, const Reflected& live, const Dialect& dialect)
      : changes_(facts.changes.changes),
        touched_(touched_tables(facts.changes)),
        dialect_(dialect),
        live_(only(live.schema, touched_)) {
    states_.push_back(only(scripted, touched_));
    for (const Operation& change : changes_) {
      states_.push_back(states_.back());
      migrate::apply(states_.back(), change);
    }
    for (const Schema& state : states_) {
      add_to(managed_, state);
    }
  }

  /// nullopt: what is there is none of the states on the way, and guessing could lose a renamed part.
  std::optional<std::vector<Operation>> operations() const {
    for (std::size_t done = states_.size(); done-- > 0;) {
      if (difference_to(states_[done]).empty()) {
        const auto end = changes_.begin() + static_cast<std::ptrdiff_t>(done);
        return reversed(std::vector<Operation>(changes_.begin(), end));
      }
    }
    if (std::any_of(changes_.begin(), changes_.end(), is_rename)) {
      return std::nullopt;
    }
    return difference_to(states_.front());
  }

 private:
  std::vector<Operation> difference_to(const Schema& state) const {
    const Accepted accepted = accept_alternatives(
        state, live_, dialect_, {.wanted = AcceptOptions::Wanted::scripts, .managed = &managed_});
    return diff(accepted.live, accepted.wanted);
  }

  const std::vector<Operation>& changes_;
  std::set<TableName> touched_;
  const Dialect& dialect_;
  Schema live_;
  /// Before the revision, after its first change, and so on.
  std::vector<Schema> states_;
  Schema managed_;
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

bool drops_one_of(const Operation& operation, const std::set<std::string>& names) {
  const std::string table = to_text(table_of(operation));
  if (const auto* drop = std::get_if<DropColumn>(&operation)) {
    return names.count(fmt::format("{}.{}", table, drop->column.name)) != 0;
  }
  return std::holds_alternative<DropTable>(operation) && names.count(table) != 0;
}

std::size_t section_count(const ScriptFacts& facts, Direction direction) {
  return static_cast<std::size_t>(
      std::count_if(facts.sections.begin(), facts.sections.end(),
                    [&](const SectionFacts& section) { return section.direction == direction; }));
}

/// Without typed changes only the script's author can say how to undo: the last section of its downgrade
/// undoes the first of its upgrade, where there are as many.
RunStep undo_by_own_sections(RunStep step, const PartialRevision& partial) {
  const std::size_t sections = section_count(*step.facts, Direction::downgrade);
  if (partial.statements_done > 0 || partial.is_in_doubt) {
    refuse(partial, "its script has no changes section, and a section without transaction is partly done");
  }
  if (sections != section_count(*step.facts, Direction::upgrade)) {
    refuse(partial, "its script has no changes section, and not as many downgrade as upgrade sections");
  }
  step.sections_done = sections - partial.sections_done;
  return step;
}

Script undo_script(const ScriptFacts& facts, std::vector<Operation> undone, const Schema& before,
                   const Workspace& workspace) {
  const std::set<std::string> adoptable = adoptable_names(facts);
  std::erase_if(undone, [&](const Operation& operation) { return drops_one_of(operation, adoptable); });
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
    refuse(partial, fmt::format("'{}' names whole revisions; `downgrade -1` undoes it", target));
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
    refuse(partial, fmt::format("'{}' does not lead below it; `downgrade -1` does", target));
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
  if (!run.facts->changes.has_changes) {
    return undo_by_own_sections(std::move(run), partial);
  }
  const Undoing undoing(*run.facts, applied.scripted.schema,
                        workspace.dialect->reflect(*session.connection, {}), *workspace.dialect);
  const std::optional<std::vector<Operation>> undone = undoing.operations();
  if (!undone) {
    refuse(partial, "it renames something, and the database is in none of the states on its way");
  }
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
