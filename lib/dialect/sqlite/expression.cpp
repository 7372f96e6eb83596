#include "dialect/sqlite/expression.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "dialect/sqlite/quoting.hpp"

namespace metaxy::migrate::sqlite {

namespace {

/// Words that mean themselves inside an expression, sorted.
constexpr std::array<std::string_view, 44> kExpressionWords = {"AND",
                                                               "AS",
                                                               "ASC",
                                                               "BETWEEN",
                                                               "BY",
                                                               "CASE",
                                                               "CAST",
                                                               "COLLATE",
                                                               "CURRENT_DATE",
                                                               "CURRENT_TIME",
                                                               "CURRENT_TIMESTAMP",
                                                               "DESC",
                                                               "DISTINCT",
                                                               "ELSE",
                                                               "END",
                                                               "ESCAPE",
                                                               "EXISTS",
                                                               "FALSE",
                                                               "FILTER",
                                                               "FROM",
                                                               "GLOB",
                                                               "GROUP",
                                                               "HAVING",
                                                               "IN",
                                                               "IS",
                                                               "ISNULL",
                                                               "JOIN",
                                                               "LIKE",
                                                               "LIMIT",
                                                               "MATCH",
                                                               "NOT",
                                                               "NOTNULL",
                                                               "NULL",
                                                               "ON",
                                                               "OR",
                                                               "ORDER",
                                                               "OVER",
                                                               "RAISE",
                                                               "REGEXP",
                                                               "SELECT",
                                                               "THEN",
                                                               "TRUE",
                                                               "WHEN",
                                                               "WHERE"};

/// SQLite's other keywords (https://www.sqlite.org/lang_keywords.html), sorted: a name that is one is quoted.
constexpr std::array<std::string_view, 105> kOtherWords = {
    "ABORT",     "ACTION",       "ADD",        "AFTER",      "ALL",
    "ALTER",     "ALWAYS",       "ANALYZE",    "ATTACH",     "AUTOINCREMENT",
    "BEFORE",    "BEGIN",        "CASCADE",    "CHECK",      "COLUMN",
    "COMMIT",    "CONFLICT",     "CONSTRAINT", "CREATE",     "CROSS",
    "CURRENT",   "DATABASE",     "DEFAULT",    "DEFERRABLE", "DEFERRED",
    "DELETE",    "DETACH",       "DO",         "DROP",       "EACH",
    "EXCEPT",    "EXCLUDE",      "EXCLUSIVE",  "EXPLAIN",    "FAIL",
    "FIRST",     "FOLLOWING",    "FOR",        "FOREIGN",    "FULL",
    "GENERATED", "GROUPS",       "IF",         "IGNORE",     "IMMEDIATE",
    "INDEX",     "INDEXED",      "INITIALLY",  "INNER",      "INSERT",
    "INSTEAD",   "INTERSECT",    "INTO",       "KEY",        "LAST",
    "LEFT",      "MATERIALIZED", "NATURAL",    "NO",         "NOTHING",
    "NULLS",     "OF",           "OFFSET",     "OTHERS",     "OUTER",
    "PARTITION", "PLAN",         "PRAGMA",     "PRECEDING",  "PRIMARY",
    "QUERY",     "RANGE",        "RECURSIVE",  "REFERENCES", "REINDEX",
    "RELEASE",   "RENAME",       "REPLACE",    "RESTRICT",   "RETURNING",
    "RIGHT",     "ROLLBACK",     "ROW",        "ROWS",       "SAVEPOINT",
    "SET",       "TABLE",        "TEMP",       "TEMPORARY",  "TIES",
    "TO",        "TRANSACTION",  "TRIGGER",    "UNBOUNDED",  "UNION",
    "UNIQUE",    "UPDATE",       "USING",      "VACUUM",     "VALUES",
    "VIEW",      "VIRTUAL",      "WINDOW",     "WITH",       "WITHOUT"};

/// Of the first kind, those that SQLite also takes for a column's name without quotes.
constexpr std::array<std::string_view, 6> kWordsOrColumns = {"ASC", "BY", "DESC", "FILTER", "MATCH", "OVER"};

template <class Words>
bool is_in(const Words& sorted, std::string_view word) {
  return std::binary_search(sorted.begin(), sorted.end(), word);
}

bool is_plain_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const auto is_fitting = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), is_fitting);
}

