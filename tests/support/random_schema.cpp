#include "support/random_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "diff/apply.hpp"
#include "diff/expression.hpp"

namespace metaxy::migrate::test {

namespace {

/// Draws from one alphabet.
class Draw {
 public:
  Draw(Random& random, const SchemaAlphabet& alphabet) : random_(random), alphabet_(alphabet) {}

  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }
  bool chance(std::size_t percent) { return below(100) < percent; }

  /// nullptr when there is nothing to choose from.
  template <class Value>
  Value* one_of(std::vector<Value>& values) {
    return values.empty() ? nullptr : &values[below(values.size())];
  }
  template <class Value>
  const Value* one_of(const std::vector<Value>& values) {
    return values.empty() ? nullptr : &values[below(values.size())];
  }
  std::string text_of(const std::vector<std::string>& texts) {
    const std::string* text = one_of(texts);
    return text == nullptr ? std::string() : *text;
  }

  /// A name that is not taken.
  template <class IsTaken>
  std::string name(const std::vector<std::string>& names, IsTaken is_taken) {
    std::string result = text_of(names);
    const std::string stem = result;
    for (std::size_t number = 2; is_taken(result); ++number) {
      result = number < 6 ? text_of(names) : fmt::format("{}_{}", stem, number);
    }
    return result;
  }

  TableName table_name(const Schema& schema) {
    return {{}, name(alphabet_.table_names, [&](const std::string& text) {
              return schema.contains({{}, text});
            })};
  }

  std::string column_name(const Table& table) {
    return name(alphabet_.column_names,
                [&table](const std::string& text) { return find_column(table, text) != nullptr; });
  }

  std::optional<std::string> default_for(const Type& type) {
    if (!alphabet_.defaults_for || chance(60)) {
      return std::nullopt;
    }
    const std::vector<std::string> defaults = alphabet_.defaults_for(type);
    const std::string* text = one_of(defaults);
    return text == nullptr ? std::nullopt : std::optional<std::string>(*text);
  }

  std::string comment() { return chance(70) ? std::string() : text_of(alphabet_.comments); }

  std::vector<std::string> options() {
    const std::string* option = chance(80) ? nullptr : one_of(alphabet_.options);
    return option == nullptr ? std::vector<std::string>() : std::vector<std::string>{*option};
  }

  Column column(const Table& table) {
    Column result;
    result.name = column_name(table);
    result.type = *one_of(alphabet_.types);
    result.is_nullable = chance(70);
    result.default_sql = default_for(result.type);
    result.comment = comment();
    if (alphabet_.collations_for && chance(20)) {
      result.collation = text_of(alphabet_.collations_for(result.type));
    }
    return result;
  }

  /// A column for the end of a table that has rows: nullable, or with a default.
  Column added_column(const Table& table) {
    Column result = column(table);
    result.is_nullable = result.is_nullable || !result.default_sql;
    return result;
  }

  void add_generated_column(Table& table) {
    const Column* source = alphabet_.generated_from ? plain_column(table) : nullptr;
    std::optional<Column> made = source == nullptr ? std::nullopt : alphabet_.generated_from(*source);
    if (made) {
      made->name = column_name(table);
      table.columns.push_back(*std::move(made));
    }
  }

  /// Computes a generated column from another one, where its type stays.
  void regenerate(const Table& table, Column& column) {
    const std::optional<Column> made = alphabet_.generated_from(*plain_column(table));
    if (made && made->type == column.type) {
      column.generated = made->generated;
    }
  }

  const Column* plain_column(const Table& table) {
    std::vector<const Column*> plain;
    for (const Column& column : table.columns) {
      if (!column.generated) {
        plain.push_back(&column);
      }
    }
    const Column* const* chosen = one_of(plain);
    return chosen == nullptr ? nullptr : *chosen;
  }

