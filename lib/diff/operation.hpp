#pragma once
// What can be done to a schema, as values. Every operation carries the state it destroys, so that it can be
// turned round without looking anything up: `reversed(reversed(op)) == op`.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schema/schema.hpp"

namespace metaxy::migrate {

struct CreateTable {
  Table table;
  bool operator==(const CreateTable&) const = default;
};
struct DropTable {
  Table table;
  bool operator==(const DropTable&) const = default;
};
struct RenameTable {
  TableName from;
  TableName to;
  bool operator==(const RenameTable&) const = default;
};
struct AddColumn {
  TableName table;
  Column column;
  bool operator==(const AddColumn&) const = default;
};
struct DropColumn {
  TableName table;
  Column column;
  bool operator==(const DropColumn&) const = default;
};
struct RenameColumn {
  TableName table;
  std::string from;
  std::string to;
  bool operator==(const RenameColumn&) const = default;
};
/// A type change as a whole; members added to a STRUCT are AddMember.
struct AlterType {
  TableName table;
  std::string column;
  Type from;
  Type to;
  bool operator==(const AlterType&) const = default;
};
struct AlterNullable {
  TableName table;
  std::string column;
  /// The new state; the old one is the opposite.
  bool is_nullable = true;
  bool operator==(const AlterNullable&) const = default;
};
struct AlterDefault {
  TableName table;
  std::string column;
  std::optional<std::string> from;
  std::optional<std::string> to;
  bool operator==(const AlterDefault&) const = default;
};
struct AlterGenerated {
  TableName table;
  std::string column;
  std::optional<Generated> from;
  std::optional<Generated> to;
  bool operator==(const AlterGenerated&) const = default;
};
struct AlterCollation {
  TableName table;
  std::string column;
  std::string from;
  std::string to;
  bool operator==(const AlterCollation&) const = default;
};
struct AlterColumnComment {
  TableName table;
  std::string column;
  std::string from;
  std::string to;
  bool operator==(const AlterColumnComment&) const = default;
};
struct AlterTableComment {
  TableName table;
  std::string from;
  std::string to;
  bool operator==(const AlterTableComment&) const = default;
};
struct AlterTableOptions {
  TableName table;
  std::vector<std::string> from;
  std::vector<std::string> to;
  bool operator==(const AlterTableOptions&) const = default;
};
/// A member of a STRUCT column. `path` holds the names from the column's type down to the member, its own
/// name last; LIST elements are "element", MAP values "value".
struct AddMember {
  TableName table;
  std::string column;
  std::vector<std::string> path;
  Type type;
  bool operator==(const AddMember&) const = default;
};
struct DropMember {
  TableName table;
  std::string column;
  std::vector<std::string> path;
  Type type;
  bool operator==(const DropMember&) const = default;
};
struct CreateIndex {
  TableName table;
  Index index;
  bool operator==(const CreateIndex&) const = default;
};
struct DropIndex {
  TableName table;
  Index index;
  bool operator==(const DropIndex&) const = default;
};
struct AddConstraint {
  TableName table;
  Constraint constraint;
  bool operator==(const AddConstraint&) const = default;
};
struct DropConstraint {
  TableName table;
  Constraint constraint;
  bool operator==(const DropConstraint&) const = default;
};

using Operation = std::variant<CreateTable, DropTable, RenameTable, AddColumn, DropColumn, RenameColumn,
                               AlterType, AlterNullable, AlterDefault, AlterGenerated, AlterCollation,
                               AlterColumnComment, AlterTableComment, AlterTableOptions, AddMember,
                               DropMember, CreateIndex, DropIndex, AddConstraint, DropConstraint>;

/// Picks a lambda by operation type in std::visit. (The deduction guide is for clang 14.)
template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

/// The operation that undoes this one.
Operation reversed(const Operation& operation);

/// All of them turned round, last first.
std::vector<Operation> reversed(const std::vector<Operation>& operations);

/// The table it works on; for a rename the old name.
const TableName& table_of(const Operation& operation);

/// The column it is about; empty when it is about the table, an index or a constraint, or gives a column
/// another name.
std::string column_of(const Operation& operation);

/// `add column video__clip.duration`: one line for people, used in scripts, logs and reports.
std::string summary(const Operation& operation);

/// What is lost when it runs ("the values of duration are lost"); empty when nothing is.
/// Dropping an index, a constraint or a comment loses no data.
std::string data_loss(const Operation& operation);

/// One line of a script's changes section, `{"add_column": {...}}`, and back. Throws Error(script).
std::string to_json_line(const Operation& operation);
Operation operation_from_json_line(std::string_view line);

}  // namespace metaxy::migrate
