#include "plan/contradiction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "diff/diff.hpp"

namespace metaxy::migrate {

namespace {

using Scripts = std::span<const ScriptChanges>;

std::set<TableName> tables_of(Scripts scripts) {
  std::set<TableName> tables;
  for (const ScriptChanges& script : scripts) {
    tables.merge(touched_tables(script));
  }
  return tables;
}

std::optional<SourcePosition> place_of(const ScriptChanges& script) {
  return script.file.empty() ? std::nullopt
                             : std::optional<SourcePosition>(SourcePosition{script.file, 0, 0, {}});
}

/// "'a.sql' (add column t.x)": the scripts of a branch that change a table, and how.
std::string changes_to(Scripts scripts, const TableName& table) {
  std::vector<std::string> texts;
  for (const ScriptChanges& script : scripts) {
    if (touched_tables(script).count(table) == 0) {
      continue;
    }
    std::vector<std::string> changes;
    for (const Operation& operation : script.changes) {
      if (touched_tables({.revision = {},
                          .file = {},
                          .changes = {operation},
                          .has_changes = true,
                          .ddl_tables = {},
                          .ddl_indexes = {},
                          .rebuilt_tables = {},
                          .rebuilt_by_downgrade = {}})
              .count(table) != 0) {
        changes.push_back(summary(operation));
      }
    }
    texts.push_back(changes.empty() ? in_quotes(script.file)
                                    : fmt::format("{} ({})", in_quotes(script.file), join(changes, "; ")));
  }
  return join(texts, ", ");
}

std::vector<ScriptChanges> in_a_row(Scripts a, Scripts b, Scripts c) {
  std::vector<ScriptChanges> all(a.begin(), a.end());
  all.insert(all.end(), b.begin(), b.end());
  all.insert(all.end(), c.begin(), c.end());
  return all;
}

class Comparison {
 public:
  Comparison(Scripts common, Scripts left, Scripts right, BranchOrder order)
      : common_(common), left_(left), right_(right), order_(order) {
    const std::set<TableName> of_left = tables_of(left);
    const std::set<TableName> of_right = tables_of(right);
    std::set_intersection(of_left.begin(), of_left.end(), of_right.begin(), of_right.end(),
                          std::inserter(shared_, shared_.end()));
  }

  BranchComparison result() {
    for (const Scripts& branch : {left_, right_}) {
      fold(in_a_row(common_, branch, {}));
    }
    note_unknown();
    find_rebuilds();
    note_ring();
    const std::optional<ScriptedSchema> one = folded(left_, right_);
    const std::optional<ScriptedSchema> other = one ? turned_round() : std::nullopt;
    if (one && other) {
      compare(one->schema, other->schema);
    }
    if (one && (other || order_ == BranchOrder::left_first)) {
      find_lost_references(one->schema);
    }
    return std::move(result_);
  }

 private:
  void note_unknown() {
    for (const Scripts& branch : {left_, right_}) {
      for (const ScriptChanges& script : branch) {
        for (const TableName& table : script.ddl_tables) {
          if (shared_.count(table) != 0) {
            result_.notes.push_back(
                fmt::format("table '{}' is changed on both sides, but '{}' has no changes section, so they "
                            "were not compared; `replay` writes it",
                            to_text(table), script.file));
          }
        }
      }
    }
  }

  /// A rebuilt table has the columns that its script knew. What a database always gets first is no matter.
  void find_rebuilds() {
    for (const auto& [branch, other] : {std::pair(left_, right_), std::pair(right_, left_)}) {
      if (order_ == BranchOrder::left_first && branch.data() == left_.data()) {
        continue;
      }
      for (const ScriptChanges& script : branch) {
        for (const TableName& table : shared_) {
          find_rebuild(script, table, other);
        }
      }
    }
  }

  void find_rebuild(const ScriptChanges& script, const TableName& table, Scripts other) {
    const auto what = [&] {
      return fmt::format("makes table '{}' anew, and would not know of: {}", to_text(table),
                         changes_to(other, table));
    };
    if (script.rebuilt_by_downgrade.count(to_text(table)) != 0) {
      stuck_.insert(other.data());
    }
    if (script.rebuilt_tables.count(to_text(table)) != 0) {
      report(script, fmt::format("'{}' {}", script.file, what()));
    } else if (script.rebuilt_by_downgrade.count(to_text(table)) != 0) {
      result_.notes.push_back(
          fmt::format("the downgrade of '{}' {}; it will stop while they are applied, unless it is corrected",
                      script.file, what()));
    }
  }

