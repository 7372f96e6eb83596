#pragma once
// Walks over the tokens of one statement, for reading CREATE texts. It knows words and parentheses, no
// grammar.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "sql/splitter.hpp"

namespace metaxy::migrate::sqlite {

/// The text must outlive it. `fail`, and what expects something else than is there, throw Error(failure).
class TokenCursor {
 public:
  explicit TokenCursor(std::string_view sql);

  bool at_end() const { return at_ == tokens_.size(); }
  /// A word that is not quoted, in any letter case.
  bool is_word(std::string_view word) const;
  template <class Words>
  bool is_one_of(const Words& words) const {
    return std::any_of(words.begin(), words.end(), [this](std::string_view word) { return is_word(word); });
  }
  bool is_symbol(std::string_view symbol) const;

  /// Takes what it names, if that is here.
  bool accept_word(std::string_view word) { return advance_if(is_word(word)); }
  bool accept_words(std::string_view first, std::string_view second);
  bool accept_symbol(std::string_view symbol) { return advance_if(is_symbol(symbol)); }
  void expect_word(std::string_view word);
  void expect_symbol(std::string_view symbol);

  /// A name, quoted in any of SQLite's ways or not at all; without its quotes.
  std::string name();
  /// Takes a token, whatever it is.
  void advance();
  /// The source text between the parentheses that begin here; the position is then behind them.
  std::string in_parentheses();

  std::size_t position() const { return at_; }
  const Token& token(std::size_t position) const { return tokens_[position]; }
  /// The source text from one position up to another, which is left out; without blanks at its ends.
  std::string between(std::size_t first, std::size_t last) const;

  [[noreturn]] void fail(std::string_view wanted) const;

 private:
  bool advance_if(bool condition) {
    at_ += condition ? 1 : 0;
    return condition;
  }
  std::size_t end_of(std::size_t position) const;

  std::string_view sql_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace metaxy::migrate::sqlite
