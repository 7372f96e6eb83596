#include "dialect/postgresql/render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/postgresql/casts.hpp"
#include "dialect/postgresql/ddl.hpp"
#include "dialect/postgresql/enums.hpp"
#include "dialect/postgresql/options.hpp"
#include "dialect/postgresql/quoting.hpp"
#include "dialect/postgresql/regeneration.hpp"
#include "dialect/postgresql/rewrites.hpp"
#include "dialect/postgresql/types.hpp"
#include "diff/apply.hpp"

namespace metaxy::migrate::postgresql {

namespace {

/// Sections of one revision, in the order in which they run. Each but `concurrent` is a transaction.
enum class Phase : std::size_t {
  labels,      ///< Of enums, where statements below use them: not before they are committed.
  change,      ///< What is done in an instant, whatever the number of rows.
  concurrent,  ///< Indexes, outside a transaction.
  validate,    ///< Rows are read, writers go on.
  complete,    ///< What the validated checks and the new indexes make cheap.
  reference,   ///< Rows of foreign keys are checked.
  rename,      ///< New names, and what comes behind them, where statements above use the old ones.
};
constexpr std::size_t kPhases = 7;

/// A unique index behind a key that is yet to be made.
Index index_behind(const std::string& name, const std::vector<std::string>& columns) {
  Index index;
  index.name = name;
  index.is_unique = true;
  for (const std::string& column : columns) {
    IndexPart part;
    part.column = column;
    index.parts.push_back(std::move(part));
  }
  return index;
}

bool is_collatable(const Type& type) {
  return is_text(type) || (type.name == "LIST" && is_text(type.members.front().type));
}

class Writer {
 public:
  Writer(const Schema& before, std::span<const Operation> operations, const RenderOptions& options)
      : state_(before), enums_(enums_of(before)), operations_(operations), options_(options) {
    for (const Operation& operation : operations) {
      if (const auto* create = std::get_if<CreateTable>(&operation)) created_.insert(create->table.name);
    }
    builds_keys_ = std::any_of(operations.begin(), operations.end(), [this](const Operation& operation) {
      const auto* add = std::get_if<AddConstraint>(&operation);
      return add != nullptr && is_online(add->table) &&
             (std::holds_alternative<PrimaryKey>(add->constraint) ||
              std::holds_alternative<Unique>(add->constraint));
    });
  }

  std::vector<std::vector<Statement>> written() {
    for (at_ = 0; at_ < operations_.size(); ++at_) {
      const Operation& operation = operations_[at_];
      // A downgrade renames last: by then other sections have work left under the old names.
      const bool is_rename =
          std::holds_alternative<RenameTable>(operation) || std::holds_alternative<RenameColumn>(operation);
      const auto has_statements = [](const auto& phase) { return !phase.empty(); };
      is_renaming_late_ |=
          is_rename && std::any_of(phases_.begin() + static_cast<std::ptrdiff_t>(Phase::change) + 1,
                                   phases_.end(), has_statements);
      make_enums();
      begin_regeneration();
      if (!is_regenerated(operation)) std::visit([this](const auto& one) { this->write(one); }, operation);
      migrate::apply(state_, operation);
      end_regeneration();
    }
    drop_enums();
    join_labels();
    std::vector<std::vector<Statement>> result;
    for (std::vector<WrittenStatement>& phase : phases_) {
      if (!phase.empty()) result.push_back(with_joined_rewrites(std::move(phase)));
    }
    return result;
  }

 private:
  /// Whether others may be using the table: it is there before this revision. The server has no online forms
  /// for a partitioned one.
  bool is_online(const TableName& table) const {
    return options_.is_online && !is_renaming_late_ && created_.count(table) == 0 && !is_partitioned(table);
  }
  bool is_partitioned(const TableName& name) const {
    const Table* table = find_table(state_, name);
    return table != nullptr &&
           std::any_of(table->options.begin(), table->options.end(),
                       [](const std::string& option) { return option_behind(option, "PARTITION BY "); });
  }