  void note_ring() {
    if (stuck_.size() == 2) {
      result_.notes.emplace_back(
          "the downgrades of both branches make tables anew without what the other branch did: once both are "
          "applied none of the two can be undone, unless one is corrected");
    }
  }

  std::optional<ScriptedSchema> folded(Scripts first, Scripts second) {
    try {
      return fold(in_a_row(common_, first, second));
    } catch (const Error& error) {
      std::vector<std::string> rivals;
      for (const TableName& table : shared_) {
        rivals.push_back(fmt::format("table '{}' is changed by {} and by {}", to_text(table),
                                     changes_to(left_, table), changes_to(right_, table)));
      }
      result_.contradictions.push_back(
          {.message = fmt::format("{}{}{}", error.what(), rivals.empty() ? "" : "; ", join(rivals, "; ")),
           .where = error.where(),
           .hint = {}});
      return std::nullopt;
    }
  }

  /// Where the order is known, the other one need not fit.
  std::optional<ScriptedSchema> turned_round() {
    if (order_ == BranchOrder::any) {
      return folded(right_, left_);
    }
    try {
      return fold(in_a_row(common_, right_, left_));
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  void compare(const Schema& one, const Schema& other) {
    std::map<TableName, std::vector<std::string>> differences;
    for (const Operation& operation : diff(one, other)) {
      differences[table_of(operation)].push_back(summary(operation));
    }
    for (const auto& [table, changes] : differences) {
      result_.contradictions.push_back(
          {.message = fmt::format(
               "table '{}' would depend on which branch comes first ({}): it is changed by "
               "{} and by {}",
               to_text(table), join(changes, "; "), changes_to(left_, table), changes_to(right_, table)),
           .where = std::nullopt,
           .hint = {}});
    }
  }

  /// A foreign key of one branch to a table that the other one dropped or renamed.
  void find_lost_references(const Schema& merged) {
    for (const auto& [name, table] : merged) {
      for (const Constraint& constraint : table.constraints) {
        const auto* key = std::get_if<ForeignKey>(&constraint);
        if (key == nullptr || merged.count(key->referenced_table) != 0) {
          continue;
        }
        const std::string gone = changes_to(left_, key->referenced_table).empty()
                                     ? changes_to(right_, key->referenced_table)
                                     : changes_to(left_, key->referenced_table);
        if (!gone.empty()) {
          result_.contradictions.push_back(
              {.message = fmt::format("table '{}' refers to '{}', which {} takes away", to_text(name),
                                      to_text(key->referenced_table), gone),
               .where = std::nullopt,
               .hint = {}});
        }
      }
    }
  }

  void report(const ScriptChanges& script, std::string message) {
    result_.contradictions.push_back({.message = std::move(message), .where = place_of(script), .hint = {}});
  }

  Scripts common_;
  Scripts left_;
  Scripts right_;
  BranchOrder order_;
  /// Branches that a downgrade of the other one does not know.
  std::set<const ScriptChanges*> stuck_;
  /// Tables that both branches change.
  std::set<TableName> shared_;
  BranchComparison result_;
};

}  // namespace

BranchComparison compare_branches(std::span<const ScriptChanges> common, std::span<const ScriptChanges> left,
                                  std::span<const ScriptChanges> right, BranchOrder order) {
  return Comparison(common, left, right, order).result();
}

std::vector<std::string> unknown_to_rebuild(const std::set<std::string>& rebuilt,
                                            std::span<const ScriptChanges> others) {
  std::vector<std::string> unknown;
  for (const TableName& table : tables_of(others)) {
    if (rebuilt.count(to_text(table)) != 0) {
      unknown.push_back(
          fmt::format("table '{}', which is changed by {}", to_text(table), changes_to(others, table)));
    }
  }
  return unknown;
}

}  // namespace metaxy::migrate