/// With quotes only where they are needed, as with_column_renamed (diff/expression.hpp) leaves a name.
std::string name_text(std::string_view name) {
  const std::string keyword = upper(name);
  const bool is_keyword = is_in(kExpressionWords, keyword) || is_in(kOtherWords, keyword);
  return is_plain_name(name) && !is_keyword ? std::string(name) : quoted_name(name);
}

/// A token's canonical text with what the spacing depends on.
struct Piece {
  enum class Kind { word, name, value, symbol };
  Kind kind = Kind::value;
  std::string text;
};

/// Whether an expression may end with it, so that a `-` behind it subtracts.
bool is_operand_end(const Piece& piece) {
  constexpr std::array<std::string_view, 9> kWords = {"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP",
                                                      "END",          "FALSE",        "ISNULL",
                                                      "NOTNULL",      "NULL",         "TRUE"};
  switch (piece.kind) {
    case Piece::Kind::word:
      return is_in(kWords, piece.text);
    case Piece::Kind::name:
    case Piece::Kind::value:
      return true;
    case Piece::Kind::symbol:
      return piece.text == ")";
  }
  return false;
}

bool is_symbol(const Piece& piece, std::string_view text) {
  return piece.kind == Piece::Kind::symbol && piece.text == text;
}

class Canonicaliser {
 public:
  Canonicaliser(std::string_view source, std::vector<Token> tokens, const ColumnNames& columns)
      : source_(source), tokens_(std::move(tokens)), columns_(columns) {}

  std::string text() {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      add(piece_of(i));
    }
    return std::move(text_);
  }

 private:
  bool has_symbol(std::size_t at, std::string_view text) const {
    return at < tokens_.size() && tokens_[at].kind == Token::Kind::punctuation && tokens_[at].text == text;
  }

  Piece piece_of(std::size_t at) const {
    const Token& token = tokens_[at];
    switch (token.kind) {
      case Token::Kind::word:
        return word_piece(at);
      case Token::Kind::quoted_identifier:
        return is_text_in_double_quotes(at) ? Piece{Piece::Kind::value, literal(token.text)}
                                            : Piece{Piece::Kind::name, name_text(spelt(token.text))};
      case Token::Kind::number:
        return {Piece::Kind::value, lower(token.text)};
      case Token::Kind::string:
        return {Piece::Kind::value, token.text};
      case Token::Kind::punctuation:
        break;
    }
    if (token.text == "==") {
      return {Piece::Kind::symbol, "="};
    }
    return {Piece::Kind::symbol, token.text == "<>" ? "!=" : token.text};
  }

  Piece word_piece(std::size_t at) const {
    const std::string& word = tokens_[at].text;
    const std::string keyword = upper(word);
    const bool is_column = is_in(kWordsOrColumns, keyword) && !has_symbol(at + 1, "(") &&
                           columns_.find(lower(word)) != columns_.end();
    if (is_in(kExpressionWords, keyword) && !is_column) {
      return {Piece::Kind::word, keyword};
    }
    // `x'00'`: a blob; the lexer gives two tokens that touch.
    const bool is_blob = lower(word) == "x" && at + 1 < tokens_.size() &&
                         tokens_[at + 1].kind == Token::Kind::string &&
                         tokens_[at + 1].offset == tokens_[at].offset + 1;
    if (is_blob) {
      return {Piece::Kind::value, "x"};
    }
    return {Piece::Kind::name, has_symbol(at + 1, "(") ? lower(word) : name_text(spelt(word))};
  }

  /// As the column is spelt; the name of something else in lower case, which means the same.
  std::string spelt(std::string_view name) const {
    const auto column = columns_.find(lower(name));
    return column == columns_.end() ? lower(name) : column->second;
  }

  bool is_text_in_double_quotes(std::size_t at) const {
    const Token& token = tokens_[at];
    const bool is_after_collate = at > 0 && equal_ignoring_case(tokens_[at - 1].text, "COLLATE");
    const bool is_qualified = has_symbol(at + 1, ".") || (at > 0 && has_symbol(at - 1, "."));
    return source_[token.offset] == '"' && !is_after_collate && !is_qualified && !has_symbol(at + 1, "(") &&
           columns_.find(lower(token.text)) == columns_.end();
  }

  void add(Piece piece) {
    if (has_last_ && needs_space(piece)) {
      text_ += ' ';
    }
    const bool is_sign = is_symbol(piece, "-") || is_symbol(piece, "+") || is_symbol(piece, "~");
    last_is_sign_ = is_sign && (!has_last_ || !is_operand_end(last_));
    text_ += piece.text;
    last_ = std::move(piece);
    has_last_ = true;
  }

  bool needs_space(const Piece& next) const {
    if (last_is_sign_) {
      // `- -1` must not become a comment.
      return is_symbol(next, "-");
    }
    if (is_symbol(last_, "(") || is_symbol(last_, ".") || is_symbol(next, ")") || is_symbol(next, ",") ||
        is_symbol(next, ".")) {
      return false;
    }
    if (is_symbol(next, "(")) {
      const bool is_call =
          last_.kind == Piece::Kind::name || (last_.kind == Piece::Kind::word && last_.text == "CAST");
      return !is_call;
    }
    const bool is_blob = last_.kind == Piece::Kind::value && last_.text == "x";
    return !is_blob;
  }

  std::string_view source_;
  std::vector<Token> tokens_;
  const ColumnNames& columns_;
  std::string text_;
  Piece last_;
  bool has_last_ = false;
  bool last_is_sign_ = false;
};