  void add(Phase phase, std::string sql) {
    const Operation& operation = operations_[at_];
    add(phase, std::move(sql), summary(operation), loss_of(operation));
  }
  /// `data_loss`, and what PostgreSQL rounds or cuts when it casts.
  static std::string loss_of(const Operation& operation) {
    const auto* type = std::get_if<AlterType>(&operation);
    if (type == nullptr || cast_risk(type->from, type->to) != CastRisk::changes) return data_loss(operation);
    return fmt::format("values of {} that {} cannot hold exactly are changed", type->column,
                       migrate::to_text(named(type->to)));
  }
  void add(Phase phase, std::string sql, std::string comment, const std::string& loss = "") {
    Statement statement;
    statement.text = std::move(sql);
    statement.comments.push_back(std::move(comment));
    if (!loss.empty()) statement.comments.push_back("destructive: " + loss);
    statements_of(phase).push_back({.statement = std::move(statement), .action = {}});
  }
  std::vector<WrittenStatement>& statements_of(Phase phase) {
    return phases_.at(static_cast<std::size_t>(is_renaming_late_ ? Phase::rename : phase));
  }
  void alter(Phase phase, const TableName& table, const std::string& action) {
    add(phase, fmt::format("ALTER TABLE {} {}", quoted_name(table), action));
    note_action(phase, table, action);
  }
  /// A further statement of the same operation, which loses nothing by itself.
  void alter_also(Phase phase, const TableName& table, const std::string& action, std::string comment) {
    add(phase, fmt::format("ALTER TABLE {} {}", quoted_name(table), action), std::move(comment));
    note_action(phase, table, action);
  }
  void note_action(Phase phase, const TableName& table, const std::string& action) {
    if (!option_behind(action, "ALTER COLUMN ")) return;
    statements_of(phase).back().action = ColumnAction{.table = table, .text = action};
  }

  /// Types come before the columns that have them.
  void make_enums() {
    for (const auto& [name, labels] : enums_made_by(operations_[at_])) {
      const auto known = enums_.find(name);
      if (known == enums_.end()) {
        add(Phase::change, create_enum_sql(name, labels), fmt::format("create enum {}", name));
        enums_[name] = labels;
        continue;
      }
      add_enum_labels(name, known->second, merged_labels(known->second, labels));
    }
  }

  void add_enum_labels(const std::string& name, std::vector<std::string>& known,
                       std::vector<std::string> wanted) {
    if (known == wanted) return;
    for (AddLabel& added : add_labels(name, known, wanted)) {
      add(Phase::labels, std::move(added.sql), fmt::format("add label '{}' to enum {}", added.label, name));
      new_labels_.push_back(literal(added.label));
    }
    new_labels_.push_back(name);
    known = std::move(wanted);
  }

  /// And go after them.
  void drop_enums() {
    const Enums left = enums_of(state_);
    for (const auto& [name, labels] : enums_) {
      if (left.count(name) == 0) {
        add(Phase::change, drop_enum_sql(name), fmt::format("drop enum {}, unless others use it", name));
      }
    }
  }

  /// One revision is one transaction where it can be: only who uses a new label must wait for its commit.
  void join_labels() {
    std::vector<WrittenStatement>& labels = phases_[static_cast<std::size_t>(Phase::labels)];
    std::vector<WrittenStatement>& change = phases_[static_cast<std::size_t>(Phase::change)];
    const bool is_used = std::any_of(phases_.begin() + 1, phases_.end(), [this](const auto& phase) {
      return std::any_of(phase.begin(), phase.end(), [this](const WrittenStatement& one) {
        return std::any_of(new_labels_.begin(), new_labels_.end(), [&one](const std::string& text) {
          return one.statement.text.find(text) != std::string::npos;
        });
      });
    });
    if (is_used) return;
    change.insert(change.begin(), std::make_move_iterator(labels.begin()),
                  std::make_move_iterator(labels.end()));
    labels.clear();
  }

