#include "dialect/duckdb/native.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "dialect/duckdb/casts.hpp"
#include "dialect/duckdb/ddl.hpp"
#include "dialect/duckdb/expression.hpp"
#include "dialect/duckdb/guards.hpp"
#include "dialect/duckdb/quoting.hpp"

namespace metaxy::migrate::duckdb {
namespace {

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_members(const Type& type) { return !type.members.empty(); }

/// DuckDB fills a new column with a literal of a plain type by itself; anything else is a hidden UPDATE,
/// after which no ALTER of the table can be committed, or (nested types) an internal error.
bool needs_backfill(const Column& column) {
  return column.default_sql && (!is_literal(*column.default_sql) || has_members(column.type));
}

/// Members of Metaxy's by-field columns are never dropped (metaxy contract, H3), so after a downgrade the
/// next upgrade finds them there. Elsewhere a member that is there is not the one that is added: it may be
/// spelled in another case.
bool keeps_members(std::string_view column) {
  return column == "metaxy_provenance_by_field" || column == "metaxy_data_version_by_field";
}

/// What ties a column to other parts of its table.
struct Ties {
  bool is_in_key = false;
  bool is_in_foreign_key = false;
  bool is_in_check = false;
  bool is_computed_from = false;
};

class Rules {
 public:
  Rules(const TableState& state, const std::vector<const Operation*>& operations)
      : table_(*state.table), is_parent_(state.is_parent), operations_(operations) {
    for (const Operation* operation : operations) {
      if (const auto* rename = std::get_if<RenameColumn>(operation)) old_names_[rename->to] = rename->from;
    }
  }

  bool allow_all() {
    return std::all_of(operations_.begin(), operations_.end(),
                       [this](const Operation* operation) {
                         return std::visit([this](const auto& one) { return allows(one); }, *operation);
                       }) &&
           allows_backfills() && allows_names();
  }

 private:
  /// An index, or another table's foreign key, forbids all ALTERs but ADD COLUMN and defaults ("Cannot alter
  /// entry ... because there are entries that depend on it"), even when it is dropped earlier in the same
  /// transaction.
  bool is_free() const { return table_.indexes.empty() && !is_parent_; }

  Ties ties_of(const std::string& column) const {
    Ties ties;
    for (const Constraint& constraint : table_.constraints) {
      if (const Check* check = std::get_if<Check>(&constraint)) {
        ties.is_in_check |= mentions(check->expression, column);
      } else if (holds(columns_of(constraint), column)) {
        (std::holds_alternative<ForeignKey>(constraint) ? ties.is_in_foreign_key : ties.is_in_key) = true;
      }
      if (const auto* key = std::get_if<ForeignKey>(&constraint)) {
        ties.is_in_foreign_key |=
            key->referenced_table == table_.name && holds(key->referenced_columns, column);
      }
    }
    for (const Column& other : table_.columns) {
      ties.is_computed_from |= other.generated && mentions(other.generated->expression, column);
    }
    return ties;
  }

  /// "Cannot drop this column: an index depends on a column after it", keys included.
  bool is_before_key(const std::string& column) const {
    bool is_behind = false;
    for (const Column& other : table_.columns) {
      if (is_behind) {
        const Ties ties = ties_of(other.name);
        if (ties.is_in_key || ties.is_in_foreign_key) return true;
      }
      is_behind |= other.name == column;
    }
    return false;
  }

  bool has_key() const {
    return std::any_of(
        table_.constraints.begin(), table_.constraints.end(),
        [](const Constraint& constraint) { return !std::holds_alternative<Check>(constraint); });
  }

  /// The name that the column has in `table_`.
  const std::string& old_name(const std::string& column) const {
    const auto found = old_names_.find(column);
    return found == old_names_.end() ? column : found->second;
  }