bool is_bracket(const Token& token, std::string_view text) {
  return token.kind == Token::Kind::punctuation && token.text == text;
}

/// Whether one pair of parentheses holds everything, and is no row value.
bool is_wrapped(const std::vector<Token>& tokens) {
  if (tokens.size() < 2 || !is_bracket(tokens.front(), "(")) {
    return false;
  }
  int depth = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (is_bracket(tokens[i], "(")) {
      ++depth;
    } else if (is_bracket(tokens[i], ")")) {
      --depth;
    }
    if ((depth == 0 && i + 1 < tokens.size()) || (depth == 1 && is_bracket(tokens[i], ","))) {
      return false;
    }
  }
  return depth == 0;
}

std::vector<Token> unwrapped_tokens(std::string_view text) {
  std::vector<Token> tokens = tokens_of(text, splitter_options());
  while (is_wrapped(tokens)) {
    tokens.erase(tokens.begin());
    tokens.pop_back();
  }
  return tokens;
}

bool is_current_time(std::string_view word) {
  return word == "CURRENT_DATE" || word == "CURRENT_TIME" || word == "CURRENT_TIMESTAMP";
}

}  // namespace

const SplitterOptions& splitter_options() {
  static const SplitterOptions options = [] {
    SplitterOptions result;
    result.has_bracket_identifiers = true;
    result.has_backtick_identifiers = true;
    result.has_trigger_bodies = true;
    return result;
  }();
  return options;
}

std::string canonical_expression(std::string_view text, const ColumnNames& columns) {
  return Canonicaliser(text, unwrapped_tokens(text), columns).text();
}

std::optional<std::string> canonical_default(std::string_view text) {
  std::vector<Token> tokens = unwrapped_tokens(text);
  if (tokens.size() == 2 && tokens[0].text == "+" && tokens[1].kind == Token::Kind::number) {
    tokens.erase(tokens.begin());
  }
  if (tokens.size() == 1 && tokens[0].kind == Token::Kind::word) {
    const std::string word = upper(tokens[0].text);
    if (word == "NULL") {
      return std::nullopt;
    }
    if (!is_current_time(word) && word != "TRUE" && word != "FALSE") {
      return literal(tokens[0].text);
    }
  }
  if (tokens.empty()) {
    return std::nullopt;
  }
  return Canonicaliser(text, std::move(tokens), {}).text();
}

bool is_constant_default(std::string_view canonical) {
  std::vector<Token> tokens = tokens_of(canonical, splitter_options());
  if (tokens.size() == 2 && (tokens[0].text == "-" || lower(tokens[0].text) == "x")) {
    tokens.erase(tokens.begin());
  }
  if (tokens.size() != 1) {
    return false;
  }
  const Token& only = tokens.front();
  return only.kind == Token::Kind::number || only.kind == Token::Kind::string ||
         (only.kind == Token::Kind::word && (only.text == "TRUE" || only.text == "FALSE"));
}

std::string default_clause(std::string_view canonical) {
  std::string text(canonical);
  return is_constant_default(canonical) || is_current_time(canonical) ? text : "(" + text + ")";
}

bool mentions(std::string_view text, std::string_view column) {
  const std::vector<Token> tokens = tokens_of(text, splitter_options());
  return std::any_of(tokens.begin(), tokens.end(), [column](const Token& token) {
    return (token.kind == Token::Kind::word || token.kind == Token::Kind::quoted_identifier) &&
           equal_ignoring_case(token.text, column);
  });
}

}  // namespace metaxy::migrate::sqlite
