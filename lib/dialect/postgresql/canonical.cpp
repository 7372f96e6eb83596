#include "dialect/postgresql/canonical.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/postgresql/expression.hpp"
#include "dialect/postgresql/quoting.hpp"
#include "dialect/postgresql/syntax.hpp"
#include "dialect/postgresql/types.hpp"
#include "diff/operation.hpp"

namespace metaxy::migrate::postgresql {

namespace {

std::vector<std::string> name_parts(const TableName& table, const Constraint& constraint) {
  std::vector<std::string> parts = {table.name};
  if (std::holds_alternative<PrimaryKey>(constraint)) {
    parts.emplace_back("pkey");
    return parts;
  }
  for (const std::string& column : columns_of(constraint)) {
    parts.push_back(column);
  }
  const bool is_foreign = std::holds_alternative<ForeignKey>(constraint);
  parts.emplace_back(std::holds_alternative<Unique>(constraint) ? "key" : is_foreign ? "fkey" : "check");
  return parts;
}

/// Brings one table's parts into their forms; remembers what it did not understand.
class Canonical {
 public:
  Canonical(Table& table, std::vector<std::string>& not_understood)
      : table_(table), not_understood_(not_understood) {}

  void run() {
    for (Column& column : table_.columns) column.type = with_name(spelled(column.type), column.name);
    for (Column& column : table_.columns) make(column);
    for (Constraint& constraint : table_.constraints) {
      std::visit([this](auto& one) { this->make(one); }, constraint);
    }
    for (Index& index : table_.indexes) make(index);
    table_.triggers.clear();
    normalise(table_);
    name_constraints();
    normalise(table_);
  }

 private:
  /// An enum is a type of its own; one that was given no name has that of its column.
  Type with_name(Type type, const std::string& column) const {
    Type* found = enum_in(type);
    if (found != nullptr && found->name == "ENUM")
      found->name = printed_name(made_name({table_.name.name, column}));
    return type;
  }

  std::string spelled_expression(const std::string& text, std::string_view what) {
    if (text.empty()) return {};
    if (std::optional<std::string> known = canonical_expression(text, table_)) return *std::move(known);
    not_understood_.push_back(fmt::format("{} of {}: expression not understood, compared as text", what,
                                          migrate::to_text(table_.name)));
    return std::string(trimmed(text));
  }

  void make(Column& column) {
    if (column.collation == "default") column.collation.clear();
    if (column.generated) {
      // There are no others before PostgreSQL 18.
      column.generated->is_stored = true;
      column.generated->expression =
          spelled_expression(column.generated->expression, fmt::format("generated column '{}'", column.name));
      column.default_sql.reset();
    } else if (column.default_sql) {
      column.default_sql = canonical_default(*column.default_sql, column.type);
    }
  }

  void make(PrimaryKey& key) {
    for (const std::string& name : key.columns) {
      if (Column* column = find_column(table_, name)) column->is_nullable = false;
    }
  }
  static void make(Unique&) {}
  void make(Check& check) { check.expression = spelled_expression(check.expression, "check"); }
  void make(ForeignKey& key) const {
    key.on_update = action(key.on_update);
    key.on_delete = action(key.on_delete);
    key.deferrable = upper(key.deferrable);
    if (key.deferrable == "DEFERRABLE INITIALLY IMMEDIATE") key.deferrable = "DEFERRABLE";
    if (key.deferrable == "NOT DEFERRABLE") key.deferrable.clear();
    if (key.referenced_table.schema == table_.name.schema) key.referenced_table.schema.clear();
  }

  static std::string action(const std::string& text) {
    std::string words = upper(text);
    return words == "NO ACTION" ? "" : words;
  }

  void make(Index& index) {
    index.method = index.method == "btree" ? "" : lower(index.method);
    index.where = spelled_expression(index.where, fmt::format("index '{}'", index.name));
    for (IndexPart& part : index.parts) {
      if (part.column.empty()) make_expression(part, index.name);
      if (part.collation == "default") part.collation.clear();
      // NULLS LAST goes with ascending, NULLS FIRST with descending.
      part.nulls = upper(part.nulls);
      if (part.nulls == (part.is_descending ? "NULLS FIRST" : "NULLS LAST")) part.nulls.clear();
      if (is_inherited_collation(part)) part.collation.clear();
    }
  }

