#pragma once
// A place in the tokens of an expression, with the steps that its grammar is made of. Private to the parser.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "schema/type.hpp"
#include "sql/splitter.hpp"

namespace metaxy::migrate::duckdb {

/// Thrown inside the parser only: the text is not understood.
struct NotUnderstood {};

/// Binding strength, weakest first (DuckDB's grammar).
enum Level : int {
  alternative,
  conjunction,
  negation,
  test,
  comparison,
  predicate,
  other,
  sum,
  product,
  power,
  zone,
  collation,
  sign
};

struct Operator {
  std::string_view symbol;
  Level level;
  /// As DuckDB prints it.
  std::string_view canonical;
};

class ExpressionCursor {
 public:
  explicit ExpressionCursor(std::string_view text);

 protected:
  bool at_end() const { return at_ >= tokens_.size(); }
  bool is_kind(Token::Kind kind) const { return !at_end() && tokens_[at_].kind == kind; }
  /// Without regard to case; never a quoted name.
  bool is_word(std::string_view word, std::size_t ahead = 0) const;
  /// Whether an opening symbol stands right behind the token here.
  bool is_before(std::string_view symbol) const;
  bool is_symbol(std::string_view symbol) const;

  bool take_word(std::string_view word);
  bool take_symbol(std::string_view symbol);
  /// Throw NotUnderstood where something else stands.
  void expect_word(std::string_view word);
  void expect_symbol(std::string_view symbol);
  std::string take_name();
  /// The value of `'it''s'`, `E'it''s'` or `$$it's$$`.
  std::string take_string();
  /// The type that begins here, to its last `]`.
  Type take_type();
  /// The operator that stands here, or nullptr.
  const Operator* next_operator() const;

  const std::string& text_here() const { return tokens_[at_].text; }
  /// The kind of the token so many places ahead; punctuation behind the end.
  Token::Kind kind_ahead(std::size_t ahead) const;
  /// The source text from the token so many places ahead; empty behind the end.
  std::string_view source_ahead(std::size_t ahead) const;
  void skip(std::size_t tokens) { at_ += tokens; }

 private:
  void take_zone_words();
  void skip_group();

  std::string_view source_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace metaxy::migrate::duckdb
