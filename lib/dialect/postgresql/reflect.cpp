#include "dialect/postgresql/reflect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "base/text.hpp"
#include "dialect/postgresql/canonical.hpp"
#include "dialect/postgresql/catalog_queries.hpp"
#include "dialect/postgresql/options.hpp"
#include "dialect/postgresql/types.hpp"
#include "dialect/snapshot.hpp"

namespace metaxy::migrate::postgresql {

namespace {

template <class Value>
std::vector<Value> list_in(const Cell& json) {
  if (!json) return {};
  return nlohmann::json::parse(*json).get<std::vector<Value>>();
}

std::string action_words(const Cell& code) {
  if (code == "c") return "CASCADE";
  if (code == "n") return "SET NULL";
  if (code == "d") return "SET DEFAULT";
  return code == "r" ? "RESTRICT" : "";
}

/// A table while it is read, with what the catalog numbers.
struct Found {
  Table table;
  std::map<int, std::string> names;
};

class Reflection {
 public:
  Reflection(Connection& connection, const ReflectScope& scope)
      : connection_(connection), schema_(scope.schema) {}

  Reflected run() {
    const Snapshot snapshot(connection_);
    current_schema_ =
        schema_.empty() ? connection_.query("SELECT current_schema()")[0][0].value_or("") : schema_;
    read_tables();
    read_enums();
    read_columns();
    read_serials();
    read_constraints();
    read_indexes();
    read_views();
    for (auto& [oid, found] : tables_) {
      make_canonical(found.table, result_.not_compared);
      put(result_.schema, std::move(found.table));
    }
    // Tables were read in no order.
    std::sort(result_.not_compared.begin(), result_.not_compared.end());
    return std::move(result_);
  }

 private:
  std::vector<Row> rows_of(std::string_view query) {
    const std::vector<Cell> parameters = {schema_.empty() ? Cell() : Cell(schema_)};
    return connection_.query(query, parameters);
  }

  /// nullptr for what is left out.
  Found* found_of(const Row& row) {
    const auto found = tables_.find(*row[0]);
    return found == tables_.end() ? nullptr : &found->second;
  }

  void read_tables() {
    for (Row& row : rows_of(kTablesQuery)) {
      Table& table = tables_[*row[0]].table;
      table.name = {schema_, *row[1]};
      table.comment = row[2].value_or("");
      if (is_true(row[3])) table.options.emplace_back(kUnlogged);
      if (row[4]) table.options.push_back(storage_option(*row[4]));
      if (row[5]) table.options.push_back(partition_option(*row[5]));
    }
  }

  void read_enums() {
    for (const Row& row : connection_.query(kEnumsQuery)) {
      enums_.emplace(row[0].value_or(""), list_in<std::string>(row[1]));
    }
  }

  void read_columns() {
    for (Row& row : rows_of(kColumnsQuery)) {
      Found* found = found_of(row);
      if (found == nullptr) continue;
      Column& column = found->table.columns.emplace_back();
      column.name = *row[2];
      found->names.emplace(std::stoi(*row[1]), column.name);
      column.type = type_of(*row[3]);
      column.is_nullable = !is_true(row[4]);
      column.collation = row[8].value_or("");
      column.comment = row[9].value_or("");
      if (row[5] && !row[5]->empty())
        found->table.options.push_back(identity_option(column.name, row[5] == "a"));
      if (row[6] && !row[6]->empty()) {
        column.generated = Generated{row[7].value_or(""), true};
      } else {
        column.default_sql = std::move(row[7]);
      }
    }
  }

  /// Many columns share few types.
  const Type& type_of(const std::string& text) {
    const auto found = types_.find(text);
    if (found != types_.end()) return found->second;
    Type type = spelled(parse_type(text));
    Type& inner = type.name == "LIST" ? type.members.front().type : type;
    const auto labels = enums_.find(inner.name);
    if (labels != enums_.end()) inner.labels = labels->second;
    return types_.emplace(text, std::move(type)).first->second;
  }

  void read_serials() {
    for (const Row& row : rows_of(kOwnedSequencesQuery)) {
      Found* found = found_of(row);
      if (found == nullptr) continue;
      Column* column = find_column(found->table, found->names[std::stoi(*row[1])]);
      const bool draws =
          column != nullptr && column->default_sql && column->default_sql->find("nextval(") == 0;
      if (draws) {
        column->default_sql.reset();
        found->table.options.push_back(serial_option(column->name));
      }
    }
  }

  static std::vector<std::string> names_of(const Found& found, const Cell& numbers) {
    std::vector<std::string> names;
    for (const int number : list_in<int>(numbers)) names.push_back(found.names.at(number));
    return names;
  }

