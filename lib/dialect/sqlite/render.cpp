#include "dialect/sqlite/render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/sqlite/ddl.hpp"
#include "dialect/sqlite/expression.hpp"
#include "dialect/sqlite/quoting.hpp"
#include "dialect/sqlite/rebuild.hpp"
#include "diff/apply.hpp"

namespace metaxy::migrate::sqlite {

namespace {

bool is_rename(const Operation& operation) {
  return std::holds_alternative<RenameTable>(operation) || std::holds_alternative<RenameColumn>(operation);
}

bool uses_column(const Constraint& constraint, const std::string& column) {
  if (const Check* check = std::get_if<Check>(&constraint)) {
    return mentions(check->expression, column);
  }
  const std::vector<std::string> columns = columns_of(constraint);
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

/// ADD COLUMN asks nothing of the rows that are there, whatever they are: the new column is the same constant
/// in all of them, or computed when read. What SQLite accepts for empty tables only is a rebuild
/// (dialects/matrix.md 1).
bool can_add(const Column& column) {
  if (column.generated) {
    return !column.generated->is_stored && column.is_nullable;
  }
  const bool is_constant = !column.default_sql || is_constant_default(*column.default_sql);
  return is_constant && (column.is_nullable || column.default_sql);
}

/// DROP COLUMN where nothing of the table itself is in the way. Views and triggers that use the column are
/// not looked for: SQLite does that, and refuses to break them, as the driver does after a rebuild.
bool can_drop(const Table& table, const std::string& column) {
  const bool is_used =
      std::any_of(table.constraints.begin(), table.constraints.end(),
                  [&](const Constraint& constraint) { return uses_column(constraint, column); });
  const bool is_computed_from = std::any_of(
      table.columns.begin(), table.columns.end(),
      [&](const Column& other) { return other.generated && mentions(other.generated->expression, column); });
  return !is_used && !is_computed_from && table.columns.size() > 1;
}

bool is_comment_change(const Operation& operation) {
  return std::holds_alternative<AlterColumnComment>(operation) ||
         std::holds_alternative<AlterTableComment>(operation);
}

bool is_index_change(const Operation& operation) {
  return std::holds_alternative<CreateIndex>(operation) || std::holds_alternative<DropIndex>(operation);
}

/// Whether SQLite's ALTER TABLE makes the change on `table`, as it is before.
bool is_native(const Operation& operation, const Table& table) {
  if (const AddColumn* add = std::get_if<AddColumn>(&operation)) {
    return can_add(add->column);
  }
  if (const DropColumn* drop = std::get_if<DropColumn>(&operation)) {
    return can_drop(table, drop->column.name);
  }
  return is_index_change(operation) || is_comment_change(operation);
}

/// The changes between two renames: nothing in them depends on their order but for names that become free, so
/// drops come first and what is new comes last.
class Batch {
 public:
  Batch(const Schema& before, std::span<const Operation> operations, bool is_after_rename)
      : before_(before), after_(before), operations_(operations), is_after_rename_(is_after_rename) {
    for (const Operation& operation : operations_) {
      apply(after_, operation);
      const TableName& name = table_of(operation);
      if (std::holds_alternative<CreateTable>(operation)) {
        created_.insert(name);
      } else if (std::holds_alternative<DropTable>(operation)) {
        dropped_.insert(name);
      }
    }
    for (const Operation& operation : operations_) {
      const TableName& name = table_of(operation);
      if (is_altered(name) && !is_native(operation, before_.at(name))) {
        rebuilt_.insert(name);
      }
    }
  }

  void write(Rendered& rendered) {
    drop_indexes();
    drop_tables();
    alter_tables();
    create_tables();
    create_indexes();
    std::move(statements_.begin(), statements_.end(), std::back_inserter(rendered.statements));
    rendered.rebuilt.insert(rendered.rebuilt.end(), rebuilt_.begin(), rebuilt_.end());
  }

  Schema after() && { return std::move(after_); }

 private:
  /// There before and after.
  bool is_altered(const TableName& name) const {
    return created_.count(name) == 0 && dropped_.count(name) == 0;
  }

  void add(std::string sql, const Operation& operation) {
    add(std::move(sql), summary(operation), data_loss(operation));
  }

  void add(std::string sql, std::string comment, const std::string& loss = "") {
    Statement statement;
    statement.text = std::move(sql);
    statement.comments.push_back(std::move(comment));
    if (!loss.empty()) {
      statement.comments.push_back("destructive: " + loss);
    }
    statements_.push_back(std::move(statement));
  }

  void drop_indexes() {
    for (const Operation& operation : operations_) {
      const DropIndex* drop = std::get_if<DropIndex>(&operation);
      if (drop != nullptr && is_altered(drop->table)) {
        add(fmt::format("DROP INDEX {}", quoted_name(drop->index.name)), operation);
      }
    }
  }

  void drop_tables() {
    for (const Operation& operation : operations_) {
      if (const DropTable* drop = std::get_if<DropTable>(&operation)) {
        add(fmt::format("DROP TABLE {}", quoted_name(drop->table.name.name)), operation);
      }
    }
  }

  void alter_tables() {
    std::set<TableName> done;
    for (const Operation& operation : operations_) {
      const TableName& name = table_of(operation);
      if (!is_altered(name)) {
        continue;
      }
      if (rebuilt_.count(name) == 0) {
        alter_natively(operation);
      } else if (done.insert(name).second) {
        rebuild(name);
      }
    }
  }

  void alter_natively(const Operation& operation) {
    if (const AddColumn* column = std::get_if<AddColumn>(&operation)) {
      add(fmt::format("ALTER TABLE {} ADD COLUMN {}", quoted_name(column->table.name),
                      column_definition(column->column)),
          operation);
    } else if (const DropColumn* dropped = std::get_if<DropColumn>(&operation)) {
      add(fmt::format("ALTER TABLE {} DROP COLUMN {}", quoted_name(dropped->table.name),
                      quoted_name(dropped->column.name)),
          operation);
    }
  }

  void rebuild(const TableName& name) {
    Table before = before_.at(name);
    if (is_after_rename_ && !before.triggers.empty()) {
      throw Error(
          ErrorKind::script,
          fmt::format("table '{}' has triggers and is rebuilt after a rename, which changes their text",
                      to_text(name)),
          {.where = std::nullopt,
           .hint = "make two revisions: first the rename, then the other changes",
           .notes = {}});
    }
    Rebuild rebuild{before, after_.at(name), {}, {}, {}};
    for (const Operation& operation : operations_) {
      if (table_of(operation) == name) {
        note(operation, before, rebuild);
      }
    }
    std::vector<Statement> statements = rebuild_statements(rebuild);
    std::move(statements.begin(), statements.end(), std::back_inserter(statements_));
  }

  static void note(const Operation& operation, Table& before, Rebuild& rebuild) {
    if (const DropIndex* drop = std::get_if<DropIndex>(&operation)) {
      before.indexes.erase(std::remove(before.indexes.begin(), before.indexes.end(), drop->index),
                           before.indexes.end());
      return;
    }
    if (is_comment_change(operation)) {
      return;
    }
    if (const AddColumn* column = std::get_if<AddColumn>(&operation)) {
      rebuild.new_columns.insert(column->column.name);
    }
    rebuild.summaries.push_back(summary(operation));
    const std::string loss = data_loss(operation);
    if (!loss.empty()) {
      rebuild.losses.push_back(loss);
    }
  }

  void create_tables() {
    for (const Operation& operation : operations_) {
      const CreateTable* create = std::get_if<CreateTable>(&operation);
      if (create == nullptr) {
        continue;
      }
      const Table& table = after_.at(create->table.name);
      add(create_table_sql(table, table.name.name), operation);
      for (const Index& index : table.indexes) {
        add(create_index_sql(table.name.name, index), summary(CreateIndex{table.name, index}));
      }
      for (const Trigger& trigger : table.triggers) {
        add(trigger.sql, fmt::format("create trigger {}", trigger.name));
      }
    }
  }

  void create_indexes() {
    for (const Operation& operation : operations_) {
      const CreateIndex* create = std::get_if<CreateIndex>(&operation);
      if (create != nullptr && is_altered(create->table) && rebuilt_.count(create->table) == 0) {
        add(create_index_sql(create->table.name, create->index), operation);
      }
    }
  }

  const Schema& before_;
  Schema after_;
  std::span<const Operation> operations_;
  bool is_after_rename_;
  std::set<TableName> created_;
  std::set<TableName> dropped_;
  std::set<TableName> rebuilt_;
  std::vector<Statement> statements_;
};

/// Only SQLite's own RENAME also changes the foreign keys, views and triggers that use the name.
void add_rename(const Operation& operation, std::vector<Statement>& statements) {
  const auto add = [&](std::string sql) {
    Statement statement;
    statement.text = std::move(sql);
    statement.comments.push_back(summary(operation));
    statements.push_back(std::move(statement));
  };
  if (const RenameColumn* column = std::get_if<RenameColumn>(&operation)) {
    add(fmt::format("ALTER TABLE {} RENAME COLUMN {} TO {}", quoted_name(column->table.name),
                    quoted_name(column->from), quoted_name(column->to)));
    return;
  }
  const RenameTable& table = std::get<RenameTable>(operation);
  std::string from = table.from.name;
  if (equal_ignoring_case(from, table.to.name)) {
    // To SQLite the new name is taken, by the table itself.
    const std::string between = fmt::format("__renamed_{}", from);
    add(fmt::format("ALTER TABLE {} RENAME TO {}", quoted_name(from), quoted_name(between)));
    from = between;
  }
  add(fmt::format("ALTER TABLE {} RENAME TO {}", quoted_name(from), quoted_name(table.to.name)));
}

}  // namespace

Rendered render(const Schema& before, std::span<const Operation> operations) {
  Rendered rendered;
  Schema current = before;
  bool is_after_rename = false;
  while (!operations.empty()) {
    const auto next_rename = std::find_if(operations.begin(), operations.end(), is_rename);
    const auto count = static_cast<std::size_t>(next_rename - operations.begin());
    if (count > 0) {
      Batch batch(current, operations.first(count), is_after_rename);
      batch.write(rendered);
      current = std::move(batch).after();
      operations = operations.subspan(count);
      continue;
    }
    add_rename(operations.front(), rendered.statements);
    apply(current, operations.front());
    is_after_rename = true;
    operations = operations.subspan(1);
  }
  return rendered;
}

}  // namespace metaxy::migrate::sqlite