  /// A key has the collation of its column; an expression that of the columns in it.
  bool is_inherited_collation(const IndexPart& part) const {
    return std::any_of(table_.columns.begin(), table_.columns.end(), [&part](const Column& column) {
      const bool is_used =
          part.column.empty() ? mentions(part.expression, column.name) : part.column == column.name;
      return is_used && column.collation == part.collation;
    });
  }

  /// `(a)` is the column, not an expression.
  void make_expression(IndexPart& part, const std::string& index) {
    const std::optional<Node> node = parsed(part.expression);
    if (node && node->kind == Node::Kind::column && find_column(table_, node->text) != nullptr) {
      part.column = node->text;
      part.expression.clear();
    } else {
      part.expression = spelled_expression(part.expression, fmt::format("index '{}'", index));
    }
  }

  /// The names under which constraints without one are created; each is free in the table.
  void name_constraints() {
    std::set<std::string> taken;
    for (const Constraint& constraint : table_.constraints) {
      taken.insert(std::visit([](const auto& one) { return one.name; }, constraint));
    }
    for (Constraint& constraint : table_.constraints) {
      std::string& name = std::visit([](auto& one) -> std::string& { return one.name; }, constraint);
      if (!name.empty()) continue;
      const std::vector<std::string> parts = name_parts(table_.name, constraint);
      name = made_name(parts);
      for (int number = 2; taken.count(name) != 0; ++number) {
        std::vector<std::string> numbered = parts;
        numbered.push_back(std::to_string(number));
        name = made_name(numbered);
      }
      taken.insert(name);
    }
  }

  Table& table_;
  std::vector<std::string>& not_understood_;
};

/// An enum is one type, whichever column has it.
void require_one_meaning(const Schema& schema) {
  std::map<std::string, std::pair<std::string, const Type*>> seen;
  for (const auto& [name, table] : schema) {
    for (const Column& column : table.columns) {
      const Type* type = enum_in(column.type);
      if (type == nullptr) continue;
      const std::string where = fmt::format("{}.{}", migrate::to_text(name), column.name);
      const auto [found, is_new] = seen.emplace(type->name, std::pair(where, type));
      if (is_new || found->second.second->labels == type->labels) continue;
      throw Error(ErrorKind::configuration,
                  fmt::format("enum '{}' has other labels in '{}' than in '{}'", type->name, where,
                              found->second.first),
                  {.where = {},
                   .hint = "give both the same labels, or one of them another name",
                   .notes = {migrate::to_text(*type), migrate::to_text(*found->second.second)}});
    }
  }
}

/// A foreign key without columns means the primary key of its table.
void resolve(const Schema& schema, Table& table) {
  for (Constraint& constraint : table.constraints) {
    ForeignKey* key = std::get_if<ForeignKey>(&constraint);
    if (key == nullptr || !key->referenced_columns.empty()) continue;
    const TableName name{
        key->referenced_table.schema.empty() ? table.name.schema : key->referenced_table.schema,
        key->referenced_table.name};
    const Table* parent = find_table(schema, name);
    const PrimaryKey* primary = parent != nullptr ? primary_key(*parent) : nullptr;
    if (primary != nullptr) key->referenced_columns = primary->columns;
  }
  normalise(table);
}

}  // namespace

void make_canonical(Table& table, std::vector<std::string>& not_understood) {
  Canonical(table, not_understood).run();
}

std::string made_constraint_name(const TableName& table, const Constraint& constraint) {
  return made_name(name_parts(table, constraint));
}

Schema canonical_schema(const Schema& schema) {
  Schema result = schema;
  std::vector<std::string> not_understood;
  for (auto& [name, table] : result) make_canonical(table, not_understood);
  for (auto& [name, table] : result) resolve(result, table);
  require_one_meaning(result);
  return result;
}

}  // namespace metaxy::migrate::postgresql