  void write(const CreateTable& create) {
    const Table& table = create.table;
    const bool refers =
        std::any_of(table.constraints.begin(), table.constraints.end(),
                    [](const Constraint& one) { return std::holds_alternative<ForeignKey>(one); });
    // The key that it refers to may be made in this revision.
    const Phase phase = builds_keys_ && refers ? Phase::complete : Phase::change;
    require_free_names(table);
    add(phase, create_table_sql(table));
    for (const Constraint& key : repeated_keys(table)) {
      alter_also(phase, table.name, "ADD " + constraint_definition(table.name, key),
                 summary(AddConstraint{table.name, key}));
    }
    for (const Index& index : table.indexes) write_plain(phase, table.name, index);
    if (!table.comment.empty()) {
      add(phase, table_comment_sql(table.name, table.comment),
          summary(AlterTableComment{table.name, "", table.comment}));
    }
    for (const Column& column : table.columns) {
      if (column.comment.empty()) continue;
      add(phase, column_comment_sql(table.name, column.name, column.comment),
          summary(AlterColumnComment{table.name, column.name, "", column.comment}));
    }
    for (const std::string& grant : options_.grants) {
      // "SELECT, INSERT TO reader": checked when the setting was read.
      const std::size_t to = upper(grant).find(" TO ");
      const std::string role(trimmed(std::string_view(grant).substr(to + 4)));
      add(phase,
          fmt::format("GRANT {} ON TABLE {} TO {}", grant.substr(0, to), quoted_name(table.name),
                      equal_ignoring_case(role, "public") ? "PUBLIC" : quoted_name(role)),
          fmt::format("grant on {}", to_text(table.name)));
    }
  }

  void write_plain(Phase phase, const TableName& table, const Index& index) {
    add(phase, create_index_sql(table, index, IndexBuild::plain), summary(CreateIndex{table, index}));
    if (!index.comment.empty()) {
      add(phase, index_comment_sql(table, index), fmt::format("comment on index {}", index.name));
    }
  }

  /// Keys are indexes, whose names are those of the schema: a table that was renamed keeps its own.
  void require_free_names(const Table& table) const {
    for (const Constraint& constraint : table.constraints) {
      const bool has_index =
          std::holds_alternative<PrimaryKey>(constraint) || std::holds_alternative<Unique>(constraint);
      const std::string name = constraint_name(table.name, constraint);
      for (const auto& [other_name, other] : state_) {
        if (has_index && other_name.schema == table.name.schema && has_key_of_name(other, name)) {
          throw Error(ErrorKind::script,
                      fmt::format("constraint '{}' of '{}' would have the name of one of '{}'", name,
                                  to_text(table.name), to_text(other_name)),
                      {.where = {},
                       .hint = "make two revisions, and rename the old constraint in between",
                       .notes = {}});
        }
      }
    }
  }

  static bool has_key_of_name(const Table& table, const std::string& name) {
    return std::any_of(table.constraints.begin(), table.constraints.end(), [&](const Constraint& one) {
      return !std::holds_alternative<Check>(one) && !std::holds_alternative<ForeignKey>(one) &&
             constraint_name(table.name, one) == name;
    });
  }

  void write(const DropTable& drop) {
    add(Phase::change, fmt::format("DROP TABLE {}", quoted_name(drop.table.name)));
  }
  void write(const RenameTable& rename) {
    if (rename.from.schema != rename.to.schema) {
      throw Error(ErrorKind::script,
                  fmt::format("'{}' cannot be moved to another schema", to_text(rename.from)),
                  {.where = {}, .hint = "write ALTER TABLE ... SET SCHEMA by hand", .notes = {}});
    }
    alter(Phase::change, rename.from, "RENAME TO " + quoted_name(rename.to.name));
  }