  /// One or two columns that can be keys, in any order; none when there are none.
  std::vector<std::string> key_columns(const Table& table) {
    std::vector<std::string> names;
    for (const Column& column : table.columns) {
      if (!column.generated && has(alphabet_.key_types, column.type)) {
        names.push_back(column.name);
      }
    }
    std::shuffle(names.begin(), names.end(), random_);
    names.resize(std::min<std::size_t>(names.size(), 1 + below(2)));
    return names;
  }

  void add_primary_key(Table& table) {
    const std::vector<std::string> columns = key_columns(table);
    if (!alphabet_.has_primary_keys || primary_key(table) != nullptr || columns.empty()) {
      return;
    }
    for (const std::string& name : columns) {
      Column& column = *find_column(table, name);
      column.is_nullable = false;
    }
    table.constraints.emplace_back(PrimaryKey{constraint_name(table, "pk"), columns});
  }

  void add_unique(Table& table) {
    const std::vector<std::string> columns = key_columns(table);
    if (alphabet_.has_unique_constraints && !columns.empty()) {
      add_constraint(table, Unique{constraint_name(table, "uq"), columns});
    }
  }

  void add_check(Table& table) {
    const Column* column = alphabet_.checks_for ? plain_column(table) : nullptr;
    const std::vector<std::string> checks =
        column == nullptr ? std::vector<std::string>() : alphabet_.checks_for(*column);
    if (const std::string* check = one_of(checks)) {
      add_constraint(table, Check{constraint_name(table, "ck"), *check});
    }
  }

  void add_foreign_key(const Schema& schema, Table& table) {
    const Table* parent = alphabet_.has_foreign_keys ? parent_for(schema, table) : nullptr;
    if (parent == nullptr) {
      return;
    }
    ForeignKey key;
    key.referenced_table = parent->name;
    key.referenced_columns = primary_key(*parent)->columns;
    for (const std::string& name : key.referenced_columns) {
      Column column = added_column(table);
      column.type = find_column(*parent, name)->type;
      column.is_nullable = true;
      column.default_sql.reset();
      column.collation = find_column(*parent, name)->collation;
      key.columns.push_back(column.name);
      table.columns.push_back(std::move(column));
    }
    key.name = constraint_name(table, "fk");
    key.on_delete = chance(50) ? std::string() : text_of(alphabet_.foreign_key_actions);
    key.on_update = chance(70) ? std::string() : text_of(alphabet_.foreign_key_actions);
    add_constraint(table, key);
  }

  void add_index(const Schema& schema, Table& table) {
    std::vector<std::string> columns = key_columns(table);
    if (!alphabet_.has_indexes || columns.empty()) {
      return;
    }
    const std::string free_name = name({"ix_" + columns.front()}, [&](const std::string& text) {
      return find_index(table, text) != nullptr || is_index(schema, text);
    });
    table.indexes.push_back(index(free_name, table, columns));
  }

  /// Another index of the same name.
  void redefine(Index& old, const Table& table) {
    const std::vector<std::string> columns = key_columns(table);
    if (!columns.empty()) {
      old = index(old.name, table, columns);
    }
  }

  Table table(const Schema& schema, const TableName& name) {
    Table result;
    result.name = name;
    const std::size_t columns = 1 + below(alphabet_.max_columns);
    for (std::size_t i = 0; i < columns; ++i) {
      result.columns.push_back(column(result));
    }
    if (chance(20)) {
      add_generated_column(result);
    }
    if (chance(60)) {
      add_primary_key(result);
    }
    for (std::size_t i = below(3); i > 0; --i) {
      add_part(schema, result);
    }
    result.comment = comment();
    result.options = options();
    normalise(result);
    return result;
  }

  /// A key, a check, a foreign key or an index.
  void add_part(const Schema& schema, Table& table) {
    switch (below(5)) {
      case 0:
        return add_unique(table);
      case 1:
        return add_check(table);
      case 2:
        return add_foreign_key(schema, table);
      default:
        return add_index(schema, table);
    }
  }

