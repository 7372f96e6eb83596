#include "dialect/sqlite/table_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/sqlite/expression.hpp"
#include "dialect/sqlite/quoting.hpp"
#include "dialect/sqlite/token_cursor.hpp"

namespace metaxy::migrate::sqlite {

namespace {

/// What may end the words of a column's type (grammar: https://www.sqlite.org/syntax/column-def.html).
constexpr std::array<std::string_view, 11> kColumnConstraintWords = {
    "AS",  "CHECK", "COLLATE", "CONSTRAINT", "DEFAULT", "DEFERRABLE",
    "NOT", "NULL",  "PRIMARY", "REFERENCES", "UNIQUE"};
constexpr std::array<std::string_view, 5> kTableConstraintWords = {"CHECK", "CONSTRAINT", "FOREIGN",
                                                                   "PRIMARY", "UNIQUE"};

/// ` ON CONFLICT REPLACE`, or nothing for the default, ABORT.
std::string conflict_clause(TokenCursor& cursor) {
  if (!cursor.accept_words("ON", "CONFLICT")) {
    return "";
  }
  const std::string action = upper(cursor.name());
  return action == "ABORT" ? "" : fmt::format(" ON CONFLICT {}", action);
}

/// The columns of a PRIMARY KEY or UNIQUE constraint.
struct KeyColumns {
  std::vector<std::string> names;
  /// As SQL; differs from the bare names when there is a COLLATE or DESC.
  std::string text;
  bool is_plain = true;
  bool is_autoincrement = false;
};

KeyColumns read_key_columns(TokenCursor& cursor) {
  KeyColumns key;
  cursor.expect_symbol("(");
  do {
    const std::string name = cursor.name();
    key.text += fmt::format("{}{}", key.names.empty() ? "" : ", ", quoted_name(name));
    key.names.push_back(name);
    if (cursor.accept_word("COLLATE")) {
      key.text += fmt::format(" COLLATE {}", upper(cursor.name()));
      key.is_plain = false;
    }
    if (!cursor.accept_word("ASC") && cursor.accept_word("DESC")) {
      key.text += " DESC";
      key.is_plain = false;
    }
    key.is_autoincrement = cursor.accept_word("AUTOINCREMENT") || key.is_autoincrement;
  } while (cursor.accept_symbol(","));
  cursor.expect_symbol(")");
  return key;
}

std::vector<std::string> read_names(TokenCursor& cursor) {
  std::vector<std::string> names;
  cursor.expect_symbol("(");
  do {
    names.push_back(cursor.name());
  } while (cursor.accept_symbol(","));
  cursor.expect_symbol(")");
  return names;
}

std::string read_action(TokenCursor& cursor) {
  if (cursor.accept_word("CASCADE")) {
    return "CASCADE";
  }
  if (cursor.accept_word("RESTRICT")) {
    return "RESTRICT";
  }
  if (cursor.accept_word("SET")) {
    return cursor.accept_word("NULL") ? "SET NULL" : (cursor.expect_word("DEFAULT"), "SET DEFAULT");
  }
  cursor.expect_word("NO");
  cursor.expect_word("ACTION");
  return "";
}

/// `[NOT] DEFERRABLE [INITIALLY DEFERRED|IMMEDIATE]`; false when there is none here. Only what ends up
/// deferred counts (https://www.sqlite.org/foreignkeys.html#fk_deferred).
bool read_deferrable(TokenCursor& cursor, std::string& deferrable) {
  const bool is_not = cursor.accept_words("NOT", "DEFERRABLE");
  if (!is_not && !cursor.accept_word("DEFERRABLE")) {
    return false;
  }
  if (cursor.accept_word("INITIALLY")) {
    const bool is_deferred = cursor.accept_word("DEFERRED");
    if (!is_deferred) {
      cursor.expect_word("IMMEDIATE");
    } else if (!is_not) {
      deferrable = "DEFERRABLE INITIALLY DEFERRED";
    }
  }
  return true;
}

/// What follows REFERENCES.
ForeignKey read_reference(TokenCursor& cursor, std::string name, std::vector<std::string> columns) {
  ForeignKey key{std::move(name), std::move(columns), {}, {}, "", "", ""};
  key.referenced_table.name = cursor.name();
  if (cursor.is_symbol("(")) {
    key.referenced_columns = read_names(cursor);
  }
  for (;;) {
    if (cursor.accept_words("ON", "DELETE")) {
      key.on_delete = read_action(cursor);
    } else if (cursor.accept_words("ON", "UPDATE")) {
      key.on_update = read_action(cursor);
    } else if (cursor.accept_word("MATCH")) {
      cursor.name();  // SQLite parses it and does as if it were not there.
    } else if (!read_deferrable(cursor, key.deferrable)) {
      return key;
    }
  }
}

class TableReader {
 public:
  explicit TableReader(std::string_view sql) : cursor_(sql) {}

