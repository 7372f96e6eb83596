#include "diff/explain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

constexpr const char* kNothing = "nothing";

std::string words_of(const Column& column) {
  std::string text = to_text(column.type);
  text += column.is_nullable ? "" : " not null";
  if (column.default_sql) {
    text += fmt::format(" default {}", *column.default_sql);
  }
  if (column.generated) {
    text += fmt::format(" {} as ({})", column.generated->is_stored ? "stored" : "computed",
                        column.generated->expression);
  }
  if (!column.collation.empty()) {
    text += fmt::format(" collate {}", column.collation);
  }
  if (!column.comment.empty()) {
    text += fmt::format(", commented '{}'", column.comment);
  }
  return text;
}

std::string words_of(const Index& index) {
  std::vector<std::string> parts;
  for (const IndexPart& part : index.parts) {
    parts.push_back((part.column.empty() ? fmt::format("({})", part.expression) : part.column) +
                    (part.is_descending ? " desc" : ""));
  }
  return fmt::format("{}index on ({}){}", index.is_unique ? "unique " : "", join(parts, ", "),
                     index.where.empty() ? "" : fmt::format(" where {}", index.where));
}

std::string words_of(const Table& table) {
  std::string text = fmt::format("a table of {}", counted(table.columns.size(), "column"));
  if (!table.options.empty()) {
    text += fmt::format(" with {}", join(table.options, ", "));
  }
  if (!table.comment.empty()) {
    text += fmt::format(", commented '{}'", table.comment);
  }
  return text;
}

std::string column_in(const Schema& schema, const TableName& table_name, const std::string& name) {
  const Table* table = find_table(schema, table_name);
  if (table == nullptr) {
    return kNothing;
  }
  const auto found = std::find_if(table->columns.begin(), table->columns.end(),
                                  [&](const Column& column) { return column.name == name; });
  return found == table->columns.end() ? kNothing : words_of(*found);
}

std::string table_in(const Schema& schema, const TableName& name) {
  const Table* table = find_table(schema, name);
  return table == nullptr ? kNothing : words_of(*table);
}

/// What the operation is about, in one of the schemas.
struct Described {
  const Schema& schema;
  bool is_after;

  std::string operator()(const CreateTable& o) const { return table_in(schema, o.table.name); }
  std::string operator()(const DropTable& o) const { return table_in(schema, o.table.name); }
  std::string operator()(const RenameTable& o) const { return to_text(is_after ? o.to : o.from); }
  std::string operator()(const RenameColumn& o) const { return is_after ? o.to : o.from; }
  std::string operator()(const AddColumn& o) const { return column_in(schema, o.table, o.column.name); }
  std::string operator()(const DropColumn& o) const { return column_in(schema, o.table, o.column.name); }
  std::string operator()(const AlterTableComment& o) const { return table_in(schema, o.table); }
  std::string operator()(const AlterTableOptions& o) const { return table_in(schema, o.table); }
  std::string operator()(const CreateIndex& o) const { return is_after ? words_of(o.index) : kNothing; }
  std::string operator()(const DropIndex& o) const { return is_after ? kNothing : words_of(o.index); }
  std::string operator()(const AddConstraint& o) const { return is_after ? summary(o).substr(4) : kNothing; }
  std::string operator()(const DropConstraint& o) const { return is_after ? kNothing : summary(o).substr(5); }
  template <class Other>
  std::string operator()(const Other& o) const {
    return column_in(schema, o.table, o.column);
  }
};

}  // namespace

Explanation explained(const Operation& operation, const Schema& before, const Schema& after) {
  return {.what = summary(operation),
          .before = std::visit(Described{before, false}, operation),
          .after = std::visit(Described{after, true}, operation)};
}

}  // namespace metaxy::migrate
