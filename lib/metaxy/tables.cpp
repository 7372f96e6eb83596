#include "metaxy/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "metaxy/logical_types.hpp"
#include "metaxy/sql_table.hpp"
#include "metaxy/table_names.hpp"

namespace metaxy::migrate {

namespace {

void throw_if_any(const std::vector<Problem>& problems) {
  if (!problems.empty()) {
    throw error_from(ErrorKind::configuration,
                     fmt::format("{} in the definitions", counted(problems.size(), "fault")), problems);
  }
}

/// Without the Flag a dict is JSON, at every depth (contract F1).
LogicalType with_maps_as_json(const LogicalType& type) {
  if (type.kind == LogicalKind::map) {
    return logical(LogicalKind::json);
  }
  LogicalType result = type;
  for (LogicalMember& member : result.members) {
    member.type = with_maps_as_json(member.type);
  }
  return result;
}

/// Everything that a table is made from but its own definition.
class TableMaker {
 public:
  TableMaker(std::span<const FeatureDefinition> definitions, const Dialect& dialect,
             const TableOptions& options)
      : dialect_(dialect), options_(options) {
    for (const FeatureDefinition& definition : definitions) {
      const auto [known, is_new] = by_key_.emplace(definition.key, &definition);
      if (!is_new && known->second->is_external) {
        known->second = &definition;
      }
    }
  }

  DesiredTable table_of(const FeatureDefinition& definition);
  void note_unused_overrides();

  std::vector<std::string> notes;
  std::vector<Problem> problems;

 private:
  Column system_column(const MetaxyColumn& wanted, const FeatureDefinition& definition) const;
  Column user_column(const FeatureColumn& column, const FeatureDefinition& definition);
  void add_user_columns(DesiredTable& desired, const FeatureDefinition& definition);
  void take_sql_table(DesiredTable& desired, const FeatureDefinition& definition);
  FeatureColumn undeclared_id_column(const std::string& name, const FeatureDefinition& definition);
  const FeatureColumn* upstream_column(const FeatureDefinition& definition, const std::string& name,
                                       std::set<std::string>& seen) const;
  const std::string* override_of(const std::string& feature, const std::string& column) const;
  Type type_of(const FeatureColumn& column, const FeatureDefinition& definition) const;

