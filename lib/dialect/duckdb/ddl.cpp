#include "dialect/duckdb/ddl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "dialect/duckdb/expression.hpp"
#include "dialect/duckdb/quoting.hpp"
#include "diff/operation.hpp"

namespace metaxy::migrate::duckdb {
namespace {

bool is_key_column(const Table& table, const std::string& column) {
  const PrimaryKey* key = primary_key(table);
  return key != nullptr && std::find(key->columns.begin(), key->columns.end(), column) != key->columns.end();
}

std::string column_definition(const Table& table, const Column& column) {
  std::string text = fmt::format("{} {}", quoted_name(column.name), to_text(column.type));
  if (column.generated) return text + fmt::format(" GENERATED ALWAYS AS ({})", column.generated->expression);
  if (!column.collation.empty()) text += " COLLATE " + quoted_name(column.collation);
  if (!column.is_nullable && !is_key_column(table, column.name)) text += " NOT NULL";
  if (column.default_sql) text += " DEFAULT " + default_value(*column.default_sql);
  return text;
}

std::string constraint_definition(const Constraint& constraint) {
  return std::visit(
      Overloaded{
          [](const PrimaryKey& key) { return fmt::format("PRIMARY KEY ({})", quoted_list(key.columns)); },
          [](const Unique& unique) { return fmt::format("UNIQUE ({})", quoted_list(unique.columns)); },
          [](const Check& check) { return fmt::format("CHECK ({})", check.expression); },
          [](const ForeignKey& key) {
            const std::string columns = key.referenced_columns.empty()
                                            ? ""
                                            : fmt::format(" ({})", quoted_list(key.referenced_columns));
            return fmt::format("FOREIGN KEY ({}) REFERENCES {}{}", quoted_list(key.columns),
                               quoted_name(key.referenced_table), columns);
          },
      },
      constraint);
}

/// An index lives in its table's schema.
std::string index_name(const TableName& table, const Index& index) {
  return quoted_name(TableName{table.schema, index.name});
}

std::string comment_value(std::string_view comment) { return comment.empty() ? "NULL" : literal(comment); }

}  // namespace

std::string quoted_list(const std::vector<std::string>& names) {
  std::vector<std::string> all;
  all.reserve(names.size());
  for (const std::string& name : names) all.push_back(quoted_name(name));
  return join(all, ", ");
}

std::string default_value(const std::string& canonical_default) {
  return is_literal(canonical_default) ? canonical_default : fmt::format("({})", canonical_default);
}

std::string create_table_sql(const Table& table, std::string_view quoted_name, PrimaryKeyPlace place) {
  std::vector<std::string> lines;
  for (const Column& column : table.columns) lines.push_back("  " + column_definition(table, column));
  for (const Constraint& constraint : table.constraints) {
    if (place == PrimaryKeyPlace::later && std::holds_alternative<PrimaryKey>(constraint)) continue;
    lines.push_back("  " + constraint_definition(constraint));
  }
  return fmt::format("CREATE TABLE {} (\n{}\n)", quoted_name, join(lines, ",\n"));
}

std::string drop_table_sql(const TableName& table) { return "DROP TABLE " + quoted_name(table); }

std::string create_index_sql(const TableName& table, const Index& index) {
  std::vector<std::string> keys;
  for (const IndexPart& part : index.parts) {
    keys.push_back(part.column.empty() ? fmt::format("({})", part.expression) : quoted_name(part.column));
  }
  return fmt::format("CREATE {}INDEX {} ON {} ({})", index.is_unique ? "UNIQUE " : "",
                     quoted_name(index.name), quoted_name(table), join(keys, ", "));
}

std::string drop_index_sql(const TableName& table, const Index& index) {
  return fmt::format("DROP INDEX {}", index_name(table, index));
}

std::string table_comment_sql(const TableName& table, std::string_view comment) {
  return fmt::format("COMMENT ON TABLE {} IS {}", quoted_name(table), comment_value(comment));
}

std::string column_comment_sql(const TableName& table, std::string_view column, std::string_view comment) {
  return fmt::format("COMMENT ON COLUMN {}.{} IS {}", quoted_name(table), quoted_name(column),
                     comment_value(comment));
}

std::string index_comment_sql(const TableName& table, const Index& index) {
  return fmt::format("COMMENT ON INDEX {} IS {}", index_name(table, index), comment_value(index.comment));
}

std::string guard_sql(std::string_view message, std::string_view from_where) {
  return fmt::format("SELECT error({}){}", message, from_where);
}

}  // namespace metaxy::migrate::duckdb
