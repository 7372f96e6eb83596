#include "diff/apply.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "diff/expression.hpp"

namespace metaxy::migrate {

namespace {

using Names = std::vector<std::string>;

bool holds(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void rename_in(Names& names, const std::string& from, const std::string& to) {
  std::replace(names.begin(), names.end(), from, to);
}

/// The columns an index names; expressions are not looked into.
Names index_columns(const Index& index) {
  Names columns = index.included_columns;
  for (const IndexPart& part : index.parts) {
    if (!part.column.empty()) {
      columns.push_back(part.column);
    }
  }
  return columns;
}

/// The columns of `table` that a constraint of it names on either side.
Names own_columns_of(const Constraint& constraint, const TableName& table) {
  Names columns = columns_of(constraint);
  const ForeignKey* key = std::get_if<ForeignKey>(&constraint);
  if (key != nullptr && key->referenced_table == table) {
    columns.insert(columns.end(), key->referenced_columns.begin(), key->referenced_columns.end());
  }
  return columns;
}

/// One operation carried out on one schema. Everything is checked before anything changes.
class Application {
 public:
  Application(Schema& schema, const Operation& operation) : schema_(schema), operation_(operation) {}

  void operator()(const CreateTable& o) const {
    require_free(o.table.name);
    put(schema_, o.table);
    normalise(schema_.at(o.table.name));
  }

  void operator()(const DropTable& o) const {
    if (!equivalent(table(o.table.name), o.table)) {
      fail("the table is not what it says");
    }
    schema_.erase(o.table.name);
  }

  void operator()(const RenameTable& o) const {
    table(o.from);
    require_free(o.to);
    auto node = schema_.extract(o.from);
    node.key() = o.to;
    node.mapped().name = o.to;
    schema_.insert(std::move(node));
    for_foreign_keys_to(o.from, [&o](ForeignKey& key) { key.referenced_table = o.to; });
  }

  void operator()(const AddColumn& o) const {
    Table& target = table(o.table);
    if (find_column(target, o.column.name) != nullptr) {
      fail("the table has such a column already");
    }
    target.columns.push_back(o.column);
  }

  void operator()(const DropColumn& o) const {
    Table& target = table(o.table);
    if (!equivalent(column(target, o.column.name), o.column)) {
      fail("the column is not what it says");
    }
    require_unused(target, o.column.name);
    target.columns.erase(std::find_if(target.columns.begin(), target.columns.end(),
                                      [&o](const Column& other) { return other.name == o.column.name; }));
  }

  void operator()(const RenameColumn& o) const {
    Table& target = table(o.table);
    Column& renamed = column(target, o.from);
    if (find_column(target, o.to) != nullptr) {
      fail(fmt::format("the table has a column '{}' already", o.to));
    }
    rename_in_expressions(target, o);
    renamed.name = o.to;
    rename_in_parts(target, o);
    normalise(target);
    for_foreign_keys_to(o.table, [&o](ForeignKey& key) { rename_in(key.referenced_columns, o.from, o.to); });
  }

  void operator()(const AlterType& o) const {
    Type& type = column(table(o.table), o.column).type;
    if (!equivalent(type, o.from)) {
      fail(fmt::format("the type is {}", to_text(type)));
    }
    type = o.to;
  }

  void operator()(const AlterNullable& o) const {
    Column& target = column(table(o.table), o.column);
    if (target.is_nullable == o.is_nullable) {
      fail("it is so already");
    }
    target.is_nullable = o.is_nullable;
  }

  void operator()(const AlterDefault& o) const {
    replace(column(table(o.table), o.column).default_sql, o.from, o.to, "another default");
  }
  void operator()(const AlterGenerated& o) const {
    replace(column(table(o.table), o.column).generated, o.from, o.to, "another generation");
  }
  void operator()(const AlterCollation& o) const {
    replace(column(table(o.table), o.column).collation, o.from, o.to, "another collation");
  }
  void operator()(const AlterColumnComment& o) const {
    replace(column(table(o.table), o.column).comment, o.from, o.to, "another comment");
  }
  void operator()(const AlterTableComment& o) const {
    replace(table(o.table).comment, o.from, o.to, "another comment");
  }
  void operator()(const AlterTableOptions& o) const {
    Table& target = table(o.table);
    replace(target.options, o.from, o.to, "other options");
    normalise(target);
  }

  void operator()(const AddMember& o) const {
    Type& owner = owner_of(column(table(o.table), o.column).type, o.path);
    if (find_member(owner, o.path.back()) != nullptr) {
      fail("the member is there already");
    }
    owner.members.push_back({o.path.back(), o.type});
  }

  void operator()(const DropMember& o) const {
    Type& owner = owner_of(column(table(o.table), o.column).type, o.path);
    const TypeMember* member = find_member(owner, o.path.back());
    if (member == nullptr || !equivalent(member->type, o.type)) {
      fail(member == nullptr ? "there is no such member"
                             : fmt::format("its type is {}", to_text(member->type)));
    }
    if (owner.members.size() == 1) {
      fail("it is the last member");
    }
    owner.members.erase(owner.members.begin() + (member - owner.members.data()));
  }

  void operator()(const CreateIndex& o) const {
    Table& target = table(o.table);
    if (find_index(target, o.index.name) != nullptr) {
      fail("the table has such an index already");
    }
    for (const std::string& name : index_columns(o.index)) {
      column(target, name);
    }
    target.indexes.push_back(o.index);
    normalise(target);
  }

  void operator()(const DropIndex& o) const {
    Table& target = table(o.table);
    const Index* index = find_index(target, o.index.name);
    if (index == nullptr || *index != o.index) {
      fail(index == nullptr ? "the table has no such index" : "the index is not what it says");
    }
    target.indexes.erase(target.indexes.begin() + (index - target.indexes.data()));
  }

  void operator()(const AddConstraint& o) const {
    Table& target = table(o.table);
    const std::vector<Constraint>& present = target.constraints;
    if (std::find(present.begin(), present.end(), o.constraint) != present.end()) {
      fail("the table has it already");
    }
    if (std::holds_alternative<PrimaryKey>(o.constraint) && primary_key(target) != nullptr) {
      fail("the table has a primary key already");
    }
    for (const std::string& name : own_columns_of(o.constraint, target.name)) {
      column(target, name);
    }
    target.constraints.push_back(o.constraint);
    normalise(target);
  }

  void operator()(const DropConstraint& o) const {
    std::vector<Constraint>& present = table(o.table).constraints;
    auto found = std::find(present.begin(), present.end(), o.constraint);
    if (found == present.end()) {
      // Databases make up names, or keep none: the content decides.
      found = std::find_if(present.begin(), present.end(),
                           [&o](const Constraint& other) { return equivalent(other, o.constraint); });
    }
    if (found == present.end()) {
      fail("the table has no such constraint");
    }
    present.erase(found);
  }

 private:
  [[noreturn]] void fail(const std::string& reason, const std::string& hint = {}) const {
    throw Error(ErrorKind::script, fmt::format("cannot {}: {}", summary(operation_), reason),
                {.where = {}, .hint = hint, .notes = {}});
  }

  Table& table(const TableName& name) const {
    const auto found = schema_.find(name);
    if (found == schema_.end()) {
      Names names;
      for (const auto& [other, unused] : schema_) {
        names.push_back(to_text(other));
      }
      fail(fmt::format("there is no table '{}'", to_text(name)), did_you_mean(to_text(name), names));
    }
    return found->second;
  }

  void require_free(const TableName& name) const {
    if (schema_.contains(name)) {
      fail(fmt::format("there is a table '{}' already", to_text(name)));
    }
  }

  Column& column(Table& target, const std::string& name) const {
    Column* found = find_column(target, name);
    if (found == nullptr) {
      Names names;
      for (const Column& other : target.columns) {
        names.push_back(other.name);
      }
      fail(fmt::format("there is no column '{}'", name), did_you_mean(name, names));
    }
    return *found;
  }

  void require_unused(const Table& target, const std::string& name) const {
    for (const Constraint& constraint : target.constraints) {
      if (holds(own_columns_of(constraint, target.name), name)) {
        fail("a constraint of the table names it",
             summary(DropConstraint{target.name, constraint}) + " first");
      }
    }
    for (const Index& index : target.indexes) {
      if (holds(index_columns(index), name)) {
        fail("an index of the table names it", summary(DropIndex{target.name, index}) + " first");
      }
    }
  }

  template <class Value>
  void replace(Value& value, const Value& from, const Value& to, std::string_view what) const {
    if (value != from) {
      fail(fmt::format("found {}", what));
    }
    value = to;
  }

  /// The STRUCT that holds the member at the end of `path`.
  Type& owner_of(Type& type, const Names& path) const {
    Type* owner = &type;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      const TypeMember* inner = find_member(*owner, path[i]);
      if (inner == nullptr) {
        fail(fmt::format("there is no member '{}' in {}", path[i], to_text(*owner)));
      }
      owner = &owner->members[static_cast<std::size_t>(inner - owner->members.data())].type;
    }
    if (path.empty() || owner->name != "STRUCT") {
      fail(fmt::format("{} has no named members", to_text(*owner)));
    }
    return *owner;
  }

  template <class Act>
  void for_foreign_keys_to(const TableName& referenced, Act act) const {
    for (auto& [name, other] : schema_) {
      bool is_changed = false;
      for (Constraint& constraint : other.constraints) {
        ForeignKey* key = std::get_if<ForeignKey>(&constraint);
        if (key != nullptr && key->referenced_table == referenced) {
          act(*key);
          is_changed = true;
        }
      }
      if (is_changed) {
        normalise(other);
      }
    }
  }

  /// Checks, indexes and generated columns. A default cannot name a column in any database.
  static void rename_in_expressions(Table& target, const RenameColumn& o) {
    const auto rewrite = [&target, &o](std::string& expression) {
      expression = with_column_renamed(expression, target, o.from, o.to);
    };
    for (Constraint& constraint : target.constraints) {
      if (Check* check = std::get_if<Check>(&constraint)) {
        rewrite(check->expression);
      }
    }
    for (Index& index : target.indexes) {
      rewrite(index.where);
      for (IndexPart& part : index.parts) {
        rewrite(part.expression);
      }
    }
    for (Column& other : target.columns) {
      if (other.generated) {
        rewrite(other.generated->expression);
      }
    }
  }

  static void rename_in_parts(Table& target, const RenameColumn& o) {
    for (Constraint& constraint : target.constraints) {
      std::visit(Overloaded{
                     [](Check& /*has no columns*/) {},
                     [&o](auto& other) { rename_in(other.columns, o.from, o.to); },
                 },
                 constraint);
    }
    for (Index& index : target.indexes) {
      rename_in(index.included_columns, o.from, o.to);
      for (IndexPart& part : index.parts) {
        if (part.column == o.from) {
          part.column = o.to;
        }
      }
    }
  }

  Schema& schema_;
  const Operation& operation_;
};

}  // namespace

void apply(Schema& schema, const Operation& operation) {
  std::visit(Application(schema, operation), operation);
}

Schema applied(Schema schema, std::span<const Operation> operations) {
  for (const Operation& operation : operations) {
    apply(schema, operation);
  }
  return schema;
}

}  // namespace metaxy::migrate
