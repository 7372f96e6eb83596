#include "plan/planner.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "diff/apply.hpp"
#include "metaxy/tables.hpp"

namespace metaxy::migrate {

namespace {

void append_sections(std::vector<Section>& sections, Direction direction,
                     std::vector<std::vector<Statement>> groups, const Dialect& dialect) {
  for (std::vector<Statement>& group : groups) {
    if (!group.empty()) {
      const bool is_transactional = std::all_of(
          group.begin(), group.end(),
          [&dialect](const Statement& statement) { return dialect.runs_in_transaction(statement.text); });
      sections.push_back({.direction = direction,
                          .is_transactional = is_transactional,
                          .has_foreign_keys_on = false,
                          .statements = std::move(group),
                          .comments = {}});
    }
  }
}

/// What the operation's `adopt` mark names: the table, or one of its columns; empty: it has none.
std::string mark_of(const Operation& operation, const PlanInput& input) {
  const TableName& table = table_of(operation);
  if (input.adopted.count(table) != 0) {
    return to_text(table);
  }
  const auto* add = std::get_if<AddColumn>(&operation);
  const auto columns = input.adopted_columns.find(table);
  if (add == nullptr || columns == input.adopted_columns.end() ||
      columns->second.count(add->column.name) == 0) {
    return {};
  }
  return fmt::format("{}.{}", to_text(table), add->column.name);
}

/// Operations on what is adopted are rendered by themselves, so that each of their statements can carry the
/// mark.
std::vector<std::vector<Statement>> rendered_upgrade(const Dialect& dialect, const PlanInput& input) {
  std::vector<Operation> plain;
  std::map<std::string, std::vector<Operation>> adopting;
  for (const Operation& operation : input.operations) {
    const std::string name = mark_of(operation, input);
    if (name.empty()) {
      plain.push_back(operation);
    } else {
      adopting[name].push_back(operation);
    }
  }
  std::vector<std::vector<Statement>> groups;
  if (!adopting.empty()) {
    groups.emplace_back();
  }
  Schema schema = input.before;
  for (const auto& [name, operations] : adopting) {
    const Schema next = applied(schema, operations);
    for (std::vector<Statement>& group : dialect.render(schema, next, operations, input.render)) {
      for (Statement& statement : group) {
        statement.comments.push_back(fmt::format("adopt: {}", name));
        groups.front().push_back(std::move(statement));
      }
    }
    schema = next;
  }
  std::vector<std::vector<Statement>> rest = dialect.render(schema, input.after, plain, input.render);
  // One revision is one transaction wherever it can be (decision 8).
  const auto runs_in_transaction = [&dialect](const Statement& statement) {
    return dialect.runs_in_transaction(statement.text);
  };
  if (!groups.empty() && !rest.empty() &&
      std::all_of(rest.front().begin(), rest.front().end(), runs_in_transaction)) {
    std::move(rest.front().begin(), rest.front().end(), std::back_inserter(groups.front()));
    rest.erase(rest.begin());
  }
  std::move(rest.begin(), rest.end(), std::back_inserter(groups));
  return groups;
}

/// What the downgrade leaves as it is, with the reason; empty when it is undone.
std::string reason_to_keep(const Operation& undo, const Dialect& dialect, const PlanInput& input) {
  if (std::string reason = dialect.reason_to_keep(undo); !reason.empty()) {
    return reason;
  }
  const TableName& table = table_of(undo);
  if (const auto* member = std::get_if<DropMember>(&undo);
      member != nullptr && column_role(member->column) == ColumnRole::by_field) {
    return fmt::format("{}.{} keeps its member {}: versions of rows are history, members are only ever added",
                       to_text(table), member->column, member->path.back());
  }
  const auto kept = input.kept_on_downgrade.find(table);
  if (kept == input.kept_on_downgrade.end()) {
    return {};
  }
  if (std::holds_alternative<DropTable>(undo)) {
    return fmt::format("{} stays: {}", to_text(table), kept->second);
  }
  if (const auto* drop = std::get_if<DropColumn>(&undo)) {
    return fmt::format("{} keeps {}: {}", to_text(table), drop->column.name, kept->second);
  }
  return {};
}

bool is_key_made_again(const AddColumn& add, const std::vector<Operation>& undo) {
  return std::any_of(undo.begin(), undo.end(), [&add](const Operation& operation) {
    const auto* constraint = std::get_if<AddConstraint>(&operation);
    const auto* key = constraint == nullptr ? nullptr : std::get_if<PrimaryKey>(&constraint->constraint);
    return key != nullptr && constraint->table == add.table &&
           std::find(key->columns.begin(), key->columns.end(), add.column.name) != key->columns.end();
  });
}

/// A column that was dropped comes back without its values, so it cannot be NOT NULL where there are rows.
/// Laxer than the scripts say is no drift. Says so in `notes`.
void relax_columns_that_come_back(std::vector<Operation>& undo, std::vector<std::string>& notes) {
  for (Operation& operation : undo) {
    auto* add = std::get_if<AddColumn>(&operation);
    if (add == nullptr || add->column.is_nullable || add->column.default_sql || add->column.generated ||
        is_key_made_again(*add, undo)) {
      continue;
    }
    add->column.is_nullable = true;
    notes.push_back(fmt::format("{}.{} comes back nullable and empty: what was in it is lost",
                                to_text(add->table), add->column.name));
  }
}

void append_downgrade(std::vector<Section>& sections, const Dialect& dialect, const PlanInput& input) {
  std::vector<Operation> undone;
  std::vector<std::string> notes;
  for (const Operation& undo : reversed(input.operations)) {
    std::string reason = reason_to_keep(undo, dialect, input);
    if (reason.empty()) {
      undone.push_back(undo);
    } else {
      notes.push_back(std::move(reason));
    }
  }
  relax_columns_that_come_back(undone, notes);
  append_sections(sections, Direction::downgrade,
                  dialect.render(input.after, applied(input.after, undone), undone, input.render), dialect);
  if (sections.empty() || sections.back().direction != Direction::downgrade) {
    sections.push_back({.direction = Direction::downgrade,
                        .is_transactional = true,
                        .has_foreign_keys_on = false,
                        .statements = {},
                        .comments = {}});
  }
  sections.back().comments = std::move(notes);
}

}  // namespace

Plan plan(const Dialect& dialect, const PlanInput& input) {
  Plan result;
  result.changes = input.operations;
  for (const Operation& operation : input.operations) {
    result.summary.push_back(summary(operation));
  }
  append_sections(result.sections, Direction::upgrade, rendered_upgrade(dialect, input), dialect);
  if (result.sections.empty()) {
    result.sections.push_back({.direction = Direction::upgrade,
                               .is_transactional = true,
                               .has_foreign_keys_on = false,
                               .statements = {},
                               .comments = {}});
  }
  append_downgrade(result.sections, dialect, input);
  return result;
}

}  // namespace metaxy::migrate