  void write(const AddColumn& op) {
    const Table& table = state_.at(op.table);
    alter(Phase::change, op.table, "ADD COLUMN " + column_definition(table, op.column));
    const bool has_own_value_each = op.column.generated || column_option(table, "IDENTITY", op.column.name) ||
                                    column_option(table, "SERIAL", op.column.name);
    if (has_own_value_each && created_.count(op.table) == 0) note_rewrite();
    if (!op.column.comment.empty()) {
      add(Phase::change, column_comment_sql(op.table, op.column.name, op.column.comment),
          summary(AlterColumnComment{op.table, op.column.name, "", op.column.comment}));
    }
  }
  void write(const DropColumn& op) {
    alter(Phase::change, op.table, "DROP COLUMN " + quoted_name(op.column.name));
  }
  void write(const RenameColumn& op) {
    alter(Phase::change, op.table,
          fmt::format("RENAME COLUMN {} TO {}", quoted_name(op.from), quoted_name(op.to)));
  }

  void write(const AlterType& op) {
    if (is_labels_only(op)) return require_labels_stay(op);
    const Column& column = *find_column(state_.at(op.table), op.column);
    // A default is not converted with the values; what it is to be is said anew.
    if (column.default_sql)
      alter_also(Phase::change, op.table, alter_column(op.column, "DROP DEFAULT"), summary_here());
    const std::string collation =
        is_collatable(op.to) ? collation_after(op.table, op.column, column.collation) : "";
    alter(Phase::change, op.table,
          alter_column(op.column, fmt::format("TYPE {} USING {}", type_sql(op.to, collation),
                                              conversion(op.column, op.from, op.to))));
    if (!keeps_rows(op.from, op.to) && created_.count(op.table) == 0) note_rewrite();
    if (column.default_sql && !has_later<AlterDefault>(op.table, op.column)) {
      alter_also(Phase::change, op.table, alter_column(op.column, "SET DEFAULT " + *column.default_sql),
                 summary_here());
    }
  }
  /// For who reviews the script: there is no way to do it beside readers and writers.
  void note_rewrite() {
    WrittenStatement& last = statements_of(Phase::change).back();
    last.statement.comments.emplace_back("all rows are written anew while nobody else can use the table");
    if (last.action) last.action->has_rewrite = true;
  }
  std::string summary_here() const { return summary(operations_[at_]); }
  static std::string alter_column(const std::string& column, const std::string& action) {
    return fmt::format("ALTER COLUMN {} {}", quoted_name(column), action);
  }

  template <class Op>
  const Op* has_later(const TableName& table, const std::string& column) const {
    for (std::size_t i = at_ + 1; i < operations_.size(); ++i) {
      const Op* op = std::get_if<Op>(&operations_[i]);
      if (op != nullptr && op->table == table && op->column == column) return op;
    }
    return nullptr;
  }
  bool has_earlier_type(const AlterCollation& collation) const {
    const auto here = operations_.begin() + static_cast<std::ptrdiff_t>(at_);
    return std::any_of(operations_.begin(), here, [&collation](const Operation& operation) {
      const auto* type = std::get_if<AlterType>(&operation);
      return type != nullptr && type->table == collation.table && type->column == collation.column &&
             !is_labels_only(*type);
    });
  }
  std::string collation_after(const TableName& table, const std::string& column,
                              const std::string& now) const {
    const auto* later = has_later<AlterCollation>(table, column);
    return later == nullptr ? now : later->to;
  }

