#include "command/doctor_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "diff/diff.hpp"
#include "plan/autogenerate.hpp"

namespace metaxy::migrate {

namespace {

class Examiner {
 public:
  explicit Examiner(const TableExamination& given) : given_(given) {}

  std::vector<Diagnosis> diagnoses() {
    const Accepted accepted =
        accept_alternatives(given_.desired.schema(), given_.live, given_.dialect,
                            {.wanted = AcceptOptions::Wanted::model, .managed = nullptr});
    for (const Operation& operation : diff(accepted.live, accepted.wanted)) {
      table_ = table_of(operation);
      take(operation, accepted);
    }
    for (const AcceptNote& note : accepted.notes) {
      table_ = note.table;
      take(note);
    }
    return std::move(found_);
  }

 private:
  void add(Severity severity, std::string message, std::string fix, std::vector<std::string> details = {}) {
    found_.push_back({.severity = severity,
                      .area = Diagnosis::Area::database,
                      .environment = {},
                      .message = std::move(message),
                      .details = std::move(details),
                      .fix = std::move(fix)});
  }

  /// Of a database in parts only a part can be migrated.
  std::string command() const {
    if (!given_.is_in_parts) {
      return given_.command;
    }
    return given_.command +
           (is_system_table(table_, given_.table_prefix) ? ":metaxy_system" : ":metaxy_features");
  }

  const Table* scripted() const { return find_table(given_.scripted.schema, table_); }

  /// What brings a part of the model: the scripts that have it, or one that is to be written; what scripts
  /// brought and is gone was changed by hand.
  std::string fix(bool is_scripted) const {
    if (!is_scripted) {
      return fmt::format("{} revision --autogenerate -m \"...\", then upgrade head", command());
    }
    return fmt::format(
        "{} {}", command(),
        given_.is_at_head ? "diff scripted live --sql prints what brings it back" : "upgrade head");
  }

  void take(const Operation& operation, const Accepted& accepted) {
    std::visit(
        [&](const auto& o) {
          using T = std::decay_t<decltype(o)>;
          if constexpr (std::is_same_v<T, CreateTable>) {
            missing_table();
          } else if constexpr (std::is_same_v<T, AddColumn>) {
            missing_column(o.column.name);
          } else if constexpr (std::is_same_v<T, AlterType> || std::is_same_v<T, AddMember> ||
                               std::is_same_v<T, AlterNullable>) {
            wrong_column(o.column, operation, accepted);
          } else {
            // A key, an index or a comment less breaks nothing.
            add(Severity::info,
                fmt::format("table '{}' is not what the model asks for: {}", to_text(table_),
                            summary(operation)),
                fix(false));
          }
        },
        operation);
  }

  void missing_table() {
    if (table_.name == given_.table_prefix + "metaxy_system__events") {
      add(Severity::info,
          fmt::format("table '{}' is missing; Metaxy needs it once it writes events", to_text(table_)),
          fix(scripted() != nullptr));
      return;
    }
    const bool is_system = is_system_table(table_, given_.table_prefix);
    add(Severity::error,
        fmt::format("table '{}' is missing: {}", to_text(table_),
                    is_system ? "`metaxy push` fails" : "Metaxy neither writes nor reads the feature"),
        fix(scripted() != nullptr));
  }

  void missing_column(const std::string& column) {
    const Table* made = scripted();
    const bool is_scripted = made != nullptr && find_column(*made, column) != nullptr;
    std::string effect = "writes that fill it fail, or put values into wrong columns";
    if (is_system_table(table_, given_.table_prefix)) {
      effect = "`metaxy push` fails";
    } else if (column_role(column) != ColumnRole::ordinary) {
      effect = "Metaxy neither writes nor reads the feature";
    }
    std::vector<std::string> details;
    const Table* live = find_table(given_.live, table_);
    for (const Column& other : live == nullptr ? std::vector<Column>{} : live->columns) {
      if (equal_ignoring_case(other.name, column)) {
        details.push_back(fmt::format(
            "'{}' is there, and Metaxy compares names letter by letter: rename it by hand", other.name));
      }
    }
    for (const auto& [old_name, name] : known_column_renames()) {
      if (name == column && live != nullptr && find_column(*live, old_name) != nullptr) {
        details.push_back(
            fmt::format("'{}' is what an older Metaxy called it; the revision renames it", old_name));
      }
    }
    add(Severity::error, fmt::format("column '{}.{}' is missing: {}", to_text(table_), column, effect),
        fix(is_scripted), std::move(details));
  }