  Table table() {
    read_head();
    cursor_.expect_symbol("(");
    do {
      if (cursor_.is_one_of(kTableConstraintWords)) {
        read_table_constraints();
      } else {
        read_column();
      }
    } while (cursor_.accept_symbol(","));
    cursor_.expect_symbol(")");
    read_options();
    return std::move(table_);
  }

 private:
  void read_head() {
    cursor_.expect_word("CREATE");
    if (!cursor_.accept_word("TEMP")) {
      cursor_.accept_word("TEMPORARY");
    }
    cursor_.expect_word("TABLE");
    if (cursor_.accept_word("IF")) {
      cursor_.expect_word("NOT");
      cursor_.expect_word("EXISTS");
    }
    table_.name.name = cursor_.name();
    if (cursor_.accept_symbol(".")) {
      table_.name.name = cursor_.name();
    }
  }

  void read_options() {
    while (!cursor_.at_end()) {
      if (cursor_.accept_words("WITHOUT", "ROWID")) {
        table_.options.push_back("WITHOUT ROWID");
      } else if (cursor_.accept_word("STRICT")) {
        table_.options.push_back("STRICT");
      } else {
        cursor_.expect_symbol(",");
      }
    }
  }

  void read_column() {
    Column column;
    column.name = cursor_.name();
    column.type = read_type();
    table_.columns.push_back(std::move(column));
    while (!cursor_.is_symbol(",") && !cursor_.is_symbol(")")) {
      read_column_constraint();
    }
  }

  Type read_type() {
    std::vector<std::string> words;
    while (!cursor_.at_end() && !cursor_.is_symbol(",") && !cursor_.is_symbol(")") &&
           !cursor_.is_symbol("(") && !cursor_.is_one_of(kColumnConstraintWords)) {
      words.push_back(cursor_.name());
    }
    // SQLite's own parser takes GENERATED ALWAYS for words of the type first, too.
    if (cursor_.is_word("AS") && words.size() >= 2 &&
        equal_ignoring_case(words[words.size() - 2], "GENERATED") &&
        equal_ignoring_case(words.back(), "ALWAYS")) {
      words.resize(words.size() - 2);
    }
    Type type;
    type.name = join(words, " ");
    if (!words.empty() && cursor_.is_symbol("(")) {
      type.arguments = split(cursor_.in_parentheses(), ',');
    }
    return type;
  }

  Column& column() { return table_.columns.back(); }

  void read_column_constraint() {
    std::string name = accepted_constraint_name();
    const std::vector<std::string> own = {column().name};
    if (cursor_.accept_words("PRIMARY", "KEY")) {
      read_column_primary_key(std::move(name));
    } else if (cursor_.accept_words("NOT", "NULL")) {
      column().is_nullable = false;
      const std::string conflict = conflict_clause(cursor_);
      if (!conflict.empty()) {
        table_.options.push_back(fmt::format("NOT NULL ({}){}", quoted_name(own[0]), conflict));
      }
    } else if (cursor_.accept_word("NULL")) {
      conflict_clause(cursor_);
    } else if (cursor_.accept_word("UNIQUE")) {
      add_key(Unique{std::move(name), own}, "UNIQUE", quoted_name(own[0]), true);
    } else if (cursor_.accept_word("CHECK")) {
      add_check(std::move(name));
    } else if (cursor_.accept_word("DEFAULT")) {
      column().default_sql = read_default();
    } else if (cursor_.accept_word("COLLATE")) {
      column().collation = cursor_.name();
    } else if (cursor_.accept_word("REFERENCES")) {
      table_.constraints.push_back(read_reference(cursor_, std::move(name), own));
    } else if (!name.empty()) {
      return;  // A name without a constraint is allowed, and means nothing.
    } else {
      read_generated();
    }
  }

  void read_column_primary_key(std::string name) {
    const bool is_descending = !cursor_.accept_word("ASC") && cursor_.accept_word("DESC");
    const std::string conflict = conflict_clause(cursor_);
    if (cursor_.accept_word("AUTOINCREMENT")) {
      table_.options.push_back("AUTOINCREMENT");
    }
    if (is_descending || !conflict.empty()) {
      table_.options.push_back(fmt::format("PRIMARY KEY{}{}", is_descending ? " DESC" : "", conflict));
    }
    table_.constraints.push_back(PrimaryKey{std::move(name), {column().name}});
  }

  void read_generated() {
    if (cursor_.accept_word("GENERATED")) {
      cursor_.expect_word("ALWAYS");
    }
    cursor_.expect_word("AS");
    Generated generated{cursor_.in_parentheses(), cursor_.accept_word("STORED")};
    if (!generated.is_stored) {
      cursor_.accept_word("VIRTUAL");
    }
    column().generated = std::move(generated);
  }