  void read_views() {
    for (Row& row : rows_of(kViewsQuery)) {
      View& view = result_.views.emplace_back();
      view.name = {*row[0] == current_schema_ ? schema_ : *row[0], std::move(*row[1])};
      view.sql = row[2].value_or("");
      for (const auto& use : list_in<std::vector<std::string>>(row[3])) {
        const std::string table = to_text(TableName{schema_, use.at(0)});
        view.uses.insert(table);
        if (!use.at(1).empty()) view.uses.insert(table + "." + use.at(1));
      }
    }
  }

  void read_constraints() {
    for (const Row& row : rows_of(kConstraintsQuery)) {
      Found* found = found_of(row);
      if (found == nullptr) continue;
      if (std::optional<Constraint> constraint = constraint_from(*found, row)) {
        found->table.constraints.push_back(*std::move(constraint));
      } else {
        found->table.options.push_back(constraint_option(*row[1], row[15].value_or("")));
      }
      if (is_true(row[17])) {
        result_.not_compared.push_back(fmt::format("constraint '{}' of {}: its comment is left alone",
                                                   *row[1], to_text(found->table.name)));
      }
    }
  }

  /// nullopt for what the kinds of constraints that we know cannot say.
  std::optional<Constraint> constraint_from(const Found& found, const Row& row) const {
    const std::string& name = *row[1];
    const std::string& kind = *row[2];
    const bool is_deferrable = is_true(row[10]);
    const bool is_validated = is_true(row[12]);
    const bool is_odd = is_true(row[16]) || is_true(row[13]) || !is_validated;
    if (kind == "x" || is_odd || (is_deferrable && kind != "f")) return std::nullopt;
    if (kind == "p") return PrimaryKey{name, names_of(found, row[3])};
    if (kind == "u") return Unique{name, names_of(found, row[3])};
    if (kind == "c") return Check{name, row[14].value_or("")};
    if (row[9] != "s") return std::nullopt;
    ForeignKey key;
    key.name = name;
    key.columns = names_of(found, row[3]);
    key.referenced_table = {row[4] == current_schema_ ? "" : row[4].value_or(""), row[5].value_or("")};
    key.referenced_columns = list_in<std::string>(row[6]);
    key.on_update = action_words(row[7]);
    key.on_delete = action_words(row[8]);
    key.deferrable = is_deferrable ? is_true(row[11]) ? "DEFERRABLE INITIALLY DEFERRED" : "DEFERRABLE" : "";
    return key;
  }

  void read_indexes() {
    for (const Row& row : rows_of(kIndexesQuery)) {
      Found* found = found_of(row);
      if (found == nullptr) continue;
      if (!is_true(row[4])) {
        result_.not_compared.push_back(fmt::format(
            "index '{}' of {} is not valid (a CREATE INDEX CONCURRENTLY failed): it counts as missing",
            *row[1], to_text(found->table.name)));
        continue;
      }
      found->table.indexes.push_back(index_from(*found, row));
    }
  }

  static Index index_from(const Found& found, const Row& row) {
    Index index;
    index.name = *row[1];
    index.method = *row[2];
    index.is_unique = is_true(row[3]);
    index.where = row[9].value_or("");
    index.comment = row[12].value_or("");
    const std::size_t keys = std::stoul(*row[5]);
    const auto numbers = list_in<int>(row[6]);
    const auto bits = list_in<int>(row[7]);
    const auto texts = list_in<std::string>(row[8]);
    const auto classes = list_in<std::string>(row[10]);
    const auto collations = list_in<std::string>(row[11]);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (i >= keys) {
        index.included_columns.push_back(found.names.at(numbers[i]));
        continue;
      }
      IndexPart& part = index.parts.emplace_back();
      if (numbers[i] == 0) {
        part.expression = texts.at(i);
      } else {
        part.column = found.names.at(numbers[i]);
      }
      part.is_descending = (bits.at(i) & 1) != 0;
      part.nulls = (bits.at(i) & 2) != 0 ? "NULLS FIRST" : "NULLS LAST";
      part.operator_class = classes.at(i);
      part.collation = collations.at(i);
    }
    return index;
  }

  Connection& connection_;
  std::string schema_;
  std::string current_schema_;
  std::unordered_map<std::string, Found> tables_;
  std::unordered_map<std::string, Type> types_;
  /// Labels by the enum's name.
  std::unordered_map<std::string, std::vector<std::string>> enums_;
  Reflected result_;
};

}  // namespace

Reflected reflect(Connection& connection, const ReflectScope& scope) {
  return Reflection(connection, scope).run();
}

}  // namespace metaxy::migrate::postgresql
