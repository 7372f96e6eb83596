#include "dialect/sqlite/ddl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/sqlite/expression.hpp"
#include "dialect/sqlite/quoting.hpp"
#include "dialect/sqlite/types.hpp"
#include "diff/operation.hpp"

namespace metaxy::migrate::sqlite {

namespace {

/// The columns in `UNIQUE ("a" COLLATE NOCASE, "b" DESC) ON CONFLICT REPLACE`, as read_table writes such
/// options.
std::vector<std::string> columns_of_option(std::string_view option) {
  std::vector<std::string> columns;
  for (const Token& token : tokens_of(option, splitter_options())) {
    if (token.kind == Token::Kind::quoted_identifier) {
      columns.push_back(token.text);
    }
  }
  return columns;
}

bool begins_with(std::string_view text, std::string_view beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

/// Writes one CREATE TABLE. Options that say more about a key or a NOT NULL than the value can are put in
/// their place.
class TableText {
 public:
  explicit TableText(const Table& table) : table_(table) {
    for (const std::string& option : table.options) {
      if (option != "STRICT" && option != "WITHOUT ROWID") {
        unused_options_.insert(option);
      }
    }
  }

  std::string create(const std::string& name) {
    std::vector<std::string> lines;
    for (const Column& column : table_.columns) {
      lines.push_back(column_line(column));
    }
    for (const Constraint& constraint : table_.constraints) {
      if (const PrimaryKey* key = std::get_if<PrimaryKey>(&constraint);
          key == nullptr || !stands_at_column(*key)) {
        lines.push_back(constraint_line(constraint));
      }
    }
    if (!unused_options_.empty()) {
      throw Error(
          ErrorKind::script,
          fmt::format("table '{}' has '{}', which does not fit its columns any more", to_text(table_.name),
                      *unused_options_.begin()),
          {.where = std::nullopt, .hint = "write the statements of this revision by hand", .notes = {}});
    }
    return fmt::format("CREATE TABLE {} (\n  {}\n){}", quoted_name(name), join(lines, ",\n  "),
                       table_options());
  }

 private:
  std::string table_options() const {
    std::vector<std::string> words;
    for (const std::string& option : table_.options) {
      if (option == "STRICT" || option == "WITHOUT ROWID") {
        words.push_back(option);
      }
    }
    return words.empty() ? "" : " " + join(words, ", ");
  }

  bool take_option(const std::string& option) { return unused_options_.erase(option) > 0; }

  /// The option that begins so and names exactly these columns, or nothing.
  std::string take_option(std::string_view beginning, const std::vector<std::string>& columns) {
    for (const std::string& option : unused_options_) {
      if (begins_with(option, beginning) && columns_of_option(option) == columns) {
        return unused_options_.extract(option).value();
      }
    }
    return "";
  }

  /// AUTOINCREMENT, and what makes INTEGER PRIMARY KEY no alias of the rowid, can be said of a column only.
  bool stands_at_column(const PrimaryKey& key) const {
    return key.columns.size() == 1 &&
           std::any_of(table_.options.begin(), table_.options.end(), [](const std::string& option) {
             return option == "AUTOINCREMENT" || begins_with(option, "PRIMARY KEY DESC") ||
                    begins_with(option, "PRIMARY KEY ON CONFLICT");
           });
  }

  std::string column_line(const Column& column) {
    const std::string not_null = take_option("NOT NULL (", {column.name});
    std::string line =
        column_definition(column, not_null.empty() ? "" : not_null.substr(not_null.rfind(')') + 1));
    const PrimaryKey* key = primary_key(table_);
    if (key == nullptr || !stands_at_column(*key) || key->columns.front() != column.name) {
      return line;
    }
    std::string words = "PRIMARY KEY";
    for (const std::string& option : table_.options) {
      if (begins_with(option, "PRIMARY KEY DESC") || begins_with(option, "PRIMARY KEY ON CONFLICT")) {
        words = option;
        take_option(option);
      }
    }
    const std::string autoincrement = take_option("AUTOINCREMENT") ? " AUTOINCREMENT" : "";
    return fmt::format("{} {}{}{}", line, named(key->name), words, autoincrement);
  }

  static std::string named(const std::string& name) {
    return name.empty() ? "" : fmt::format("CONSTRAINT {} ", quoted_name(name));
  }

  std::string key_line(std::string_view words, const std::string& name,
                       const std::vector<std::string>& columns) {
    const std::string option = take_option(fmt::format("{} (", words), columns);
    return named(name) + (option.empty() ? fmt::format("{} ({})", words, quoted_list(columns)) : option);
  }

  std::string constraint_line(const Constraint& constraint) {
    return std::visit(
        Overloaded{
            [this](const PrimaryKey& key) { return key_line("PRIMARY KEY", key.name, key.columns); },
            [this](const Unique& unique) { return key_line("UNIQUE", unique.name, unique.columns); },
            [](const Check& check) {
              return fmt::format("{}CHECK ({})", named(check.name), check.expression);
            },
            [](const ForeignKey& key) { return foreign_key_line(key); },
        },
        constraint);
  }

  static std::string foreign_key_line(const ForeignKey& key) {
    std::string line = fmt::format("{}FOREIGN KEY ({}) REFERENCES {}", named(key.name),
                                   quoted_list(key.columns), quoted_name(key.referenced_table.name));
    if (!key.referenced_columns.empty()) {
      line += fmt::format(" ({})", quoted_list(key.referenced_columns));
    }
    if (!key.on_update.empty()) {
      line += " ON UPDATE " + key.on_update;
    }
    if (!key.on_delete.empty()) {
      line += " ON DELETE " + key.on_delete;
    }
    return key.deferrable.empty() ? line : line + " " + key.deferrable;
  }

  const Table& table_;
  std::set<std::string> unused_options_;
};

std::string index_part(const IndexPart& part) {
  std::string text = part.column.empty() ? part.expression : quoted_name(part.column);
  if (!part.collation.empty()) {
    text += " COLLATE " + part.collation;
  }
  return part.is_descending ? text + " DESC" : text;
}

}  // namespace

std::string quoted_list(const std::vector<std::string>& names) {
  std::vector<std::string> result;
  result.reserve(names.size());
  for (const std::string& name : names) {
    result.push_back(quoted_name(name));
  }
  return join(result, ", ");
}

bool has_option(const Table& table, std::string_view option) {
  return std::find(table.options.begin(), table.options.end(), option) != table.options.end();
}

const Column* rowid_alias(const Table& table) {
  const PrimaryKey* key = primary_key(table);
  const bool is_candidate =
      key != nullptr && key->columns.size() == 1 && !has_option(table, "WITHOUT ROWID") &&
      std::none_of(table.options.begin(), table.options.end(),
                   [](const std::string& option) { return begins_with(option, "PRIMARY KEY DESC"); });
  const Column* column = is_candidate ? find_column(table, key->columns.front()) : nullptr;
  return column != nullptr && type_sql(column->type) == "INTEGER" ? column : nullptr;
}

std::string column_definition(const Column& column, std::string_view conflict_clause) {
  std::string text = quoted_name(column.name);
  const std::string type = type_sql(column.type);
  if (!type.empty()) {
    text += " " + type;
  }
  if (!column.collation.empty()) {
    text += " COLLATE " + column.collation;
  }
  if (!column.is_nullable) {
    text += fmt::format(" NOT NULL{}", conflict_clause);
  }
  if (column.default_sql) {
    text += " DEFAULT " + default_clause(*column.default_sql);
  }
  if (column.generated) {
    text += fmt::format(" GENERATED ALWAYS AS ({}) {}", column.generated->expression,
                        column.generated->is_stored ? "STORED" : "VIRTUAL");
  }
  return text;
}

std::string create_table_sql(const Table& table, const std::string& name) {
  return TableText(table).create(name);
}

std::string create_index_sql(const std::string& table, const Index& index) {
  std::vector<std::string> parts;
  for (const IndexPart& part : index.parts) {
    parts.push_back(index_part(part));
  }
  const std::string where = index.where.empty() ? "" : " WHERE " + index.where;
  return fmt::format("CREATE {}INDEX {} ON {} ({}){}", index.is_unique ? "UNIQUE " : "",
                     quoted_name(index.name), quoted_name(table), join(parts, ", "), where);
}

}  // namespace metaxy::migrate::sqlite