  /// Nothing but the table's own rows depends on the column.
  bool is_untied(const std::string& column) const {
    const Ties ties = ties_of(old_name(column));
    return is_free() && !ties.is_in_key && !ties.is_in_foreign_key && !ties.is_in_check &&
           !ties.is_computed_from;
  }

  bool allows(const CreateTable&) const { return false; }
  bool allows(const DropTable&) const { return false; }
  /// Renaming a table with foreign keys leaves its parent pointing to the old name for good (duckdb issue
  /// 24648).
  bool allows(const RenameTable&) const {
    return is_free() &&
           std::none_of(table_.constraints.begin(), table_.constraints.end(),
                        [](const Constraint& one) { return std::holds_alternative<ForeignKey>(one); });
  }
  bool allows(const AddColumn& o) const {
    if (o.column.generated) return false;
    if (o.column.is_nullable) return true;
    // SET NOT NULL follows, which an UPDATE before it would forbid.
    return is_free() && !needs_backfill(o.column);
  }
  bool allows(const DropColumn& o) const {
    return is_untied(o.column.name) && !is_before_key(old_name(o.column.name));
  }
  bool allows(const RenameColumn& o) const { return is_free() && !ties_of(o.from).is_in_foreign_key; }
  bool allows(const AlterType& o) const {
    const Column* column = find_column(table_, old_name(o.column));
    return is_untied(o.column) && is_convertible(o) && column != nullptr && column->collation.empty();
  }
  /// ALTER also converts deleted rows; where a value is taken apart and its parts converted, one of them may
  /// fail.
  static bool is_convertible(const AlterType& o) {
    return is_plain_cast(o.from, o.to) || o.from.name != "MAP" ||
           std::all_of(o.to.members.begin(), o.to.members.end(), [&](const TypeMember& one) {
             return cast_risk(o.from.members.back().type, one.type) == CastRisk::none;
           });
  }
  bool allows(const AlterNullable&) const { return is_free(); }
  bool allows(const AlterDefault&) const { return true; }
  bool allows(const AlterGenerated&) const { return false; }
  bool allows(const AlterCollation&) const { return false; }
  bool allows(const AlterColumnComment&) const { return true; }
  bool allows(const AlterTableComment&) const { return true; }
  bool allows(const AlterTableOptions&) const { return true; }
  bool allows(const AddMember& o) const { return allows_member(o.column); }
  bool allows(const DropMember& o) const { return allows_member(o.column); }
  /// A default would keep naming the old members.
  bool allows_member(const std::string& name) const {
    const Column* column = find_column(table_, old_name(name));
    return is_untied(name) && column != nullptr && !column->default_sql;
  }
  bool allows(const CreateIndex&) const { return true; }
  bool allows(const DropIndex&) const { return true; }
  bool allows(const AddConstraint& o) const {
    return std::holds_alternative<PrimaryKey>(o.constraint) && is_free() && primary_key(table_) == nullptr;
  }
  bool allows(const DropConstraint&) const { return false; }

  /// An UPDATE at the end of the transaction must not meet an index that is built on its column; of a nested
  /// column it deletes and inserts rows, which keys and foreign keys refuse.
  bool allows_backfills() const {
    std::vector<std::string> filled;
    for (const Operation* operation : operations_) {
      const auto* add = std::get_if<AddColumn>(operation);
      if (add == nullptr || !needs_backfill(add->column)) continue;
      if (has_members(add->column.type) && (has_key() || is_parent_ || !table_.indexes.empty())) return false;
      filled.push_back(add->column.name);
    }
    return filled.empty() ||
           std::none_of(operations_.begin(), operations_.end(), [](const Operation* operation) {
             return std::holds_alternative<CreateIndex>(*operation) ||
                    std::holds_alternative<AddConstraint>(*operation);
           });
  }

  /// A dropped index keeps its name until the transaction ends ("An index with the name ... already exists"),
  /// unless its table goes too.
  bool allows_names() const {
    std::vector<std::string> dropped;
    for (const Operation* operation : operations_) {
      if (const auto* drop = std::get_if<DropIndex>(operation)) dropped.push_back(drop->index.name);
      const auto* create = std::get_if<CreateIndex>(operation);
      if (create != nullptr && holds(dropped, create->index.name)) return false;
    }
    return true;
  }

