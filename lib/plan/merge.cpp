#include "plan/merge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "metaxy/table_names.hpp"
#include "metaxy/tables.hpp"

namespace metaxy::migrate {

namespace {

bool is_structure(const Type& type) { return type.name == "STRUCT"; }

/// LIST, ARRAY and MAP hold types of which a STRUCT inside may grow.
bool has_same_shape(const Type& a, const Type& b) {
  return a.name == b.name && a.arguments == b.arguments && a.labels == b.labels &&
         a.members.size() == b.members.size() && !a.members.empty();
}

/// A member that the model spells otherwise than the scripts would never be added.
void refuse_members_alike(const Table& table, const Column& column, const Dialect& dialect) {
  const std::string clash = members_alike(table, column, dialect.capabilities());
  if (!clash.empty()) {
    throw Error(ErrorKind::configuration, clash,
                {.where = {},
                 .hint = "the scripts made the first, the model asks for the second: keep its spelling, or "
                         "rename the member in a revision of your own",
                 .notes = {}});
  }
}

void merge_column(const Table& table, Column& column, const Column& wanted, const Dialect& dialect,
                  std::vector<std::string>& notes) {
  const Acceptance acceptance = dialect.acceptance(column_role(column.name), wanted.type, column.type);
  switch (acceptance.verdict) {
    case Acceptance::Verdict::same:
    case Acceptance::Verdict::accepted:
      break;
    case Acceptance::Verdict::accepted_with_warning:
      notes.push_back(fmt::format("'{}.{}' is {} where the model asks for {}: {}", to_text(table.name),
                                  column.name, to_text(column.type), to_text(wanted.type), acceptance.note));
      break;
    case Acceptance::Verdict::different:
      column.type = widened(column.type, wanted.type);
      refuse_members_alike(table, column, dialect);
      break;
  }
  // Laxer than the model is no difference; stricter is (contract E4, F2).
  if (wanted.is_nullable) {
    column.is_nullable = true;
  }
  if (wanted.default_sql) {
    column.default_sql = wanted.default_sql;
  }
  if (wanted.generated) {
    column.generated = wanted.generated;
  }
  if (!wanted.collation.empty()) {
    column.collation = wanted.collation;
  }
  if (!wanted.comment.empty()) {
    column.comment = wanted.comment;
  }
}

bool is_same_constraint(const Constraint& a, const Constraint& b) {
  return std::visit(
      [&b](const auto& constraint) {
        using T = std::decay_t<decltype(constraint)>;
        const T* other = std::get_if<T>(&b);
        if (other == nullptr) {
          return false;
        }
        T renamed = *other;
        renamed.name = constraint.name;
        return constraint == renamed;
      },
      a);
}

/// The wanted constraints, each under the name it already has; a primary key that is there is never taken
/// away, for nothing says that only the model may want it (contract D2, E1).
std::vector<Constraint> merged_constraints(const Table& table, const Table& wanted) {
  std::vector<Constraint> constraints;
  for (const Constraint& constraint : wanted.constraints) {
    const auto existing =
        std::find_if(table.constraints.begin(), table.constraints.end(),
                     [&](const Constraint& other) { return is_same_constraint(constraint, other); });
    constraints.push_back(existing == table.constraints.end() ? constraint : *existing);
  }
  if (primary_key(wanted) == nullptr && primary_key(table) != nullptr) {
    constraints.emplace_back(*primary_key(table));
  }
  return constraints;
}

}  // namespace

Type widened(const Type& existing, const Type& wanted) {
  if (is_structure(existing) && is_structure(wanted)) {
    Type result = existing;
    for (const TypeMember& member : wanted.members) {
      const auto found = std::find_if(result.members.begin(), result.members.end(),
                                      [&](const TypeMember& other) { return other.name == member.name; });
      if (found == result.members.end()) {
        result.members.push_back(member);
      } else {
        found->type = widened(found->type, member.type);
      }
    }
    return result;
  }
  if (is_same_enum(existing, wanted)) {
    Type result = existing;
    result.labels = merged_labels(existing.labels, wanted.labels);
    return result;
  }
  if (has_same_shape(existing, wanted)) {
    Type result = existing;
    for (std::size_t i = 0; i < result.members.size(); ++i) {
      result.members[i].type = widened(existing.members[i].type, wanted.members[i].type);
    }
    return result;
  }
  return wanted;
}

void merge_into(Table& table, const Table& wanted, const Dialect& dialect, std::vector<std::string>& notes) {
  for (const Column& column : wanted.columns) {
    Column* existing = find_column(table, column.name);
    if (existing != nullptr) {
      merge_column(table, *existing, column, dialect, notes);
      continue;
    }
    Column added = column;
    if (!added.default_sql && !added.generated) {
      added.is_nullable = true;
    }
    table.columns.push_back(std::move(added));
  }
  table.constraints = merged_constraints(table, wanted);
  table.indexes = wanted.indexes;
  if (!wanted.comment.empty()) {
    table.comment = wanted.comment;
  }
  normalise(table);
}

}  // namespace metaxy::migrate