  /// Another type: one of the alphabet, with a default that fits.
  void retype(Column& column) {
    column.type = *one_of(alphabet_.types);
    column.default_sql = default_for(column.type);
    column.collation.clear();
  }

  /// Adds or drops a member of a STRUCT somewhere in the type; nothing where there is none.
  void change_members(Type& type) {
    if (type.name == "LIST" || type.name == "MAP") {
      return change_members(type.members.back().type);
    }
    if (type.name != "STRUCT" || alphabet_.member_types.empty()) {
      return;
    }
    if (chance(30)) {
      return change_members(one_of(type.members)->type);
    }
    if (chance(40) && type.members.size() > 1) {
      type.members.erase(type.members.begin() + static_cast<std::ptrdiff_t>(below(type.members.size())));
      return;
    }
    const std::string member = name(alphabet_.column_names, [&type](const std::string& text) {
      return find_member(type, text) != nullptr;
    });
    type.members.push_back({member, *one_of(alphabet_.member_types)});
  }

 private:
  static bool has(const std::vector<Type>& types, const Type& type) {
    return std::find(types.begin(), types.end(), type) != types.end();
  }

  static bool is_index(const Schema& schema, const std::string& name) {
    return std::any_of(schema.begin(), schema.end(),
                       [&name](const auto& entry) { return find_index(entry.second, name) != nullptr; });
  }

  Index index(std::string name, const Table& table, const std::vector<std::string>& columns) {
    Index index;
    index.name = std::move(name);
    for (const std::string& column : columns) {
      index.parts.push_back(index_part(table, column));
    }
    index.is_unique = alphabet_.has_unique_indexes && chance(20);
    const Column* column = alphabet_.predicates_for && chance(20) ? plain_column(table) : nullptr;
    if (column != nullptr) {
      index.where = text_of(alphabet_.predicates_for(*column));
    }
    return index;
  }

  IndexPart index_part(const Table& table, const std::string& column) {
    IndexPart part;
    part.column = column;
    part.is_descending = alphabet_.has_descending_indexes && chance(20);
    if (alphabet_.index_expressions_for && chance(15)) {
      const std::string expression = text_of(alphabet_.index_expressions_for(*find_column(table, column)));
      if (!expression.empty()) {
        part.column.clear();
        part.expression = expression;
      }
    }
    return part;
  }

  std::string constraint_name(const Table& table, const std::string& kind) {
    if (!alphabet_.has_constraint_names || chance(30)) {
      return {};
    }
    return fmt::format("{}_{}_{}", kind, table.constraints.size(), below(1000000));
  }

  /// Content that is there already is not said twice.
  static void add_constraint(Table& table, const Constraint& constraint) {
    const auto is_same = [&constraint](const Constraint& other) { return equivalent(constraint, other); };
    if (std::none_of(table.constraints.begin(), table.constraints.end(), is_same)) {
      table.constraints.push_back(constraint);
    }
  }

  /// A table with a primary key; without circles, one that does not lead back to `table`.
  const Table* parent_for(const Schema& schema, const Table& table) {
    std::vector<const Table*> parents;
    for (const auto& [name, other] : schema) {
      const bool is_allowed =
          alphabet_.has_foreign_key_circles || (name != table.name && !leads_to(schema, other, table.name));
      if (primary_key(other) != nullptr && is_allowed) {
        parents.push_back(&other);
      }
    }
    const Table* const* parent = one_of(parents);
    return parent == nullptr ? nullptr : *parent;
  }

  static bool leads_to(const Schema& schema, const Table& from, const TableName& to) {
    for (const Constraint& constraint : from.constraints) {
      const ForeignKey* key = std::get_if<ForeignKey>(&constraint);
      if (key == nullptr || key->referenced_table == from.name) {
        continue;
      }
      const Table* parent = find_table(schema, key->referenced_table);
      if (key->referenced_table == to || (parent != nullptr && leads_to(schema, *parent, to))) {
        return true;
      }
    }
    return false;
  }

