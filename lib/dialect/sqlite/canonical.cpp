#include "dialect/sqlite/canonical.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/text.hpp"
#include "dialect/sqlite/expression.hpp"
#include "dialect/sqlite/types.hpp"
#include "diff/operation.hpp"

namespace metaxy::migrate::sqlite {

namespace {

class TableCanonicaliser {
 public:
  explicit TableCanonicaliser(Table table) : table_(std::move(table)) {
    for (const Column& column : table_.columns) {
      // Names in SQLite differ when they do in more than the case of ASCII letters.
      names_.emplace(lower(column.name), column.name);
    }
  }

  Table table() {
    table_.name.schema.clear();
    table_.comment.clear();
    for (Column& column : table_.columns) {
      bring_into_form(column);
    }
    for (Constraint& constraint : table_.constraints) {
      std::visit([this](auto& value) { bring_into_form(value); }, constraint);
    }
    for (Index& index : table_.indexes) {
      bring_into_form(index);
    }
    for (std::string& option : table_.options) {
      // Those with columns in them are made by read_table, and canonical.
      option = option.find('"') == std::string::npos ? upper(option) : option;
    }
    make_key_columns_not_null();
    normalise(table_);
    return std::move(table_);
  }

 private:
  void bring_into_form(Column& column) const {
    column.type = canonical_type(column.type);
    column.comment.clear();
    column.collation = canonical_collation(column.collation);
    if (column.default_sql) {
      column.default_sql = canonical_default(*column.default_sql);
    }
    if (column.generated) {
      column.generated->expression = canonical_expression(column.generated->expression, names_);
    }
  }
  void bring_into_form(PrimaryKey& key) const { spell(key.columns); }
  void bring_into_form(Unique& unique) const { spell(unique.columns); }
  void bring_into_form(Check& check) const {
    check.expression = canonical_expression(check.expression, names_);
  }
  void bring_into_form(ForeignKey& key) const {
    spell(key.columns);
    key.referenced_table.schema.clear();
    key.on_update = canonical_action(key.on_update);
    key.on_delete = canonical_action(key.on_delete);
    // Anything else is not deferred, which is the default.
    const std::string deferrable = upper(key.deferrable);
    key.deferrable = deferrable == "DEFERRABLE INITIALLY DEFERRED" ? deferrable : "";
  }

  void bring_into_form(Index& index) const {
    index.comment.clear();
    index.method.clear();
    index.included_columns.clear();
    index.where = canonical_expression(index.where, names_);
    for (IndexPart& part : index.parts) {
      bring_into_form(part);
    }
  }

  void bring_into_form(IndexPart& part) const {
    part.nulls.clear();
    part.operator_class.clear();
    // A quoted name that is no column is a text to SQLite; it is an expression then.
    if (!part.column.empty() && names_.find(lower(part.column)) == names_.end()) {
      part.expression = "\"" + replace_all(std::exchange(part.column, ""), "\"", "\"\"") + "\"";
    }
    const std::string collation = upper(part.collation);
    if (part.column.empty()) {
      part.expression = canonical_expression(part.expression, names_);
      part.collation = canonical_collation(collation);
      return;
    }
    part.column = names_.find(lower(part.column))->second;
    // Without one of its own a part has the column's collation.
    const std::string of_column = canonical_collation(find_column(table_, part.column)->collation);
    part.collation = collation == (of_column.empty() ? "BINARY" : of_column) ? "" : collation;
  }

  static std::string canonical_collation(const std::string& collation) {
    const std::string name = upper(collation);
    return name == "BINARY" ? "" : name;
  }

  static std::string canonical_action(const std::string& action) {
    const std::string words = upper(action);
    return words == "NO ACTION" ? "" : words;
  }

  void spell(std::vector<std::string>& columns) const {
    for (std::string& column : columns) {
      const auto found = names_.find(lower(column));
      column = found == names_.end() ? column : found->second;
    }
  }

  /// A table without rowid has no NULL in its key (https://www.sqlite.org/withoutrowid.html); any other may.
  void make_key_columns_not_null() {
    const PrimaryKey* key = primary_key(table_);
    if (key == nullptr ||
        std::find(table_.options.begin(), table_.options.end(), "WITHOUT ROWID") == table_.options.end()) {
      return;
    }
    for (const std::string& name : key->columns) {
      if (Column* column = find_column(table_, name)) {
        column->is_nullable = false;
      }
    }
  }

  Table table_;
  ColumnNames names_;
};

/// Spells what a foreign key refers to as that table does.
void resolve(ForeignKey& key, const std::map<std::string, const Table*, std::less<>>& tables) {
  const auto found = tables.find(lower(key.referenced_table.name));
  if (found == tables.end()) {
    return;
  }
  const Table& parent = *found->second;
  key.referenced_table.name = parent.name.name;
  if (key.referenced_columns.empty()) {
    if (const PrimaryKey* primary = primary_key(parent)) {
      key.referenced_columns = primary->columns;
    }
  }
  for (std::string& name : key.referenced_columns) {
    for (const Column& column : parent.columns) {
      name = equal_ignoring_case(name, column.name) ? column.name : name;
    }
  }
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): its tables are moved out of it
Schema canonical_schema(Schema schema) {
  Schema result;
  for (auto& [name, table] : schema) {
    put(result, TableCanonicaliser(std::move(table)).table());
  }
  std::map<std::string, const Table*, std::less<>> tables;
  for (const auto& [name, table] : result) {
    tables.emplace(lower(name.name), &table);
  }
  for (auto& [name, table] : result) {
    bool has_keys = false;
    for (Constraint& constraint : table.constraints) {
      if (ForeignKey* key = std::get_if<ForeignKey>(&constraint)) {
        resolve(*key, tables);
        has_keys = true;
      }
    }
    if (has_keys) {
      normalise(table);
    }
  }
  return result;
}

}  // namespace metaxy::migrate::sqlite
