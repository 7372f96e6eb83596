#include "plan/rename.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "diff/apply.hpp"
#include "metaxy/definition.hpp"

namespace metaxy::migrate {

namespace {

std::optional<std::string> table_name_if_key(std::string_view key, std::string_view table_prefix) {
  try {
    return table_name_of(key, table_prefix);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string key_or_table(const TableName& table, const DesiredSchema& desired) {
  const auto found = desired.tables.find(table);
  return found == desired.tables.end() || found->second.feature.empty() ? to_text(table)
                                                                        : found->second.feature;
}

std::vector<std::string> column_names(const Table& table) {
  std::vector<std::string> names;
  for (const Column& column : table.columns) {
    names.push_back(column.name);
  }
  return names;
}

/// Share of the two tables' own columns that have the same name, not counting Metaxy's.
struct Likeness {
  std::size_t same = 0;
  std::size_t of = 0;
};

Likeness likeness(const Table& old_table, const Table& new_table) {
  Likeness result;
  std::size_t others = 0;
  for (const Column& column : new_table.columns) {
    if (column_role(column.name) != ColumnRole::ordinary) {
      continue;
    }
    ++result.of;
    if (find_column(old_table, column.name) != nullptr) {
      ++result.same;
    }
  }
  for (const Column& column : old_table.columns) {
    if (column_role(column.name) == ColumnRole::ordinary && find_column(new_table, column.name) == nullptr) {
      ++others;
    }
  }
  result.of += others;
  return result;
}

/// An old name and the new one, of a table or of a column.
template <class Name>
struct NewName {
  Name from;
  Name to;

  bool operator==(const NewName&) const = default;
};

/// Renames of tables, or of the columns of one table, that are asked for together: where `a` becomes `b`, and
/// `b` becomes `c`, the name `b` is free for it.
template <class Name>
class NewNames {
 public:
  using One = NewName<Name>;

  /// `is_there` and `is_wanted` tell the names of the scripts and of the model.
  template <class IsThere, class IsWanted>
  NewNames(std::vector<One> asked, const IsThere& is_there, const IsWanted& is_wanted) {
    for (One& one : asked) {
      if (is_there(one.from) && is_wanted(one.to) && !becomes(one.from) && !comes(one.to)) {
        open_.push_back(std::move(one));
      }
    }
    // What cannot be leaves its names to nobody, so others may fall with it.
    while (std::erase_if(open_, [&](const One& one) {
             return (is_there(one.to) && !becomes(one.to)) || (is_wanted(one.from) && !comes(one.from));
           }) != 0) {
    }
    sort();
  }

  /// In an order in which they can be made.
  const std::vector<One>& ordered() const { return ordered_; }
  /// Names that would have to change all at once.
  const std::vector<One>& circle() const { return open_; }

 private:
  bool becomes(const Name& from) const {
    return std::any_of(open_.begin(), open_.end(), [&](const One& one) { return one.from == from; });
  }
  bool comes(const Name& to) const {
    return std::any_of(open_.begin(), open_.end(), [&](const One& one) { return one.to == to; });
  }

  void sort() {
    for (;;) {
      const auto next =
          std::find_if(open_.begin(), open_.end(), [&](const One& one) { return !becomes(one.to); });
      if (next == open_.end()) {
        return;
      }
      ordered_.push_back(*next);
      open_.erase(next);
    }
  }

  std::vector<One> open_;
  std::vector<One> ordered_;
};

class Decider {
 public:
  Decider(const Schema& scripted, const DesiredSchema& desired, const Dialect& dialect,
          const AutogenerateOptions& options)
      : desired_(desired), dialect_(dialect), options_(options), schema_(scripted) {}

  RenameDecision decide() {
    take_tables();
    ask_tables();
    for (const auto& [name, wanted] : desired_.tables) {
      const Table* table = find_table(schema_, name);
      if (table != nullptr) {
        decide_columns(*table, wanted);
      }
    }
    refuse_unmet_column_flags();
    return std::move(decision_);
  }

 private:
  /// By its name of now, or the one that it had before a rename.
  bool is_meant(const ModelName& name, const TableName& table) const {
    return names_table(name.feature, table, decision_.renames, options_.table_prefix);
  }

  bool is_answered_no(const TableName& table, const std::string& column) const {
    return std::any_of(options_.no_renames.begin(), options_.no_renames.end(),
                       [&](const ModelName& name) { return name.column == column && is_meant(name, table); });
  }

  bool is_dropped(const TableName& table, const std::string& column) const {
    return std::any_of(options_.drops.begin(), options_.drops.end(),
                       [&](const ModelName& name) { return name.column == column && is_meant(name, table); });
  }

  bool is_of_other_project(const TableName& table) const { return options_.foreign_tables.count(table) != 0; }

  [[noreturn]] void refuse(const RenameRequest& request, const std::string& reason,
                           const std::string& hint) const {
    throw Error(
        ErrorKind::usage,
        fmt::format("--rename '{}={}' does not fit: {}", to_text(request.from), request.to, reason),
        {.where = {},
         .hint = hint.empty() ? fmt::format("a rename leads from what left the {} to what is new in it",
                                            options_.counterpart)
                              : hint,
         .notes = {}});
  }

  const TableName& scripted_table(const RenameRequest& request) const {
    std::vector<std::string> names;
    const TableName* table = nullptr;
    for (const auto& [name, unused] : schema_) {
      names.push_back(key_or_table(name, desired_));
      table = is_meant(request.from, name) ? &name : table;
    }
    if (table == nullptr) {
      refuse(request, fmt::format("the scripts made no table for '{}'", request.from.feature),
             did_you_mean(request.from.feature, names));
    }
    return *table;
  }

  void rename_table(const TableName& from, const TableName& to) {
    decision_.renames.tables.push_back({from, to});
    migrate::apply(schema_, RenameTable{from, to});
    decision_.notes.push_back(
        fmt::format("table '{}' is renamed to '{}': Metaxy's versions depend on the feature's key, so the "
                    "rows count as another "
                    "feature's until `metaxy metadata rebase`",
                    to_text(from), to_text(to)));
  }

  TableName new_table(const RenameRequest& request, const TableName& from) const {
    const std::optional<std::string> key = table_name_if_key(request.to, options_.table_prefix);
    TableName to{.schema = from.schema, .name = key.value_or(request.to)};
    if (desired_.tables.count(to) == 0) {
      to.name = request.to;
    }
    if (desired_.tables.count(to) == 0) {
      std::vector<std::string> features;
      for (const auto& [name, wanted] : desired_.tables) {
        features.push_back(key_or_table(name, desired_));
      }
      refuse(request, fmt::format("the {} has no '{}'", options_.counterpart, request.to),
             did_you_mean(request.to, features));
    }
    return to;
  }

  using TableNames = NewNames<TableName>;
  using ColumnNames = NewNames<std::string>;

  std::vector<TableNames::One> table_flags() const {
    std::vector<TableNames::One> flags;
    for (const RenameRequest& request : options_.renames) {
      if (request.from.column.empty()) {
        const TableName& from = scripted_table(request);
        if (is_of_other_project(from)) {
          refuse(request,
                 fmt::format("table '{}' belongs to project '{}'", to_text(from),
                             options_.foreign_tables.at(from)),
                 "rename it in that project's own environment");
        }
        flags.push_back({from, new_table(request, from)});
      }
    }
    return flags;
  }

  [[noreturn]] void refuse_table(const RenameRequest& request, const TableNames::One& one) const {
    if (schema_.count(one.to) != 0) {
      refuse(request, fmt::format("the scripts have a table for '{}' already", request.to), {});
    }
    if (desired_.tables.count(one.from) != 0) {
      refuse(request, fmt::format("'{}' is still in the {}", request.from.feature, options_.counterpart), {});
    }
    refuse(request, "another flag says otherwise of one of the two", {});
  }

  void require_met(const std::vector<TableNames::One>& flags,
                   const std::vector<TableNames::One>& taken) const {
    auto flag = flags.begin();
    for (const RenameRequest& request : options_.renames) {
      if (request.from.column.empty()) {
        if (std::find(taken.begin(), taken.end(), *flag) == taken.end()) {
          refuse_table(request, *flag);
        }
        ++flag;
      }
    }
  }

  void take_tables() {
    const std::vector<TableNames::One> flags = table_flags();
    std::vector<TableNames::One> asked = flags;
    for (const auto& [name, wanted] : desired_.tables) {
      const TableName from{.schema = name.schema, .name = wanted.renamed_from};
      if (!wanted.renamed_from.empty() && !is_answered_no(from, "") && !is_of_other_project(from)) {
        asked.push_back({from, name});
      }
    }
    const TableNames names(
        asked, [&](const TableName& name) { return schema_.count(name) != 0; },
        [&](const TableName& name) { return desired_.tables.count(name) != 0; });
    require_no_circle(names, [&](const TableName& name) { return key_or_table(name, desired_); });
    require_met(flags, names.ordered());
    for (const auto& [from, to] : names.ordered()) {
      rename_table(from, to);
    }
  }

  /// One rename after the other never makes two names trade places.
  template <class Name, class Shown>
  static void require_no_circle(const NewNames<Name>& names, const Shown& shown) {
    if (names.circle().empty()) {
      return;
    }
    std::vector<std::string> circle;
    for (const auto& [from, to] : names.circle()) {
      circle.push_back(fmt::format("'{}' to '{}'", shown(from), shown(to)));
    }
    throw Error(
        ErrorKind::usage,
        fmt::format("names trade places, which renames cannot do at once: {}", join(circle, ", ")),
        {.where = {},
         .hint = "give one of them a name of its own in a revision before, and take that away in the next",
         .notes = {}});
  }

  void ask_tables() {
    for (const auto& [old_name, old_table] : schema_) {
      if (desired_.tables.count(old_name) != 0 || is_answered_no(old_name, "") || is_dropped(old_name, "") ||
          is_system_table(old_name, options_.table_prefix) || options_.part == Part::system ||
          is_of_other_project(old_name)) {
        continue;
      }
      for (const auto& [new_name, wanted] : desired_.tables) {
        if (schema_.count(new_name) != 0 || is_system_table(new_name, options_.table_prefix)) {
          continue;
        }
        const Likeness like = likeness(old_table, wanted.table);
        if (like.of > 0 && like.same * 2 >= like.of) {
          decision_.questions.push_back(
              {.from = {.feature = key_or_table(old_name, desired_), .column = ""},
               .to = wanted.feature,
               .evidence = fmt::format("{} of {} columns are the same", like.same, like.of)});
        }
      }
    }
  }

  void decide_columns(const Table& table, const DesiredTable& wanted) {
    std::set<std::string> left;
    std::set<std::string> added;
    for (const Column& column : table.columns) {
      if (find_column(wanted.table, column.name) == nullptr) {
        left.insert(column.name);
      }
    }
    for (const Column& column : wanted.table.columns) {
      if (find_column(table, column.name) == nullptr) {
        added.insert(column.name);
      }
    }
    const ColumnNames names(
        asked_columns(table, wanted),
        [&](const std::string& name) { return find_column(table, name) != nullptr; },
        [&](const std::string& name) { return find_column(wanted.table, name) != nullptr; });
    require_no_circle(names, [&](const std::string& name) {
      return fmt::format("{}.{}", key_or_table(table.name, desired_), name);
    });
    for (const auto& [from, to] : names.ordered()) {
      decision_.renames.columns.push_back({table.name, from, to});
      left.erase(from);
      added.erase(to);
    }
    note_met(table, names);
    note_left_aside(table, wanted, names);
    ask_columns(table, wanted, left, added);
  }

  std::vector<ColumnNames::One> asked_columns(const Table& table, const DesiredTable& wanted) const {
    std::vector<ColumnNames::One> asked;
    const auto ask = [&](const std::string& from, const std::string& to) {
      if (!is_answered_no(table.name, from)) {
        asked.push_back({from, to});
      }
    };
    for (const RenameRequest& request : options_.renames) {
      if (!request.from.column.empty() && is_meant(request.from, table.name)) {
        ask(request.from.column, request.to);
      }
    }
    for (const auto& [to, from] : wanted.column_renames) {
      ask(from, to);
    }
    for (const auto& [from, to] : known_column_renames()) {
      ask(from, to);
    }
    return asked;
  }

  void note_met(const Table& table, const ColumnNames& names) {
    for (const RenameRequest& request : options_.renames) {
      const ColumnNames::One one{request.from.column, request.to};
      if (!request.from.column.empty() && is_meant(request.from, table.name) &&
          std::find(names.ordered().begin(), names.ordered().end(), one) != names.ordered().end()) {
        met_.insert(request);
      }
    }
  }

  /// A column that is new and says that it is an old one, which stays.
  void note_left_aside(const Table& table, const DesiredTable& wanted, const ColumnNames& names) {
    for (const auto& [to, from] : wanted.column_renames) {
      const bool is_taken = std::find(names.ordered().begin(), names.ordered().end(),
                                      ColumnNames::One{from, to}) != names.ordered().end();
      if (!is_taken && find_column(table, to) == nullptr && find_column(table, from) != nullptr &&
          find_column(wanted.table, from) != nullptr) {
        decision_.notes.push_back(
            fmt::format("'{0}.{1}' is new: it is no rename of '{0}.{2}', which is still in the {3}",
                        key_or_table(table.name, desired_), to, from, options_.counterpart));
      }
    }
  }

  void ask_columns(const Table& table, const DesiredTable& wanted, const std::set<std::string>& left,
                   const std::set<std::string>& added) {
    for (const std::string& from : left) {
      if (is_answered_no(table.name, from) || is_dropped(table.name, from)) {
        continue;
      }
      const Column& old_column = *find_column(table, from);
      for (const std::string& to : added) {
        const Column& new_column = *find_column(wanted.table, to);
        const Acceptance acceptance =
            dialect_.acceptance(ColumnRole::ordinary, new_column.type, old_column.type);
        if (column_role(to) == ColumnRole::ordinary && acceptance.verdict != Acceptance::Verdict::different) {
          decision_.questions.push_back(
              {.from = {.feature = key_or_table(table.name, desired_), .column = from},
               .to = to,
               .evidence = to_text(old_column.type)});
        }
      }
    }
  }

  [[noreturn]] void refuse_columns(const RenameRequest& request, const Table& table,
                                   const DesiredTable& wanted) const {
    if (find_column(table, request.from.column) == nullptr) {
      refuse(request, fmt::format("the scripts made no column '{}'", to_text(request.from)),
             did_you_mean(request.from.column, column_names(table)));
    }
    if (find_column(wanted.table, request.from.column) != nullptr) {
      refuse(request, fmt::format("'{}' is still in the {}", to_text(request.from), options_.counterpart),
             {});
    }
    if (find_column(wanted.table, request.to) == nullptr) {
      refuse(
          request,
          fmt::format("the {} has no column '{}' in '{}'", options_.counterpart, request.to, wanted.feature),
          did_you_mean(request.to, column_names(wanted.table)));
    }
    if (find_column(table, request.to) != nullptr) {
      refuse(request, fmt::format("the scripts have a column '{}' already", request.to), {});
    }
    refuse(request, "another flag says otherwise of one of the two", {});
  }

  void refuse_unmet_column_flags() const {
    for (const RenameRequest& request : options_.renames) {
      if (request.from.column.empty()) {
        continue;
      }
      const TableName& name = scripted_table(request);
      if (met_.count(request) != 0) {
        continue;
      }
      const auto wanted = desired_.tables.find(name);
      if (wanted == desired_.tables.end()) {
        refuse(request, fmt::format("'{}' is not in the {}", request.from.feature, options_.counterpart), {});
      }
      refuse_columns(request, schema_.at(name), wanted->second);
    }
  }

  const DesiredSchema& desired_;
  const Dialect& dialect_;
  const AutogenerateOptions& options_;
  Schema schema_;
  RenameDecision decision_;
  std::set<RenameRequest> met_;
};

}  // namespace

bool names_table(std::string_view typed, const TableName& table, std::string_view table_prefix) {
  return typed == table.name || typed == to_text(table) ||
         table_name_if_key(typed, table_prefix) == table.name;
}

bool names_table(std::string_view typed, const TableName& table, const Renames& renames,
                 std::string_view table_prefix) {
  return names_table(typed, table, table_prefix) ||
         std::any_of(renames.tables.begin(), renames.tables.end(), [&](const TableRename& rename) {
           return rename.to == table && names_table(typed, rename.from, table_prefix);
         });
}

std::vector<Operation> rename_operations(const Renames& renames) {
  std::vector<Operation> operations;
  for (const TableRename& rename : renames.tables) {
    operations.emplace_back(RenameTable{rename.from, rename.to});
  }
  for (const ColumnRename& rename : renames.columns) {
    operations.emplace_back(RenameColumn{rename.table, rename.from, rename.to});
  }
  return operations;
}

RenameDecision decide_renames(const Schema& scripted, const DesiredSchema& desired, const Dialect& dialect,
                              const AutogenerateOptions& options) {
  return Decider(scripted, desired, dialect, options).decide();
}

ModelName model_name_from(std::string_view text) {
  const std::size_t dot = text.find('.');
  ModelName name{.feature = std::string(text.substr(0, dot)), .column = ""};
  if (dot != std::string_view::npos) {
    name.column = std::string(text.substr(dot + 1));
  }
  if (name.feature.empty() || (dot != std::string_view::npos && name.column.empty())) {
    throw Error(ErrorKind::usage, fmt::format("'{}' names neither a feature nor a column", text),
                {.where = {}, .hint = "write video/clip or video/clip.path", .notes = {}});
  }
  return name;
}

std::string to_text(const ModelName& name) {
  return name.column.empty() ? name.feature : fmt::format("{}.{}", name.feature, name.column);
}

RenameRequest rename_request_from(std::string_view text) {
  const std::size_t sign = text.find('=');
  if (sign == std::string_view::npos || sign + 1 == text.size()) {
    throw Error(ErrorKind::usage, fmt::format("'{}' is not a rename", text),
                {.where = {}, .hint = "write video/clip.path=uri or video/clip=video/segment", .notes = {}});
  }
  return {.from = model_name_from(text.substr(0, sign)), .to = std::string(text.substr(sign + 1))};
}

}  // namespace metaxy::migrate