  void write(const AlterNullable& op) {
    if (op.is_nullable) {
      return alter(Phase::change, op.table, alter_column(op.column, "DROP NOT NULL"));
    }
    const std::string set = alter_column(op.column, "SET NOT NULL");
    if (!is_online(op.table)) return alter(Phase::change, op.table, set);
    // SET NOT NULL reads all rows under a lock that keeps everybody out, unless a valid check says it
    // already.
    const std::string check = quoted_name(made_name({op.table.name, op.column, "not_null"}));
    alter_also(
        Phase::change, op.table,
        fmt::format("ADD CONSTRAINT {} CHECK ({} IS NOT NULL) NOT VALID", check, quoted_name(op.column)),
        fmt::format("not null {}.{}: new rows", to_text(op.table), op.column));
    alter_also(Phase::validate, op.table, "VALIDATE CONSTRAINT " + check,
               fmt::format("not null {}.{}: the rows that are there", to_text(op.table), op.column));
    alter(Phase::complete, op.table, set);
    alter_also(Phase::complete, op.table, "DROP CONSTRAINT " + check,
               fmt::format("not null {}.{}: the check has served", to_text(op.table), op.column));
  }

  void write(const AlterDefault& op) {
    alter(Phase::change, op.table, alter_column(op.column, op.to ? "SET DEFAULT " + *op.to : "DROP DEFAULT"));
  }

  /// A regeneration says it.
  void write(const AlterGenerated&) {}

  bool is_regenerated(const Operation& operation) const {
    return regeneration_ && regeneration_->holds(column_of(operation));
  }
  bool is_of_regenerated(const std::string& option) const {
    return regeneration_ && option_behind(option, "CONSTRAINT ") && regeneration_->is_mentioned_in(option);
  }

  void begin_regeneration() {
    if (regeneration_) return;
    regeneration_ = regeneration_at(state_, operations_, at_);
    if (!regeneration_) return;
    const TableName& table = regeneration_->table;
    for (const Regeneration::Column& column : regeneration_->freed) {
      alter_also(Phase::change, table, alter_column(column.name, "DROP EXPRESSION"), column.reason);
    }
    for (const auto& [from, key] : regeneration_->references) {
      alter_also(Phase::change, from, "DROP CONSTRAINT " + quoted_name(constraint_name(from, key)),
                 summary(DropConstraint{from, key}));
    }
    for (const Regeneration::Column& column : regeneration_->columns) {
      add(Phase::change,
          fmt::format("ALTER TABLE {} DROP COLUMN {}", quoted_name(table), quoted_name(column.name)),
          column.reason, column.loss);
    }
  }

  void end_regeneration() {
    if (!regeneration_ || at_ + 1 < regeneration_->end) return;
    const Table& table = state_.at(regeneration_->table);
    for (const auto& [name, reason, loss] : regeneration_->columns) {
      Column column = *find_column(table, name);
      column.default_sql.reset();
      alter_also(Phase::change, table.name, "ADD COLUMN " + column_definition(table, column), reason);
      note_rewrite();
      if (column.comment.empty()) continue;
      add(Phase::change, column_comment_sql(table.name, name, column.comment), reason);
    }
    for (const Constraint& one : regeneration_->constraints) add_again(table.name, one);
    for (const std::string& option : table.options) {
      if (is_of_regenerated(option)) alter_also(Phase::change, table.name, "ADD " + option, summary_here());
    }
    for (const Index& index : regeneration_->indexes) write_plain(Phase::change, table.name, index);
    for (const auto& [from, key] : regeneration_->references) add_again(from, key);
    regeneration_.reset();
  }
  void add_again(const TableName& table, const Constraint& constraint) {
    alter_also(Phase::change, table, "ADD " + constraint_definition(table, constraint),
               summary(AddConstraint{table, constraint}));
  }

  void write(const AlterCollation& op) {
    const Column& column = *find_column(state_.at(op.table), op.column);
    // A change of type says the collation, too.
    if (!is_collatable(column.type) || has_earlier_type(op)) return;
    alter(Phase::change, op.table,
          alter_column(op.column,
                       fmt::format("TYPE {}", type_sql(column.type, op.to.empty() ? "default" : op.to))));
  }
  void write(const AlterColumnComment& op) {
    add(Phase::change, column_comment_sql(op.table, op.column, op.to));
  }
  void write(const AlterTableComment& op) { add(Phase::change, table_comment_sql(op.table, op.to)); }