  const Table& table_;
  bool is_parent_;
  const std::vector<const Operation*>& operations_;
  /// New name to old one, of columns that are renamed.
  std::map<std::string, std::string> old_names_;
};

std::string alter(const TableName& table, std::string_view action) {
  return fmt::format("ALTER TABLE {} {}", quoted_name(table), action);
}

std::string member_path(const std::string& column, const std::vector<std::string>& path) {
  std::string text = quoted_name(column);
  for (const std::string& name : path) text += "." + quoted_name(name);
  return text;
}

class NativeWriter {
 public:
  NativeWriter(const Operation& operation, const std::vector<const Operation*>& all, const Table& after,
               std::vector<Statement>& later)
      : operation_(operation),
        all_(all),
        summary_(summary(operation)),
        loss_(loss_of(operation)),
        after_(after),
        later_(later) {}

  std::vector<Statement> take() && { return std::move(statements_); }

  void operator()(const RenameTable& o) { add(alter(o.from, "RENAME TO " + quoted_name(o.to.name))); }
  void operator()(const AddColumn& o) {
    const Column& column = o.column;
    const bool is_filled_later = needs_backfill(column);
    std::string action = fmt::format("ADD COLUMN {} {}", quoted_name(column.name), to_text(column.type));
    if (!column.collation.empty()) action += " COLLATE " + quoted_name(column.collation);
    if (column.default_sql && !is_filled_later) action += " DEFAULT " + default_value(*column.default_sql);
    add(alter(o.table, action));
    if (is_filled_later) {
      alter_column(o.table, column.name, "SET DEFAULT " + default_value(*column.default_sql));
      const std::string name = final_name(column.name);
      later_.push_back(
          explained(fmt::format("UPDATE {0} SET {1} = {2} WHERE {1} IS NULL", quoted_name(after_.name),
                                quoted_name(name), default_value(*column.default_sql)),
                    fmt::format("fill column {}.{}", to_text(after_.name), name)));
    }
    if (!column.is_nullable) alter_column(o.table, column.name, "SET NOT NULL");
    if (!column.comment.empty()) add(column_comment_sql(o.table, column.name, column.comment));
  }
  void operator()(const DropColumn& o) { add(alter(o.table, "DROP COLUMN " + quoted_name(o.column.name))); }
  void operator()(const RenameColumn& o) {
    add(alter(o.table, fmt::format("RENAME COLUMN {} TO {}", quoted_name(o.from), quoted_name(o.to))));
  }
  void operator()(const AlterType& o) {
    const std::string column = quoted_name(o.column);
    const std::string type = to_text(o.to);
    const Conversion conversion{o.column, o.from, o.to};
    add(type_guard(o.table, conversion), "check that the type is still the old one");
    if (std::optional<std::string> guard = members_guard(o.table, {conversion})) {
      add(*std::move(guard), "check that no members are lost");
    }
    if (!is_plain_cast(o.from, o.to)) {
      alter_column(o.table, o.column, fmt::format("TYPE {} USING {}", type, converted(column, o.from, o.to)));
    } else if (cast_risk(o.from, o.to) == CastRisk::none) {
      alter_column(o.table, o.column, "TYPE " + type);
    } else {
      // ALTER converts deleted rows too and would stop at them, so it is told to make them NULL; that no row
      // that is there becomes NULL is checked before.
      add(values_guard(o.table, conversion), "check that all values fit");
      alter_column(o.table, o.column, fmt::format("TYPE {0} USING TRY_CAST({1} AS {0})", type, column));
    }
  }
  void operator()(const AlterNullable& o) {
    alter_column(o.table, o.column, o.is_nullable ? "DROP NOT NULL" : "SET NOT NULL");
  }
  void operator()(const AlterDefault& o) {
    alter_column(o.table, o.column, o.to ? "SET DEFAULT " + default_value(*o.to) : "DROP DEFAULT");
  }
  void operator()(const AlterColumnComment& o) { add(column_comment_sql(o.table, o.column, o.to)); }
  void operator()(const AlterTableComment& o) { add(table_comment_sql(o.table, o.to)); }
  void operator()(const AddMember& o) {
    add(alter(o.table, fmt::format("ADD COLUMN {}{} {}", keeps_members(o.column) ? "IF NOT EXISTS " : "",
                                   member_path(o.column, o.path), to_text(o.type))));
  }
  void operator()(const DropMember& o) {
    add(alter(o.table, "DROP COLUMN " + member_path(o.column, o.path)));
  }
  /// As it is in the end: its table and columns may be renamed after it.
  void operator()(const CreateIndex& o) {
    const Index* index = find_index(after_, o.index.name);
    if (index == nullptr) return;
    later_.push_back(explained(create_index_sql(after_.name, *index), summary_));
    if (!index->comment.empty())
      later_.push_back(explained(index_comment_sql(after_.name, *index), summary_));
  }
  void operator()(const DropIndex& o) { add(drop_index_sql(o.table, o.index)); }
  void operator()(const AddConstraint& o) {
    add(alter(o.table, fmt::format("ADD PRIMARY KEY ({})", quoted_list(columns_of(o.constraint)))));
  }
  /// Not done by ALTER.
  void operator()(const CreateTable&) {}
  void operator()(const DropTable&) {}
  void operator()(const AlterCollation&) {}
  void operator()(const AlterGenerated&) {}
  void operator()(const AlterTableOptions&) {}
  void operator()(const DropConstraint&) {}