  Random& random_;
  const SchemaAlphabet& alphabet_;
};

/// Changes a schema step by step and keeps it consistent.
class Editor {
 public:
  Editor(Draw& draw, Schema schema) : draw_(draw), schema_(std::move(schema)) {}

  void edit() {
    if (schema_.empty() || draw_.chance(10)) {
      return add_table();
    }
    Table& table = any_table();
    switch (draw_.below(12)) {
      case 0:
        return drop_table(table.name);
      case 1:
      case 2:
        table.columns.push_back(draw_.added_column(table));
        return;
      case 3:
        return drop_column(table);
      case 4:
        return drop_constraint(table);
      case 5:
        return edit_index(table);
      case 6:
        return draw_.add_part(schema_, table);
      case 7:
        table.comment = draw_.comment();
        table.options = draw_.options();
        return;
      default:
        return edit_column(table);
    }
  }

  /// Renames come before edits: each table and column at most once, to a name that is new.
  Renames rename() {
    Renames renames;
    const Schema original = schema_;
    if (!schema_.empty() && draw_.chance(25)) {
      const TableRename one{any_table().name, draw_.table_name(original)};
      carry_out(RenameTable{one.from, one.to});
      renames.tables.push_back(one);
    }
    if (!schema_.empty() && draw_.chance(30)) {
      const Table& table = any_table();
      const ColumnRename one{table.name, draw_.one_of(table.columns)->name, draw_.column_name(table)};
      carry_out(RenameColumn{one.table, one.from, one.to});
      renames.columns.push_back(one);
    }
    return renames;
  }

  Schema result() {
    for (auto& [name, table] : schema_) {
      normalise(table);
    }
    return std::move(schema_);
  }

 private:
  void carry_out(const Operation& operation) { apply(schema_, operation); }

  Table& any_table() {
    auto entry = schema_.begin();
    std::advance(entry, draw_.below(schema_.size()));
    return entry->second;
  }

  void add_table() { put(schema_, draw_.table(schema_, draw_.table_name(schema_))); }

  void drop_table(const TableName& name) {
    drop_foreign_keys_to(name, nullptr);
    schema_.erase(name);  // last, since the name may be the schema's own
  }

  /// Foreign keys that refer to the table, or only those to a key of these columns.
  void drop_foreign_keys_to(const TableName& name, const std::vector<std::string>* columns) {
    for (auto& [unused, table] : schema_) {
      std::erase_if(table.constraints, [&](const Constraint& constraint) {
        const ForeignKey* key = std::get_if<ForeignKey>(&constraint);
        return key != nullptr && key->referenced_table == name &&
               (columns == nullptr || key->referenced_columns == *columns);
      });
    }
  }

  static bool mentions(const Table& table, const std::string& expression, const std::string& column) {
    return with_column_renamed(expression, table, column, column + "_") != expression;
  }

  bool is_named_by(const Table& table, const Constraint& constraint, const std::string& column) const {
    if (const Check* check = std::get_if<Check>(&constraint)) {
      return mentions(table, check->expression, column);
    }
    const std::vector<std::string> columns = columns_of(constraint);
    return std::find(columns.begin(), columns.end(), column) != columns.end();
  }

  bool is_named_by(const Table& table, const Index& index, const std::string& column) const {
    const auto names = [&](const IndexPart& part) {
      return part.column == column || mentions(table, part.expression, column);
    };
    return mentions(table, index.where, column) || std::any_of(index.parts.begin(), index.parts.end(), names);
  }

  bool is_source(const Table& table, const std::string& column) const {
    return std::any_of(table.columns.begin(), table.columns.end(), [&](const Column& other) {
      return other.generated && mentions(table, other.generated->expression, column);
    });
  }

  /// Whether something of the schema depends on the column's type.
  bool is_used(const Table& table, const std::string& column) const {
    const auto names = [&](const auto& part) { return is_named_by(table, part, column); };
    return is_source(table, column) ||
           std::any_of(table.constraints.begin(), table.constraints.end(), names) ||
           std::any_of(table.indexes.begin(), table.indexes.end(), names);
  }