  const Dialect& dialect_;
  const TableOptions& options_;
  std::map<std::string, const FeatureDefinition*> by_key_;
};

const std::string* TableMaker::override_of(const std::string& feature, const std::string& column) const {
  const auto of_feature = options_.column_types.find(feature);
  if (of_feature == options_.column_types.end()) {
    return nullptr;
  }
  const auto found = of_feature->second.find(column);
  return found == of_feature->second.end() ? nullptr : &found->second;
}

Type TableMaker::type_of(const FeatureColumn& column, const FeatureDefinition& definition) const {
  const std::string* configured = override_of(definition.key, column.name);
  if (configured == nullptr && !column.sql_type) {
    return dialect_.column_type(options_.has_map_datatype ? column.type : with_maps_as_json(column.type));
  }
  return dialect_.canonical_type(parse_type(configured != nullptr ? *configured : *column.sql_type));
}

Column TableMaker::system_column(const MetaxyColumn& wanted, const FeatureDefinition& definition) const {
  Column column;
  column.name = wanted.name;
  column.is_nullable = wanted.is_nullable;
  switch (column_role(wanted.name)) {
    case ColumnRole::by_field: {
      std::vector<std::string> members;
      for (const std::string& field : definition.fields) {
        members.push_back(by_field_member(field));
      }
      column.type = dialect_.by_field_type(members, options_.has_map_datatype);
      break;
    }
    case ColumnRole::system_timestamp:
      column.type = dialect_.column_type(logical(LogicalKind::timestamp_with_zone));
      break;
    case ColumnRole::system_text:
    case ColumnRole::ordinary:
      column.type = dialect_.column_type(logical(LogicalKind::text));
      break;
  }
  return column;
}

Column TableMaker::user_column(const FeatureColumn& column, const FeatureDefinition& definition) {
  Column result;
  result.name = column.name;
  result.comment = column.comment;
  result.is_nullable = column.is_nullable && !contains(definition.id_columns, column.name);
  try {
    result.type = type_of(column, definition);
  } catch (const Error& error) {
    problems.push_back(
        {fmt::format("the type of column '{}.{}': {}", definition.key, column.name, error.what()),
         std::nullopt, error.hint()});
  }
  return result;
}

const FeatureColumn* TableMaker::upstream_column(const FeatureDefinition& definition, const std::string& name,
                                                 std::set<std::string>& seen) const {
  if (!seen.insert(definition.key).second) {
    return nullptr;
  }
  for (const FeatureDependency& dependency : definition.dependencies) {
    const auto upstream = by_key_.find(dependency.feature);
    if (upstream == by_key_.end() || dependency.rename.count(name) != 0) {
      continue;
    }
    std::string old_name = name;
    for (const auto& [from, to] : dependency.rename) {
      old_name = to == name ? from : old_name;
    }
    // Id columns always come along, selected or not.
    const bool is_selected = !dependency.select || contains(*dependency.select, name) ||
                             contains(*dependency.select, old_name) ||
                             contains(upstream->second->id_columns, old_name);
    if (!is_selected) {
      continue;
    }
    const std::vector<FeatureColumn>& columns = upstream->second->columns;
    const auto column = std::find_if(columns.begin(), columns.end(),
                                     [&](const FeatureColumn& other) { return other.name == old_name; });
    if (column != columns.end()) {
      return &*column;
    }
    if (const FeatureColumn* further = upstream_column(*upstream->second, old_name, seen)) {
      return further;
    }
  }
  return nullptr;
}

FeatureColumn TableMaker::undeclared_id_column(const std::string& name, const FeatureDefinition& definition) {
  FeatureColumn column;
  column.name = name;
  column.is_nullable = false;
  std::set<std::string> seen;
  if (const FeatureColumn* upstream = upstream_column(definition, name, seen)) {
    column.type = upstream->type;
    column.sql_type = upstream->sql_type;
  } else if (override_of(definition.key, name) == nullptr) {
    notes.push_back(
        fmt::format("id column '{}' of feature '{}' is declared neither there nor in a feature it depends "
                    "on: taken as text; give its type below [ext.migrate.columns.\"{}\"]",
                    name, definition.key, definition.key));
  }
  return column;
}

DesiredTable TableMaker::table_of(const FeatureDefinition& definition) {
  DesiredTable desired;
  desired.feature = definition.key;
  desired.project = definition.project;
  desired.table.name.name = table_name_of(definition.key, options_.table_prefix);
  desired.table.comment = definition.description;
  if (!definition.renamed_from.empty()) {
    desired.renamed_from = table_name_of(definition.renamed_from, options_.table_prefix);
  }
  const std::vector<MetaxyColumn>& own = options_.target.feature_columns;
  desired.table.columns.reserve(own.size() + definition.id_columns.size() + definition.columns.size());
  for (const MetaxyColumn& column : own) {
    desired.table.columns.push_back(system_column(column, definition));
  }
  add_user_columns(desired, definition);
  if (!definition.sql_table.empty()) {
    take_sql_table(desired, definition);
  }
  normalise(desired.table);
  return desired;
}

void TableMaker::add_user_columns(DesiredTable& desired, const FeatureDefinition& definition) {
  for (const std::string& name : definition.id_columns) {
    const bool is_declared = std::any_of(definition.columns.begin(), definition.columns.end(),
                                         [&](const FeatureColumn& column) { return column.name == name; });
    if (!is_declared && !is_metaxy_column(name)) {
      desired.table.columns.push_back(user_column(undeclared_id_column(name, definition), definition));
    }
  }
  for (const FeatureColumn& column : definition.columns) {
    desired.table.columns.push_back(user_column(column, definition));
    if (!column.renamed_from.empty()) {
      desired.column_renames[column.name] = column.renamed_from;
    }
    if (column.has_index) {
      Index index;
      index.name = index_name(desired.table.name.name, column.name);
      IndexPart part;
      part.column = column.name;
      index.parts.push_back(part);
      desired.table.indexes.push_back(index);
    }
  }
}

/// What the class declares to SQLAlchemy is exact, where its JSON schema can only be guessed from.
void TableMaker::take_sql_table(DesiredTable& desired, const FeatureDefinition& definition) {
  SqlTableOptions options{.table_prefix = options_.table_prefix, .column_types = {}};
  for (const FeatureColumn& column : definition.columns) {
    if (column.sql_type) {
      options.column_types[column.name] = *column.sql_type;
    }
  }
  if (const auto configured = options_.column_types.find(definition.key);
      configured != options_.column_types.end()) {
    for (const auto& [column, type] : configured->second) {
      options.column_types[column] = type;
    }
  }
  SqlTable declared = sql_table_of(definition, dialect_, options, notes);
  std::vector<Column> columns;
  for (Column& column : desired.table.columns) {
    const bool is_declared = std::any_of(declared.columns.begin(), declared.columns.end(),
                                         [&](const Column& other) { return other.name == column.name; });
    const bool is_of_schema =
        std::any_of(definition.columns.begin(), definition.columns.end(),
                    [&](const FeatureColumn& other) { return other.name == column.name; });
    // A property under another name than its column's is the same thing told twice.
    if (!is_declared && (!is_of_schema || contains(definition.id_columns, column.name))) {
      columns.push_back(std::move(column));
    }
  }
  for (Column& column : declared.columns) {
    column.is_nullable = column.is_nullable && !contains(definition.id_columns, column.name);
    columns.push_back(std::move(column));
  }
  desired.table.columns = std::move(columns);
  desired.table.constraints = std::move(declared.constraints);
  for (Index& index : declared.indexes) {
    if (find_index(desired.table, index.name) == nullptr) {
      desired.table.indexes.push_back(std::move(index));
    }
  }
}

void TableMaker::note_unused_overrides() {
  std::vector<std::string> keys;
  for (const auto& [key, definition] : by_key_) {
    keys.push_back(key);
  }
  for (const auto& [feature, columns] : options_.column_types) {
    const auto definition = by_key_.find(feature);
    if (definition == by_key_.end()) {
      const std::string suggestion = did_you_mean(feature, keys);
      notes.push_back(fmt::format("[ext.migrate.columns.\"{}\"] names no feature{}{}", feature,
                                  suggestion.empty() ? "" : "; ", suggestion));
      continue;
    }
    std::vector<std::string> names = definition->second->id_columns;
    for (const FeatureColumn& column : definition->second->columns) {
      names.push_back(column.name);
    }
    for (const auto& [column, type] : columns) {
      if (!contains(names, column)) {
        const std::string suggestion = did_you_mean(column, names);
        notes.push_back(fmt::format("[ext.migrate.columns.\"{}\"] names no column '{}' of it{}{}", feature,
                                    column, suggestion.empty() ? "" : "; ", suggestion));
      }
    }
  }
}

/// Replaces the tables by what the database will report for them.
void make_canonical(DesiredSchema& desired, const Dialect& dialect) {
  Schema canonical = dialect.canonical(desired.schema());
  for (auto& [name, table] : canonical) {
    const auto found = desired.tables.find(name);
    if (found != desired.tables.end()) {
      found->second.table = std::move(table);
    }
  }
}

/// The columns that cannot be empty are Metaxy's key.
DesiredTable system_table(const SystemTable& wanted, const Dialect& dialect, const TableOptions& options) {
  DesiredTable desired;
  desired.table.name.name = system_table_name(wanted.name, options.table_prefix);
  PrimaryKey key;
  for (const MetaxyColumn& column : wanted.columns) {
    Column result;
    result.name = column.name;
    result.type = dialect.column_type(logical(column.kind));
    result.is_nullable = column.is_nullable;
    desired.table.columns.push_back(std::move(result));
    if (!column.is_nullable) {
      key.columns.push_back(column.name);
    }
  }
  if (options.has_system_primary_key) {
    desired.table.constraints.emplace_back(std::move(key));
  }
  return desired;
}

/// Metaxy deletes rows with the table's name unquoted (contract C).
bool is_plain_prefix(std::string_view prefix) {
  return prefix.empty() || (!(prefix.front() >= '0' && prefix.front() <= '9') &&
                            std::all_of(prefix.begin(), prefix.end(), [](char c) {
                              return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
                            }));
}

}  // namespace

Schema DesiredSchema::schema() const {
  Schema schema;
  for (const auto& [name, desired] : tables) {
    schema.emplace(name, desired.table);
  }
  return schema;
}

DesiredSchema feature_tables(std::span<const FeatureDefinition> definitions, const Dialect& dialect,
                             const TableOptions& options) {
  throw_if_any(definition_name_problems(definitions, options.table_prefix));
  TableMaker maker(definitions, dialect, options);
  DesiredSchema desired;
  for (const FeatureDefinition& definition : definitions) {
    if (definition.is_external) {
      continue;
    }
    if (!definition.has_schema) {
      maker.notes.push_back(
          fmt::format("feature '{}' has an empty schema: its table is left alone", definition.key));
      continue;
    }
    DesiredTable table = maker.table_of(definition);
    desired.tables.emplace(table.table.name, std::move(table));
  }
  maker.note_unused_overrides();
  throw_if_any(maker.problems);
  desired.notes = std::move(maker.notes);
  settle_foreign_keys(desired, options.table_prefix);
  throw_if_any(table_name_problems(desired, dialect.capabilities()));
  if (!is_plain_prefix(options.table_prefix)) {
    desired.notes.push_back(
        fmt::format("table_prefix '{}' is no plain lower-case name: Metaxy's hard deletes will not "
                    "find the tables",
                    options.table_prefix));
  }
  make_canonical(desired, dialect);
  return desired;
}

DesiredSchema system_tables(const Dialect& dialect, const TableOptions& options) {
  DesiredSchema desired;
  for (const SystemTable& wanted : options.target.system_tables) {
    DesiredTable table = system_table(wanted, dialect, options);
    desired.tables.emplace(table.table.name, std::move(table));
  }
  throw_if_any(table_name_problems(desired, dialect.capabilities()));
  make_canonical(desired, dialect);
  return desired;
}

}  // namespace metaxy::migrate