 private:
  void add(std::string sql) { add(std::move(sql), summary_, loss_); }
  void add(std::string sql, std::string comment, const std::string& loss = {}) {
    statements_.push_back(explained(std::move(sql), std::move(comment), loss));
  }
  /// What a column of now is called after the operations that follow.
  std::string final_name(std::string name) const {
    for (auto at = std::find(all_.begin(), all_.end(), &operation_); at != all_.end(); ++at) {
      const auto* rename = std::get_if<RenameColumn>(*at);
      if (rename != nullptr && rename->from == name) name = rename->to;
    }
    return name;
  }
  void alter_column(const TableName& table, const std::string& column, const std::string& action) {
    add(alter(table, fmt::format("ALTER COLUMN {} {}", quoted_name(column), action)));
  }

  const Operation& operation_;
  /// Of the table, in order.
  const std::vector<const Operation*>& all_;
  std::string summary_;
  std::string loss_;
  std::vector<Statement> statements_;
  const Table& after_;
  std::vector<Statement>& later_;
};

}  // namespace

std::string loss_of(const Operation& operation) {
  std::string loss = data_loss(operation);
  const auto* type = std::get_if<AlterType>(&operation);
  if (type == nullptr || !loss.empty() || cast_risk(type->from, type->to) != CastRisk::changes) return loss;
  return fmt::format("values of {} that {} cannot hold exactly are changed", type->column, to_text(type->to));
}

Statement explained(std::string sql, std::string comment, const std::string& loss) {
  Statement statement;
  statement.text = std::move(sql);
  statement.comments.push_back(std::move(comment));
  if (!loss.empty()) statement.comments.push_back("destructive: " + loss);
  return statement;
}

bool can_alter(const TableState& state, const std::vector<const Operation*>& operations) {
  return Rules(state, operations).allow_all();
}

std::vector<Statement> alter_statements(const Operation& operation, const std::vector<const Operation*>& all,
                                        const Table& after, std::vector<Statement>& later) {
  NativeWriter writer(operation, all, after, later);
  std::visit(writer, operation);
  return std::move(writer).take();
}

}  // namespace metaxy::migrate::duckdb
