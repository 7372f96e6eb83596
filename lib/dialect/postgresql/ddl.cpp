#include "dialect/postgresql/ddl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/text.hpp"
#include "dialect/postgresql/canonical.hpp"
#include "dialect/postgresql/expression.hpp"
#include "dialect/postgresql/options.hpp"
#include "dialect/postgresql/quoting.hpp"
#include "dialect/postgresql/types.hpp"
#include "diff/operation.hpp"

namespace metaxy::migrate::postgresql {

namespace {

std::string body_of(const PrimaryKey& key) {
  return fmt::format("PRIMARY KEY ({})", quoted_list(key.columns));
}
std::string body_of(const Unique& unique) { return fmt::format("UNIQUE ({})", quoted_list(unique.columns)); }
std::string body_of(const Check& check) { return fmt::format("CHECK ({})", check.expression); }
std::string body_of(const ForeignKey& key) {
  std::string text = fmt::format("FOREIGN KEY ({}) REFERENCES {}", quoted_list(key.columns),
                                 quoted_name(key.referenced_table));
  if (!key.referenced_columns.empty()) text += fmt::format(" ({})", quoted_list(key.referenced_columns));
  if (!key.on_update.empty()) text += " ON UPDATE " + key.on_update;
  if (!key.on_delete.empty()) text += " ON DELETE " + key.on_delete;
  return key.deferrable.empty() ? text : text + " " + key.deferrable;
}

/// `serial` and the like are types of a CREATE TABLE only: the sequence comes with them.
std::string serial_type(const Type& type) {
  if (type.name == "smallint") return "smallserial";
  return type.name == "integer" ? "serial" : "bigserial";
}

std::string index_part(const IndexPart& part) {
  std::string text = part.column.empty()
                         ? is_plain_key(part.expression) ? part.expression : "(" + part.expression + ")"
                         : quoted_name(part.column);
  if (!part.collation.empty()) text += " COLLATE " + quoted_name(part.collation);
  if (!part.operator_class.empty()) text += " " + part.operator_class;
  if (part.is_descending) text += " DESC";
  return part.nulls.empty() ? text : text + " " + part.nulls;
}

std::string comment_value(std::string_view comment) { return comment.empty() ? "NULL" : literal(comment); }

/// An index is in its table's schema.
std::string index_name(const TableName& table, std::string_view index) {
  return quoted_name(TableName{table.schema, std::string(index)});
}

}  // namespace

std::string type_sql(const Type& type, std::string_view collation) {
  const std::string text = migrate::to_text(named(type));
  return collation.empty() ? text : fmt::format("{} COLLATE {}", text, quoted_name(collation));
}

std::string column_definition(const Table& table, const Column& column) {
  const std::optional<std::string> identity = column_option(table, "IDENTITY", column.name);
  const bool is_serial = column_option(table, "SERIAL", column.name).has_value();
  std::string text = quoted_name(column.name) + " " +
                     (is_serial ? serial_type(column.type) : type_sql(column.type, column.collation));
  if (!column.is_nullable) text += " NOT NULL";
  if (column.default_sql) text += " DEFAULT " + *column.default_sql;
  if (identity) text += fmt::format(" GENERATED {} AS IDENTITY", *identity);
  if (column.generated) text += fmt::format(" GENERATED ALWAYS AS ({}) STORED", column.generated->expression);
  return text;
}

std::string constraint_name(const TableName& table, const Constraint& constraint) {
  const std::string name = std::visit([](const auto& one) { return one.name; }, constraint);
  return name.empty() ? made_constraint_name(table, constraint) : name;
}

std::string constraint_definition(const TableName& table, const Constraint& constraint) {
  return fmt::format("CONSTRAINT {} {}", quoted_name(constraint_name(table, constraint)),
                     std::visit([](const auto& one) { return body_of(one); }, constraint));
}

std::vector<Constraint> repeated_keys(const Table& table) {
  std::vector<Constraint> repeated;
  std::set<std::vector<std::string>> seen;
  for (const Constraint& constraint : table.constraints) {
    const bool is_key =
        std::holds_alternative<PrimaryKey>(constraint) || std::holds_alternative<Unique>(constraint);
    if (is_key && !seen.insert(columns_of(constraint)).second) repeated.push_back(constraint);
  }
  return repeated;
}

std::string create_table_sql(const Table& table) {
  std::vector<std::string> lines;
  for (const Column& column : table.columns) lines.push_back(column_definition(table, column));
  const std::vector<Constraint> repeated = repeated_keys(table);
  for (const Constraint& constraint : table.constraints) {
    if (std::find(repeated.begin(), repeated.end(), constraint) == repeated.end()) {
      lines.push_back(constraint_definition(table.name, constraint));
    }
  }
  std::string kind;
  std::string behind;
  for (const std::string& option : table.options) {
    if (option == kUnlogged) kind = "UNLOGGED ";
    if (option_behind(option, "CONSTRAINT ")) lines.push_back(option);
    const bool is_behind = option_behind(option, "PARTITION BY ") || option_behind(option, "WITH (");
    if (is_behind) behind += " " + option;
  }
  const std::string body = lines.empty() ? "" : "\n  " + join(lines, ",\n  ") + "\n";
  return fmt::format("CREATE {}TABLE {} ({}){}", kind, quoted_name(table.name), body, behind);
}

std::string create_index_sql(const TableName& table, const Index& index, IndexBuild build) {
  std::vector<std::string> parts;
  for (const IndexPart& part : index.parts) parts.push_back(index_part(part));
  std::string text = fmt::format("CREATE {}INDEX {}{} ON {}{} ({})", index.is_unique ? "UNIQUE " : "",
                                 build == IndexBuild::concurrently ? "CONCURRENTLY " : "",
                                 quoted_name(index.name), quoted_name(table),
                                 index.method.empty() ? "" : " USING " + index.method, join(parts, ", "));
  if (!index.included_columns.empty())
    text += fmt::format(" INCLUDE ({})", quoted_list(index.included_columns));
  return index.where.empty() ? text : text + " WHERE " + index.where;
}

std::string drop_index_sql(const TableName& table, std::string_view index, IndexBuild build) {
  return fmt::format("DROP INDEX {}{}", build == IndexBuild::concurrently ? "CONCURRENTLY " : "",
                     index_name(table, index));
}

std::string table_comment_sql(const TableName& table, std::string_view comment) {
  return fmt::format("COMMENT ON TABLE {} IS {}", quoted_name(table), comment_value(comment));
}

std::string column_comment_sql(const TableName& table, std::string_view column, std::string_view comment) {
  return fmt::format("COMMENT ON COLUMN {}.{} IS {}", quoted_name(table), quoted_name(column),
                     comment_value(comment));
}

std::string index_comment_sql(const TableName& table, const Index& index) {
  return fmt::format("COMMENT ON INDEX {} IS {}", index_name(table, index.name),
                     comment_value(index.comment));
}

}  // namespace metaxy::migrate::postgresql
