#include "dialect/duckdb/reflect.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "base/error.hpp"
#include "dialect/duckdb/canonical.hpp"
#include "dialect/duckdb/catalog_queries.hpp"
#include "dialect/duckdb/catalog_text.hpp"
#include "dialect/duckdb/types.hpp"
#include "dialect/snapshot.hpp"

namespace metaxy::migrate::duckdb {
namespace {

std::vector<std::string> names_in(const Cell& json) {
  if (!json) return {};
  return nlohmann::json::parse(*json).get<std::vector<std::string>>();
}

class Reflection {
 public:
  Reflection(Connection& connection, const ReflectScope& scope)
      : connection_(connection), schema_(scope.schema) {}

  Reflected run() {
    const Snapshot snapshot(connection_);
    read_tables();
    read_columns();
    read_constraints();
    read_indexes();
    for (Row& row : rows_of(kViewsQuery)) {
      result_.views.push_back({.name = {schema_, std::move(*row[0])}, .sql = row[1].value_or("")});
    }
    for (auto& [name, table] : tables_) {
      make_canonical(table, result_.not_compared);
      put(result_.schema, std::move(table));
    }
    return std::move(result_);
  }

 private:
  std::vector<Row> rows_of(std::string_view query) {
    const std::vector<Cell> parameters = {schema_.empty() ? Cell() : Cell(schema_)};
    return connection_.query(query, parameters);
  }

  /// nullptr for what is no table (a view's columns).
  Table* table_of(const Row& row) {
    const auto found = tables_.find(*row[0]);
    return found == tables_.end() ? nullptr : &found->second;
  }

  void read_tables() {
    for (Row& row : rows_of(kTablesQuery)) {
      Table& table = tables_[*row[0]];
      table.name = {schema_, *row[0]};
      table.comment = row[1].value_or("");
      if (row[2]) texts_.emplace(*row[0], column_texts(*row[2]));
    }
  }

  void read_columns() {
    for (Row& row : rows_of(kColumnsQuery)) {
      Table* table = table_of(row);
      if (table == nullptr) continue;
      Column& column = table->columns.emplace_back();
      column.name = std::move(*row[1]);
      column.type = type_of(*row[2]);
      column.is_nullable = row[3] == "true";
      column.default_sql = std::move(row[4]);
      column.comment = row[5].value_or("");
      add_text(table->name.name, column);
    }
  }

  /// Many columns share few types.
  const Type& type_of(const std::string& text) {
    const auto found = types_.find(text);
    if (found != types_.end()) return found->second;
    return types_.emplace(text, spelled(parse_type(text))).first->second;
  }

  void add_text(const std::string& table, Column& column) {
    const auto texts = texts_.find(table);
    if (texts == texts_.end()) return;
    const auto found = texts->second.find(column.name);
    if (found == texts->second.end()) return;
    column.collation = found->second.collation;
    if (!found->second.generated.empty()) column.generated = Generated{found->second.generated, false};
  }

  void read_constraints() {
    for (Row& row : rows_of(kConstraintsQuery)) {
      if (Table* table = table_of(row)) table->constraints.push_back(constraint_from(row));
    }
  }

  Constraint constraint_from(const Row& row) const {
    const std::string& kind = *row[1];
    if (kind == "PRIMARY KEY") return PrimaryKey{"", names_in(row[2])};
    if (kind == "UNIQUE") return Unique{"", names_in(row[2])};
    if (kind == "CHECK") return Check{"", row[3].value_or("")};
    if (kind != "FOREIGN KEY") {
      throw Error(ErrorKind::failure,
                  fmt::format("table '{}' has a constraint of unknown kind '{}'", *row[0], kind));
    }
    ForeignKey key;
    key.columns = names_in(row[2]);
    key.referenced_table = {schema_, row[4].value_or("")};
    key.referenced_columns = names_in(row[5]);
    return key;
  }

  void read_indexes() {
    for (Row& row : rows_of(kIndexesQuery)) {
      Table* table = table_of(row);
      if (table == nullptr) continue;
      Index& index = table->indexes.emplace_back();
      index.name = std::move(*row[1]);
      index.is_unique = row[2] == "true";
      index.parts = index_parts(row[3].value_or(""));
      index.comment = row[4].value_or("");
    }
  }

  Connection& connection_;
  std::string schema_;
  std::map<std::string, Table> tables_;
  std::unordered_map<std::string, std::map<std::string, ColumnText>> texts_;
  std::unordered_map<std::string, Type> types_;
  Reflected result_;
};

}  // namespace

Reflected reflect(Connection& connection, const ReflectScope& scope) {
  return Reflection(connection, scope).run();
}

}  // namespace metaxy::migrate::duckdb
