#include "dialect/duckdb/canonical.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "dialect/duckdb/expression.hpp"
#include "dialect/duckdb/quoting.hpp"
#include "dialect/duckdb/types.hpp"
#include "diff/operation.hpp"

namespace metaxy::migrate::duckdb {
namespace {

/// Brings one table's parts into their forms; remembers what it did not understand.
class Canonical {
 public:
  Canonical(Table& table, std::vector<std::string>& not_understood)
      : table_(table), not_understood_(not_understood) {
    for (const Column& column : table.columns) names_.push_back(column.name);
  }

  void run() {
    for (Column& column : table_.columns) make(column);
    for (Constraint& constraint : table_.constraints) {
      std::visit([this](auto& one) { this->make(one); }, constraint);
    }
    for (Index& index : table_.indexes) make(index);
    table_.options.clear();
    table_.triggers.clear();
    normalise(table_);
  }

 private:
  std::string spelled_expression(const std::string& text, std::string_view what) {
    if (std::optional<std::string> known = canonical_expression(text, names_)) return std::move(*known);
    not_understood_.push_back(fmt::format("{} of {}: expression not understood", what, to_text(table_.name)));
    return std::string(trimmed(text));
  }

  void make(Column& column) {
    column.type = spelled(column.type);
    column.default_sql = canonical_default(column.default_sql, column.type);
    column.collation = lower(column.collation);
    if (column.collation == "binary") column.collation.clear();
    if (!column.generated) return;
    column.generated->is_stored = false;
    column.generated->expression = without_cast_to_own_type(column);
    column.default_sql.reset();
    column.is_nullable = true;
    // It takes over the collation of what it is computed from.
    column.collation.clear();
  }

  /// duckdb_columns() wraps the expression in a cast, duckdb_tables().sql does not.
  std::string without_cast_to_own_type(const Column& column) {
    std::optional<Expression> expression = parse_expression(column.generated->expression, names_);
    if (expression && expression->kind == ExpressionKind::cast && expression->type == column.type) {
      return *canonical_expression(to_text(expression->parts[0]), names_);
    }
    return spelled_expression(column.generated->expression,
                              fmt::format("generated column '{}'", column.name));
  }

  void make(PrimaryKey& key) {
    key.name.clear();
    for (const std::string& name : key.columns) {
      if (Column* column = find_column(table_, name)) column->is_nullable = false;
    }
  }

  static void make(Unique& unique) { unique.name.clear(); }

  void make(Check& check) {
    check.name.clear();
    check.expression = spelled_expression(check.expression, "check");
  }

  static void make(ForeignKey& key) {
    key.name.clear();
    key.on_update.clear();
    key.on_delete.clear();
    key.deferrable.clear();
  }

  void make(Index& index) {
    for (IndexPart& part : index.parts) {
      part.is_descending = false;
      part.nulls.clear();
      part.collation.clear();
      part.operator_class.clear();
      if (!part.expression.empty()) make(part, index.name);
    }
    // A full unique index would forbid what the partial one allows.
    if (!index.where.empty()) index.is_unique = false;
    index.where.clear();
    index.method.clear();
    index.included_columns.clear();
  }

  /// `(a)` is the column, not an expression.
  void make(IndexPart& part, const std::string& index) {
    const std::optional<Expression> expression = parse_expression(part.expression, names_);
    if (expression && expression->kind == ExpressionKind::column && expression->names.size() == 1) {
      part.column = expression->names[0];
      part.expression.clear();
    } else {
      part.expression = spelled_expression(part.expression, fmt::format("index '{}'", index));
    }
  }

  Table& table_;
  std::vector<std::string>& not_understood_;
  std::vector<std::string> names_;
};

/// A foreign key without columns means the parent's primary key, and DuckDB reports those.
void fill_in_referenced_columns(Schema& schema, Table& table) {
  for (Constraint& constraint : table.constraints) {
    ForeignKey* key = std::get_if<ForeignKey>(&constraint);
    if (key == nullptr || !key->referenced_columns.empty()) continue;
    const Table* parent = find_table(schema, key->referenced_table);
    const PrimaryKey* primary = parent != nullptr ? primary_key(*parent) : nullptr;
    if (primary != nullptr) key->referenced_columns = primary->columns;
  }
  normalise(table);
}

}  // namespace

void make_canonical(Table& table, std::vector<std::string>& not_understood) {
  Canonical(table, not_understood).run();
}

Schema canonical(const Schema& schema) {
  Schema result = schema;
  std::vector<std::string> not_understood;
  for (auto& [name, table] : result) make_canonical(table, not_understood);
  for (auto& [name, table] : result) fill_in_referenced_columns(result, table);
  return result;
}

}  // namespace metaxy::migrate::duckdb
