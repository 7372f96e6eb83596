#include "dialect/postgresql/regeneration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "dialect/postgresql/enums.hpp"
#include "dialect/postgresql/expression.hpp"

namespace metaxy::migrate::postgresql {

namespace {

using Names = std::vector<std::string>;

bool mentions_any(const std::string& text, const Names& columns) {
  return std::any_of(columns.begin(), columns.end(),
                     [&text](const std::string& column) { return mentions(text, column); });
}

bool is_alteration(const Operation& operation) {
  return std::holds_alternative<AlterType>(operation) || std::holds_alternative<AlterNullable>(operation) ||
         std::holds_alternative<AlterDefault>(operation) ||
         std::holds_alternative<AlterGenerated>(operation) ||
         std::holds_alternative<AlterCollation>(operation) ||
         std::holds_alternative<AlterColumnComment>(operation) ||
         std::holds_alternative<AlterTableComment>(operation) ||
         std::holds_alternative<AlterTableOptions>(operation);
}

/// The column whose type or expression it changes; empty: it is altered beside those that read it.
std::string changed_column(const Operation& operation) {
  if (const auto* type = std::get_if<AlterType>(&operation)) return is_labels_only(*type) ? "" : type->column;
  if (const auto* collation = std::get_if<AlterCollation>(&operation)) return collation->column;
  const auto* generated = std::get_if<AlterGenerated>(&operation);
  return generated == nullptr ? "" : generated->column;
}

class Search {
 public:
  Search(const Schema& state, std::span<const Operation> operations, std::size_t at) : state_(state) {
    found_.table = table_of(operations[at]);
    found_.end = at;
    for (std::size_t& i = found_.end; i < operations.size(); ++i) {
      const Operation& operation = operations[i];
      if (!is_alteration(operation) || table_of(operation) != found_.table) break;
      std::string column = changed_column(operation);
      if (!column.empty()) changed_.push_back(std::move(column));
      if (const auto* one = std::get_if<AlterGenerated>(&operation)) expressions_[one->column] = one;
    }
  }

  Regeneration run() {
    const Table* table = find_table(state_, found_.table);
    if (table == nullptr) return std::move(found_);
    for (const Column& column : table->columns) look_at(column);
    if (!found_.columns.empty()) find_dependents(*table);
    return std::move(found_);
  }

 private:
  void look_at(const Column& column) {
    const auto altered = expressions_.find(column.name);
    if (altered != expressions_.end()) {
      const Operation operation = *altered->second;
      const std::string loss = data_loss(operation);
      (altered->second->to ? found_.columns : found_.freed)
          .push_back({.name = column.name,
                      .reason = summary(operation),
                      .loss = loss.empty() ? "its values are computed anew" : loss});
    } else if (column.generated && mentions_any(column.generated->expression, changed_)) {
      found_.columns.push_back(
          {.name = column.name,
           .reason = fmt::format("compute {}.{} anew from what changes", to_text(found_.table), column.name),
           .loss = "its values are computed anew"});
    }
  }

  bool holds_any(const Names& names) const {
    return std::any_of(names.begin(), names.end(),
                       [this](const std::string& name) { return found_.holds(name); });
  }

  bool stands_on(const Index& index) const {
    const auto is_on = [this](const IndexPart& part) {
      return found_.holds(part.column) || found_.is_mentioned_in(part.expression);
    };
    return std::any_of(index.parts.begin(), index.parts.end(), is_on) || holds_any(index.included_columns) ||
           found_.is_mentioned_in(index.where);
  }

  bool stands_on(const Constraint& constraint) const {
    if (const auto* check = std::get_if<Check>(&constraint)) {
      return found_.is_mentioned_in(check->expression);
    }
    return holds_any(columns_of(constraint));
  }

  void find_dependents(const Table& table) {
    std::copy_if(table.constraints.begin(), table.constraints.end(), std::back_inserter(found_.constraints),
                 [this](const Constraint& one) { return !refers(one) && stands_on(one); });
    std::copy_if(table.indexes.begin(), table.indexes.end(), std::back_inserter(found_.indexes),
                 [this](const Index& one) { return stands_on(one); });
    for (const auto& [name, other] : state_) {
      for (const Constraint& constraint : other.constraints) {
        const bool is_own = name == table.name && stands_on(constraint);
        if (refers(constraint) && (is_own || refers_to_these(std::get<ForeignKey>(constraint), table))) {
          found_.references.emplace_back(name, constraint);
        }
      }
    }
  }

  static bool refers(const Constraint& constraint) { return std::holds_alternative<ForeignKey>(constraint); }

  bool refers_to_these(const ForeignKey& key, const Table& table) const {
    if (key.referenced_table != table.name) return false;
    if (!key.referenced_columns.empty()) return holds_any(key.referenced_columns);
    const PrimaryKey* primary = primary_key(table);
    return primary != nullptr && holds_any(primary->columns);
  }

  const Schema& state_;
  Regeneration found_;
  Names changed_;
  std::map<std::string, const AlterGenerated*> expressions_;
};

}  // namespace

bool Regeneration::holds(const std::string& column) const {
  return std::any_of(columns.begin(), columns.end(),
                     [&column](const Column& one) { return one.name == column; });
}

bool Regeneration::is_mentioned_in(const std::string& expression) const {
  return std::any_of(columns.begin(), columns.end(),
                     [&expression](const Column& one) { return mentions(expression, one.name); });
}

std::optional<Regeneration> regeneration_at(const Schema& state, std::span<const Operation> operations,
                                            std::size_t at) {
  if (!is_alteration(operations[at])) return std::nullopt;
  return Search(state, operations, at).run();
}

}  // namespace metaxy::migrate::postgresql