  /// Whether the scripts made the column as the model wants it, so that only running them is left.
  bool is_scripted(const std::string& column) const {
    const Table* made = scripted();
    const Column* there = made == nullptr ? nullptr : find_column(*made, column);
    const auto desired = given_.desired.tables.find(table_);
    const Column* wanted =
        desired == given_.desired.tables.end() ? nullptr : find_column(desired->second.table, column);
    if (there == nullptr || wanted == nullptr) {
      return false;
    }
    const Acceptance acceptance = given_.dialect.acceptance(column_role(column), wanted->type, there->type);
    return acceptance.verdict != Acceptance::Verdict::different &&
           (there->is_nullable || !wanted->is_nullable);
  }

  /// Most of these have a note that says more.
  void wrong_column(const std::string& column, const Operation& operation, const Accepted& accepted) {
    const bool is_told =
        std::any_of(accepted.notes.begin(), accepted.notes.end(), [&](const AcceptNote& note) {
          return note.table == table_ && note.column == column && note.severity == Severity::error;
        });
    if (!is_told) {
      add(Severity::error,
          fmt::format("'{}.{}' is not what Metaxy reads and writes there: {}", to_text(table_), column,
                      summary(operation)),
          fix(is_scripted(column)));
    }
  }

  void take(const AcceptNote& note) {
    // Columns that nobody knows are normal (contract F3); only those that stop inserts are told.
    if (note.severity == Severity::info) {
      return;
    }
    add(breaks_resolution(note) ? Severity::error : note.severity, to_text(note), fix_of(note));
  }

  /// A by-field column that is no structure can be written and read; but hashes come out of JSON in quotes
  /// and out of VARIANT not at all, so that every version changes (contract E3).
  bool breaks_resolution(const AcceptNote& note) const {
    const Table* table = find_table(given_.live, note.table);
    const Column* column = table == nullptr ? nullptr : find_column(*table, note.column);
    return column != nullptr && column_role(note.column) == ColumnRole::by_field &&
           column->type.members.empty();
  }

  std::string fix_of(const AcceptNote& note) const {
    if (note.column.empty()) {
      return key_fix(note);
    }
    const Table* wanted_in = find_table(given_.live, note.table);
    const auto desired = given_.desired.tables.find(note.table);
    const bool is_desired =
        desired != given_.desired.tables.end() && find_column(desired->second.table, note.column) != nullptr;
    if (!is_desired && wanted_in != nullptr) {
      return fmt::format("make '{}' nullable, give it a default, or take it into the model", note.column);
    }
    return fix(is_scripted(note.column));
  }

  /// Whether the table has the key that the note speaks of as its primary key.
  static bool is_primary_in(const Table* table, const AcceptNote& note) {
    const PrimaryKey* key = table == nullptr ? nullptr : primary_key(*table);
    return key != nullptr && has_words_of(note, key->columns);
  }

  static bool has_words_of(const AcceptNote& note, const std::vector<std::string>& columns) {
    return note.text.rfind(fmt::format("its key ({}) ", join(columns, ", ")), 0) == 0;
  }

  /// Whether the table has the key as a unique constraint or index.
  static bool is_unique_in(const Table* table, const AcceptNote& note) {
    if (table == nullptr) {
      return false;
    }
    return std::any_of(table->constraints.begin(), table->constraints.end(),
                       [&](const Constraint& constraint) {
                         const auto* key = std::get_if<Unique>(&constraint);
                         return key != nullptr && has_words_of(note, key->columns);
                       }) ||
           std::any_of(table->indexes.begin(), table->indexes.end(), [&](const Index& index) {
             return index.is_unique && has_words_of(note, key_of(index));
           });
  }

  std::string key_fix(const AcceptNote& note) const {
    const Table* made = scripted();
    const auto desired = given_.desired.tables.find(table_);
    const Table* wanted = desired == given_.desired.tables.end() ? nullptr : &desired->second.table;
    const bool is_primary = is_primary_in(made, note);
    if (!is_primary && !is_unique_in(made, note)) {
      return is_primary_in(wanted, note) || is_unique_in(wanted, note)
                 ? "take the key out of the model, and drop it by hand: no script made it"
                 : "drop the key by hand: neither model nor scripts know it";
    }
    std::string flag;
    if (is_primary) {
      flag = is_system_table(table_, given_.table_prefix) ? " --system-pk=none"
                                                          : fmt::format(" --drop-key {}", to_text(table_));
    }
    const bool is_wanted = is_primary_in(wanted, note) || is_unique_in(wanted, note);
    return fmt::format("{}{} revision --autogenerate{} -m \"drop the key\", then upgrade head",
                       is_wanted ? "take the key out of the model; then " : "", command(), flag);
  }

  const TableExamination& given_;
  TableName table_;
  std::vector<Diagnosis> found_;
};

}  // namespace

std::vector<Diagnosis> examine_tables(const TableExamination& examination) {
  return Examiner(examination).diagnoses();
}

}  // namespace metaxy::migrate
