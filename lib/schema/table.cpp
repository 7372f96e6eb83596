#include "schema/table.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace metaxy::migrate {

namespace {

/// The element of that name, or nullptr; const if the vector is.
template <class Values>
auto* find_by_name(Values& values, std::string_view name) {
  const auto found =
      std::find_if(values.begin(), values.end(), [name](const auto& value) { return value.name == name; });
  return found == values.end() ? nullptr : &*found;
}

/// What constraints are sorted by: kind, columns, then every other field. Views into the constraint.
auto sort_key(const Constraint& constraint) {
  static const std::vector<std::string> no_columns;
  using Columns = const std::vector<std::string>*;
  using Views = std::vector<std::string_view>;
  struct Visitor {
    std::pair<Columns, Views> operator()(const PrimaryKey& key) const { return {&key.columns, {key.name}}; }
    std::pair<Columns, Views> operator()(const Unique& unique) const {
      return {&unique.columns, {unique.name}};
    }
    std::pair<Columns, Views> operator()(const Check& check) const {
      return {&no_columns, {check.expression, check.name}};
    }
    std::pair<Columns, Views> operator()(const ForeignKey& key) const {
      Views views = {key.referenced_table.schema,
                     key.referenced_table.name,
                     key.on_update,
                     key.on_delete,
                     key.deferrable,
                     key.name};
      views.insert(views.end(), key.referenced_columns.begin(), key.referenced_columns.end());
      return {&key.columns, std::move(views)};
    }
  };
  return std::visit(Visitor{}, constraint);
}

bool is_before(const Constraint& a, const Constraint& b) {
  if (a.index() != b.index()) {
    return a.index() < b.index();
  }
  const auto [a_columns, a_views] = sort_key(a);
  const auto [b_columns, b_views] = sort_key(b);
  return std::tie(*a_columns, a_views) < std::tie(*b_columns, b_views);
}

}  // namespace

std::string to_text(const TableName& name) {
  return name.schema.empty() ? name.name : name.schema + "." + name.name;
}

void normalise(Table& table) {
  std::sort(table.constraints.begin(), table.constraints.end(), is_before);
  table.constraints.erase(std::unique(table.constraints.begin(), table.constraints.end()),
                          table.constraints.end());
  std::stable_sort(table.indexes.begin(), table.indexes.end(),
                   [](const Index& a, const Index& b) { return a.name < b.name; });
  table.indexes.erase(std::unique(table.indexes.begin(), table.indexes.end()), table.indexes.end());
  std::sort(table.options.begin(), table.options.end());
  table.options.erase(std::unique(table.options.begin(), table.options.end()), table.options.end());
}

const Column* find_column(const Table& table, std::string_view name) {
  return find_by_name(table.columns, name);
}

Column* find_column(Table& table, std::string_view name) { return find_by_name(table.columns, name); }

const Index* find_index(const Table& table, std::string_view name) {
  return find_by_name(table.indexes, name);
}

const PrimaryKey* primary_key(const Table& table) {
  for (const Constraint& constraint : table.constraints) {
    if (const PrimaryKey* key = std::get_if<PrimaryKey>(&constraint)) {
      return key;
    }
  }
  return nullptr;
}

std::vector<std::string> columns_of(const Constraint& constraint) { return *sort_key(constraint).first; }

std::vector<std::string> key_of(const Index& index) {
  std::vector<std::string> key;
  for (const IndexPart& part : index.parts) {
    key.push_back(part.column.empty() ? part.expression : part.column);
  }
  return key;
}

}  // namespace metaxy::migrate