  std::string read_default() {
    if (cursor_.is_symbol("(")) {
      return cursor_.in_parentheses();
    }
    const std::size_t first = cursor_.position();
    if (!cursor_.accept_symbol("-")) {
      cursor_.accept_symbol("+");
    }
    const bool is_blob = cursor_.is_word("x");
    const std::size_t value = cursor_.position();
    cursor_.advance();
    // `x'00'` is two tokens that touch.
    if (is_blob && !cursor_.at_end() && cursor_.token(value + 1).kind == Token::Kind::string &&
        cursor_.token(value + 1).offset == cursor_.token(value).offset + 1) {
      cursor_.advance();
    }
    return cursor_.between(first, cursor_.position());
  }

  std::string accepted_constraint_name() {
    std::string name;
    while (cursor_.accept_word("CONSTRAINT")) {
      name = cursor_.name();
    }
    return name;
  }

  void add_check(std::string name) {
    std::string expression = cursor_.in_parentheses();
    conflict_clause(cursor_);  // SQLite ignores it on CHECK.
    table_.constraints.push_back(Check{std::move(name), std::move(expression)});
  }

  /// A key with what the value has no field for kept as an option.
  void add_key(Constraint constraint, std::string_view words, const std::string& columns, bool is_plain) {
    const std::string conflict = conflict_clause(cursor_);
    if (!is_plain || !conflict.empty()) {
      table_.options.push_back(fmt::format("{} ({}){}", words, columns, conflict));
    }
    table_.constraints.push_back(std::move(constraint));
  }

  /// SQLite wants no comma between table constraints.
  void read_table_constraints() {
    do {
      read_table_constraint();
    } while (cursor_.is_one_of(kTableConstraintWords));
  }

  void read_table_constraint() {
    std::string name = accepted_constraint_name();
    if (cursor_.accept_words("PRIMARY", "KEY")) {
      KeyColumns key = read_key_columns(cursor_);
      if (key.is_autoincrement) {
        table_.options.push_back("AUTOINCREMENT");
      }
      add_key(PrimaryKey{std::move(name), key.names}, "PRIMARY KEY", key.text, key.is_plain);
    } else if (cursor_.accept_word("UNIQUE")) {
      KeyColumns key = read_key_columns(cursor_);
      add_key(Unique{std::move(name), key.names}, "UNIQUE", key.text, key.is_plain);
    } else if (cursor_.accept_word("CHECK")) {
      add_check(std::move(name));
    } else if (cursor_.accept_words("FOREIGN", "KEY")) {
      std::vector<std::string> columns = read_names(cursor_);
      cursor_.expect_word("REFERENCES");
      table_.constraints.push_back(read_reference(cursor_, std::move(name), std::move(columns)));
    } else if (name.empty()) {
      cursor_.fail("a constraint");
    }
  }

  TokenCursor cursor_;
  Table table_;
};

/// One part of an index; leaves the position behind it, at `,` or `)`.
IndexPart read_index_part(TokenCursor& cursor) {
  const std::size_t first = cursor.position();
  std::size_t end = first;
  std::optional<std::size_t> collate;
  IndexPart part;
  while (!cursor.is_symbol(",") && !cursor.is_symbol(")")) {
    if (cursor.is_word("COLLATE")) {
      collate = cursor.position();
      cursor.advance();
      part.collation = cursor.name();
      end = *collate;
    } else if (cursor.is_word("ASC") || cursor.is_word("DESC")) {
      part.is_descending = cursor.is_word("DESC");
      cursor.advance();
    } else if (cursor.is_symbol("(")) {
      cursor.in_parentheses();
      end = cursor.position();
      part.collation.clear();
    } else {
      cursor.advance();
      end = cursor.position();
      part.collation.clear();
    }
  }
  const Token::Kind kind = cursor.token(first).kind;
  if (end == first + 1 && (kind == Token::Kind::word || kind == Token::Kind::quoted_identifier)) {
    part.column = cursor.token(first).text;
  } else {
    part.expression = cursor.between(first, end);
  }
  return part;
}

}  // namespace

Table read_table(std::string_view sql) { return TableReader(sql).table(); }

Index read_index(std::string_view sql) {
  TokenCursor cursor(sql);
  Index index;
  cursor.expect_word("CREATE");
  index.is_unique = cursor.accept_word("UNIQUE");
  cursor.expect_word("INDEX");
  if (cursor.accept_word("IF")) {
    cursor.expect_word("NOT");
    cursor.expect_word("EXISTS");
  }
  index.name = cursor.name();
  if (cursor.accept_symbol(".")) {
    index.name = cursor.name();
  }
  cursor.expect_word("ON");
  cursor.name();
  cursor.expect_symbol("(");
  do {
    index.parts.push_back(read_index_part(cursor));
  } while (cursor.accept_symbol(","));
  cursor.expect_symbol(")");
  if (cursor.accept_word("WHERE")) {
    const std::size_t first = cursor.position();
    while (!cursor.at_end()) {
      cursor.advance();
    }
    index.where = cursor.between(first, cursor.position());
  }
  return index;
}

}  // namespace metaxy::migrate::sqlite