  void drop_column(Table& table) {
    const std::string column = draw_.one_of(table.columns)->name;
    const auto plain = std::count_if(table.columns.begin(), table.columns.end(),
                                     [](const Column& other) { return !other.generated; });
    if (is_source(table, column) || (plain == 1 && !find_column(table, column)->generated)) {
      return;
    }
    const PrimaryKey* key = primary_key(table);
    if (key != nullptr && is_named_by(table, *key, column)) {
      const std::vector<std::string> columns = key->columns;
      drop_foreign_keys_to(table.name, &columns);
    }
    std::erase_if(table.constraints,
                  [&](const Constraint& other) { return is_named_by(table, other, column); });
    std::erase_if(table.indexes, [&](const Index& other) { return is_named_by(table, other, column); });
    std::erase_if(table.columns, [&column](const Column& other) { return other.name == column; });
  }

  void drop_constraint(Table& table) {
    const Constraint* found = draw_.one_of(table.constraints);
    if (found == nullptr) {
      return;
    }
    const Constraint constraint = *found;
    if (const PrimaryKey* key = std::get_if<PrimaryKey>(&constraint)) {
      drop_foreign_keys_to(table.name, &key->columns);
    }
    std::erase(table.constraints, constraint);
  }

  void edit_index(Table& table) {
    if (table.indexes.empty()) {
      return;
    }
    const auto index = table.indexes.begin() + static_cast<std::ptrdiff_t>(draw_.below(table.indexes.size()));
    if (draw_.chance(50)) {
      table.indexes.erase(index);
    } else {
      draw_.redefine(*index, table);
    }
  }

  void edit_column(Table& table) {
    Column& column = *draw_.one_of(table.columns);
    const PrimaryKey* key = primary_key(table);
    const bool is_key = key != nullptr && is_named_by(table, *key, column.name);
    if (column.generated) {
      return draw_.regenerate(table, column);
    }
    switch (draw_.below(5)) {
      case 0:
        column.is_nullable = is_key ? column.is_nullable : !column.is_nullable;
        return;
      case 1:
        column.default_sql = draw_.default_for(column.type);
        return;
      case 2:
        column.comment = draw_.comment();
        return;
      case 3:
        if (!is_used(table, column.name)) {
          draw_.retype(column);
        }
        return;
      default:
        if (!is_used(table, column.name) && !column.default_sql) {
          draw_.change_members(column.type);
        }
    }
  }

  Draw& draw_;
  Schema schema_;
};

}  // namespace

Schema random_schema(Random& random, const SchemaAlphabet& alphabet) {
  Draw draw(random, alphabet);
  Schema schema;
  for (std::size_t i = draw.below(alphabet.max_tables + 1); i > 0; --i) {
    put(schema, draw.table(schema, draw.table_name(schema)));
  }
  // Foreign keys between tables that are all there: only so can there be circles.
  for (auto& [name, table] : schema) {
    if (draw.chance(30)) {
      draw.add_foreign_key(schema, table);
      normalise(table);
    }
  }
  return schema;
}

Mutation mutated(Random& random, const Schema& schema, const SchemaAlphabet& alphabet) {
  Draw draw(random, alphabet);
  Editor editor(draw, schema);
  Mutation mutation;
  mutation.renames = editor.rename();
  mutation.schema = edited(random, editor.result(), alphabet);
  return mutation;
}

Schema edited(Random& random, Schema schema, const SchemaAlphabet& alphabet) {
  Draw draw(random, alphabet);
  Editor editor(draw, std::move(schema));
  for (std::size_t i = draw.below(7); i > 0; --i) {
    editor.edit();
  }
  return editor.result();
}

std::uint64_t row_count(Random& random) {
  constexpr std::uint64_t kFewest = 10;
  return kFewest + (random() % 8 == 0 ? random() % 991 : random() % 30);
}

}  // namespace metaxy::migrate::test
