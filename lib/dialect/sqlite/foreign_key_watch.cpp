#include "dialect/sqlite/foreign_key_watch.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/sqlite/catalog_queries.hpp"
#include "dialect/sqlite/quoting.hpp"

namespace metaxy::migrate::sqlite {

namespace {

/// How many rows a message names.
constexpr std::size_t kShownRows = 5;

}  // namespace

void ForeignKeyWatch::begin(bool has_keys) {
  has_keys_ = has_keys;
  touched_.clear();
  before_.clear();
  children_.reset();
}

const ForeignKeyWatch::Children& ForeignKeyWatch::children() {
  if (!children_) {
    children_.emplace();
    for (const Row& row : query_(std::string(kForeignKeys))) {
      (*children_)[lower(row[1].value_or(""))].insert(lower(row[0].value_or("")));
    }
  }
  return *children_;
}

std::set<std::string> ForeignKeyWatch::affected_by(const std::string& table) {
  std::set<std::string> result;
  for (const auto& [parent, of_parent] : children()) {
    if (parent == table) {
      result.insert(of_parent.begin(), of_parent.end());
    }
    if (of_parent.count(table) != 0) {
      result.insert(table);
    }
  }
  return result;
}

void ForeignKeyWatch::before_change(const std::string& table) {
  if (!touched_.insert(table).second || !has_keys_) {
    return;
  }
  for (const std::string& child : affected_by(table)) {
    if (before_.count(child) == 0) {
      before_.emplace(child, violations_of(child));
    }
  }
}

ForeignKeyWatch::Violations ForeignKeyWatch::violations_of(const std::string& table) {
  Violations result;
  try {
    // Columns: table, rowid (NULL without one), parent, index of the key
    // (https://www.sqlite.org/pragma.html).
    for (const Row& row : query_(fmt::format("PRAGMA main.foreign_key_check({})", quoted_name(table)))) {
      ++result[{row[1].value_or(""), row[2].value_or("")}];
    }
  } catch (const StatementFailed& failure) {
    // A key that refers to columns that are not unique: SQLite cannot check it, and says so.
    ++result[{"", failure.what()}];
  }
  return result;
}

std::vector<std::string> ForeignKeyWatch::new_violations() {
  std::vector<std::string> result;
  forget_catalog();
  std::set<std::string> to_check;
  for (const std::string& table : touched_) {
    to_check.merge(affected_by(table));
  }
  for (const std::string& child : to_check) {
    const Violations& before = before_[child];
    std::map<std::string, std::vector<std::string>> rows_by_parent;
    for (const auto& [violation, count] : violations_of(child)) {
      const auto known = before.find(violation);
      if (known == before.end() || known->second < count) {
        rows_by_parent[violation.second].push_back(violation.first.empty() ? "?" : violation.first);
      }
    }
    for (auto& [parent, rows] : rows_by_parent) {
      const std::size_t count = rows.size();
      rows.resize(std::min(count, kShownRows));
      const std::string more = count > kShownRows ? fmt::format(" and {} more", count - kShownRows) : "";
      result.push_back(fmt::format("'{}': {} without a row in '{}' (rowid {}{})", child,
                                   counted(count, "row"), parent, join(rows, ", "), more));
    }
  }
  return result;
}

}  // namespace metaxy::migrate::sqlite
