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

class Decider {
 public:
  Decider(const Schema& scripted, const DesiredSchema& desired, const Dialect& dialect,
          const AutogenerateOptions& options)
      : desired_(desired), dialect_(dialect), options_(options), schema_(scripted) {}

  RenameDecision decide() {
    take_table_flags();
    take_model_tables();
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
  bool is_answered_no(const TableName& table, const std::string& column) const {
    return std::any_of(options_.no_renames.begin(), options_.no_renames.end(), [&](const ModelName& name) {
      return name.column == column && names_table(name.feature, table, options_.table_prefix);
    });
  }

  bool is_dropped(const TableName& table, const std::string& column) const {
    return std::any_of(options_.drops.begin(), options_.drops.end(), [&](const ModelName& name) {
      return name.column == column && names_table(name.feature, table, options_.table_prefix);
    });
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

  void take_table_flags() {
    for (const RenameRequest& request : options_.renames) {
      if (!request.from.column.empty()) {
        continue;
      }
      const TableName* from = nullptr;
      for (const auto& [name, table] : schema_) {
        from = names_table(request.from.feature, name, options_.table_prefix) ? &name : from;
      }
      const std::optional<std::string> to = table_name_if_key(request.to, options_.table_prefix);
      const TableName target{.schema = from != nullptr ? from->schema : "", .name = to.value_or(request.to)};
      if (from == nullptr || desired_.tables.count(target) == 0 || schema_.count(target) != 0) {
        throw Error(
            ErrorKind::usage,
            fmt::format("--rename '{}={}' does not fit: the scripts must have the first and the model only "
                        "the second",
                        to_text(request.from), request.to),
            {.where = {}, .hint = "see `diff desired scripted`", .notes = {}});
      }
      rename_table(TableName(*from), target);
    }
  }

  void take_model_tables() {
    for (const auto& [name, wanted] : desired_.tables) {
      if (wanted.renamed_from.empty() || schema_.count(name) != 0) {
        continue;
      }
      const TableName from{.schema = name.schema, .name = wanted.renamed_from};
      if (schema_.count(from) != 0 && desired_.tables.count(from) == 0) {
        rename_table(from, name);
      }
    }
  }

  void ask_tables() {
    for (const auto& [old_name, old_table] : schema_) {
      if (desired_.tables.count(old_name) != 0 || is_answered_no(old_name, "") || is_dropped(old_name, "") ||
          is_system_table(old_name, options_.table_prefix) || options_.part == Part::system) {
        continue;
      }
      for (const auto& [new_name, wanted] : desired_.tables) {
        if (schema_.count(new_name) != 0 || is_system_table(new_name, options_.table_prefix)) {
          continue;
        }
        const Likeness like = likeness(old_table, wanted.table);
        if (like.of > 0 && like.same * 2 > like.of) {
          decision_.questions.push_back(
              {.from = {.feature = key_or_table(old_name, desired_), .column = ""},
               .to = wanted.feature,
               .evidence = fmt::format("{} of {} columns are the same", like.same, like.of)});
        }
      }
    }
  }

  void rename_column(const TableName& table, const std::string& from, const std::string& to) {
    decision_.renames.columns.push_back({table, from, to});
    met_.insert(fmt::format("{}\n{}", to_text(table), from));
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
    const auto take = [&](const std::string& from, const std::string& to) {
      if (left.count(from) != 0 && added.count(to) != 0) {
        rename_column(table.name, from, to);
        left.erase(from);
        added.erase(to);
      }
    };
    for (const RenameRequest& request : options_.renames) {
      if (!request.from.column.empty() &&
          names_table(request.from.feature, table.name, options_.table_prefix)) {
        take(request.from.column, request.to);
      }
    }
    for (const auto& [to, from] : wanted.column_renames) {
      take(from, to);
    }
    for (const auto& [from, to] : known_column_renames()) {
      take(from, to);
    }
    ask_columns(table, wanted, left, added);
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

  void refuse_unmet_column_flags() const {
    for (const RenameRequest& request : options_.renames) {
      if (request.from.column.empty()) {
        continue;
      }
      const bool is_met = std::any_of(schema_.begin(), schema_.end(), [&](const auto& entry) {
        return names_table(request.from.feature, entry.first, options_.table_prefix) &&
               met_.count(fmt::format("{}\n{}", to_text(entry.first), request.from.column)) != 0;
      });
      if (!is_met) {
        throw Error(
            ErrorKind::usage,
            fmt::format("--rename '{}={}' does not fit: the scripts must have the first column and the model "
                        "only the second",
                        to_text(request.from), request.to),
            {.where = {}, .hint = "see `diff desired scripted`", .notes = {}});
      }
    }
  }

  const DesiredSchema& desired_;
  const Dialect& dialect_;
  const AutogenerateOptions& options_;
  Schema schema_;
  RenameDecision decision_;
  std::set<std::string> met_;
};

}  // namespace

bool names_table(std::string_view typed, const TableName& table, std::string_view table_prefix) {
  return typed == table.name || typed == to_text(table) ||
         table_name_if_key(typed, table_prefix) == table.name;
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