  void write(const AlterTableOptions& op) {
    const auto missing_in = [](const std::vector<std::string>& options, const std::string& option) {
      return std::find(options.begin(), options.end(), option) == options.end();
    };
    for (const std::string& option : op.from) {
      if (missing_in(op.to, option) && !is_of_regenerated(option))
        alter(Phase::change, op.table, without_option(op.table, option));
    }
    for (const std::string& option : op.to) {
      if (missing_in(op.from, option) && !is_of_regenerated(option))
        alter(Phase::change, op.table, with_option(op.table, option));
    }
  }

  static std::string with_option(const TableName& table, const std::string& option) {
    if (option == kUnlogged) return "SET UNLOGGED";
    if (option_behind(option, "CONSTRAINT ")) return "ADD " + option;
    if (const auto rest = option_behind(option, "IDENTITY (")) {
      const std::size_t end = rest->rfind(')');
      return fmt::format("ALTER COLUMN {} ADD GENERATED {} AS IDENTITY", rest->substr(0, end),
                         trimmed(std::string_view(*rest).substr(end + 1)));
    }
    if (const auto rest = option_behind(option, "WITH ")) return "SET " + *rest;
    refuse_option(table, option);
  }

  static std::string without_option(const TableName& table, const std::string& option) {
    if (option == kUnlogged) return "SET LOGGED";
    if (const auto rest = option_behind(option, "CONSTRAINT ")) {
      return "DROP CONSTRAINT " + rest->substr(0, rest->find("\" ") + 1);
    }
    if (const auto rest = option_behind(option, "IDENTITY (")) {
      return fmt::format("ALTER COLUMN {} DROP IDENTITY", rest->substr(0, rest->rfind(')')));
    }
    if (const auto rest = option_behind(option, "WITH (")) {
      std::vector<std::string> names;
      for (const std::string& setting : split(rest->substr(0, rest->size() - 1), ',')) {
        names.emplace_back(trimmed(setting.substr(0, setting.find('='))));
      }
      return fmt::format("RESET ({})", join(names, ", "));
    }
    refuse_option(table, option);
  }

  [[noreturn]] static void refuse_option(const TableName& table, const std::string& option) {
    throw Error(ErrorKind::script, fmt::format("no ALTER TABLE changes '{}' of '{}'", option, to_text(table)),
                {.where = {}, .hint = "write the statements by hand", .notes = {}});
  }

  template <class Op>
  [[noreturn]] static void refuse_member(const Op& op) {
    throw Error(ErrorKind::script,
                fmt::format("'{}.{}' has no members in PostgreSQL", to_text(op.table), op.column));
  }
  [[noreturn]] void write(const AddMember& op) { refuse_member(op); }
  [[noreturn]] void write(const DropMember& op) { refuse_member(op); }

  void write(const CreateIndex& op) {
    const bool is_concurrent = is_online(op.table);
    add(is_concurrent ? Phase::concurrent : Phase::change,
        create_index_sql(op.table, op.index, is_concurrent ? IndexBuild::concurrently : IndexBuild::plain));
    if (!op.index.comment.empty()) {
      add(is_concurrent ? Phase::complete : Phase::change, index_comment_sql(op.table, op.index),
          fmt::format("comment on index {}", op.index.name));
    }
  }
  /// Readers and writers go on while it waits for the last of them, unless something else of the table does
  /// not.
  void write(const DropIndex& op) {
    const bool is_concurrent = is_online(op.table) && !must_go_at_once(op.table);
    add(is_concurrent ? Phase::concurrent : Phase::change,
        drop_index_sql(op.table, op.index.name,
                       is_concurrent ? IndexBuild::concurrently : IndexBuild::plain));
  }

