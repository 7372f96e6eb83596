#pragma once
// Tables as plain values. All names are raw (never quoted); all texts of expressions are in the canonical
// form of the dialect the value belongs to, so that `==` means "the same to the database".

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/type.hpp"

namespace metaxy::migrate {

/// An empty `schema` is the connection's current schema. The order is the one print order.
struct TableName {
  std::string schema{};
  std::string name{};

  auto operator<=>(const TableName&) const = default;
};

/// `name`, or `schema.name`.
std::string to_text(const TableName& name);

/// A column computed from others.
struct Generated {
  std::string expression{};
  bool is_stored = false;

  bool operator==(const Generated&) const = default;
};

struct Column {
  std::string name{};
  Type type{};
  bool is_nullable = true;
  /// Canonical SQL of the default; none where there is no DEFAULT or it is NULL.
  std::optional<std::string> default_sql{};
  std::optional<Generated> generated{};
  /// Empty: the type's own collation.
  std::string collation{};
  /// Empty: no comment.
  std::string comment{};

  bool operator==(const Column&) const = default;
};

struct PrimaryKey {
  /// Empty where the database gives or keeps none.
  std::string name{};
  std::vector<std::string> columns{};

  bool operator==(const PrimaryKey&) const = default;
};

struct Unique {
  std::string name{};
  std::vector<std::string> columns{};

  bool operator==(const Unique&) const = default;
};

struct Check {
  std::string name{};
  std::string expression{};

  bool operator==(const Check&) const = default;
};

struct ForeignKey {
  std::string name{};
  std::vector<std::string> columns{};
  TableName referenced_table{};
  std::vector<std::string> referenced_columns{};
  /// "CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT"; empty is NO ACTION.
  std::string on_update{};
  std::string on_delete{};
  /// "DEFERRABLE INITIALLY DEFERRED" and the like; empty is not deferrable.
  std::string deferrable{};

  bool operator==(const ForeignKey&) const = default;
};

using Constraint = std::variant<PrimaryKey, Unique, Check, ForeignKey>;

/// One key of an index: a column, or an expression when `column` is empty.
struct IndexPart {
  std::string column{};
  std::string expression{};
  bool is_descending = false;
  /// "NULLS FIRST" or "NULLS LAST" where it is not the database's default for the direction.
  std::string nulls{};
  std::string collation{};
  std::string operator_class{};

  bool operator==(const IndexPart&) const = default;
};

struct Index {
  std::string name{};
  std::vector<IndexPart> parts{};
  bool is_unique = false;
  /// Canonical text of the predicate of a partial index; empty: all rows.
  std::string where{};
  /// Access method; empty: the database's default.
  std::string method{};
  std::vector<std::string> included_columns{};
  std::string comment{};

  bool operator==(const Index&) const = default;
};

/// A trigger, kept as the database's own text: carried through a rebuild, never compared.
struct Trigger {
  std::string name{};
  std::string sql{};

  bool operator==(const Trigger&) const = default;
};

struct Table {
  TableName name{};
  /// In the database's order. Order is kept but is no difference (metaxy contract, E4).
  std::vector<Column> columns{};
  /// Sorted by (kind, columns, text); at most one PrimaryKey. See `normalise`.
  std::vector<Constraint> constraints{};
  /// Sorted by name; without those that the database makes for constraints.
  std::vector<Index> indexes{};
  /// Words of the dialect that belong to the table as a whole, sorted ("STRICT", "WITHOUT ROWID",
  /// "AUTOINCREMENT").
  std::vector<std::string> options{};
  std::string comment{};
  std::vector<Trigger> triggers{};

  bool operator==(const Table&) const = default;
};

/// Brings constraints, indexes and options into their order and drops exact duplicates.
void normalise(Table& table);

const Column* find_column(const Table& table, std::string_view name);
Column* find_column(Table& table, std::string_view name);
const Index* find_index(const Table& table, std::string_view name);
const PrimaryKey* primary_key(const Table& table);
/// The columns a constraint names; empty for a Check.
std::vector<std::string> columns_of(const Constraint& constraint);
/// The columns and expressions whose values an index orders, or lets be there once.
std::vector<std::string> key_of(const Index& index);

}  // namespace metaxy::migrate