  /// Whether the first section changes what an index may stand on.
  bool must_go_at_once(const TableName& table) const {
    return std::any_of(operations_.begin(), operations_.end(), [&table](const Operation& operation) {
      const bool is_change =
          std::holds_alternative<AlterType>(operation) || std::holds_alternative<DropColumn>(operation) ||
          std::holds_alternative<AlterGenerated>(operation) ||
          std::holds_alternative<AlterCollation>(operation) ||
          std::holds_alternative<RenameColumn>(operation) || std::holds_alternative<RenameTable>(operation) ||
          std::holds_alternative<DropConstraint>(operation) || std::holds_alternative<DropTable>(operation);
      return is_change && table_of(operation) == table;
    });
  }

  void write(const AddConstraint& op) {
    const std::string definition = constraint_definition(op.table, op.constraint);
    if (!is_online(op.table)) {
      const bool refers = std::holds_alternative<ForeignKey>(op.constraint);
      return alter(builds_keys_ && refers ? Phase::complete : Phase::change, op.table, "ADD " + definition);
    }
    const std::string name = constraint_name(op.table, op.constraint);
    if (const auto* key = std::get_if<PrimaryKey>(&op.constraint)) {
      return add_key(op.table, name, "PRIMARY KEY", key->columns);
    }
    if (const auto* unique = std::get_if<Unique>(&op.constraint)) {
      return add_key(op.table, name, "UNIQUE", unique->columns);
    }
    const bool refers = std::holds_alternative<ForeignKey>(op.constraint);
    alter(refers ? Phase::complete : Phase::change, op.table, fmt::format("ADD {} NOT VALID", definition));
    alter_also(refers ? Phase::reference : Phase::validate, op.table,
               "VALIDATE CONSTRAINT " + quoted_name(name),
               fmt::format("validate {} of {}", name, to_text(op.table)));
  }

  void add_key(const TableName& table, const std::string& name, std::string_view kind,
               const std::vector<std::string>& columns) {
    add(Phase::concurrent, create_index_sql(table, index_behind(name, columns), IndexBuild::concurrently));
    alter(Phase::complete, table,
          fmt::format("ADD CONSTRAINT {} {} USING INDEX {}", quoted_name(name), kind, quoted_name(name)));
  }

  void write(const DropConstraint& op) {
    alter(Phase::change, op.table,
          "DROP CONSTRAINT " + quoted_name(constraint_name(op.table, op.constraint)));
  }

  Schema state_;
  Enums enums_;
  /// Labels that this revision adds, as literals, and the names of their enums.
  std::vector<std::string> new_labels_;
  std::span<const Operation> operations_;
  const RenderOptions& options_;
  std::set<TableName> created_;
  /// Keys of tables that are there are made in a later phase, so what refers to them must be, too.
  bool builds_keys_ = false;
  bool is_renaming_late_ = false;
  /// Of the table whose alterations are being written.
  std::optional<Regeneration> regeneration_;
  std::size_t at_ = 0;
  std::array<std::vector<WrittenStatement>, kPhases> phases_;
};

}  // namespace

std::vector<std::vector<Statement>> render(const Schema& before, std::span<const Operation> operations,
                                           const RenderOptions& options) {
  return Writer(before, operations, options).written();
}

std::string taken_from_views(const Operation& operation) {
  const auto column = [](const auto& op) { return fmt::format("{}.{}", to_text(op.table), op.column); };
  if (const auto* drop = std::get_if<DropTable>(&operation)) return to_text(drop->table.name);
  if (const auto* drop = std::get_if<DropColumn>(&operation)) {
    return fmt::format("{}.{}", to_text(drop->table), drop->column.name);
  }
  if (const auto* alter = std::get_if<AlterType>(&operation))
    return is_labels_only(*alter) ? "" : column(*alter);
  if (const auto* alter = std::get_if<AlterGenerated>(&operation)) return alter->to ? column(*alter) : "";
  if (const auto* alter = std::get_if<AlterCollation>(&operation)) return column(*alter);
  return {};
}

}  // namespace metaxy::migrate::postgresql
