#include "dialect/sqlite/token_cursor.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/sqlite/expression.hpp"

namespace metaxy::migrate::sqlite {

TokenCursor::TokenCursor(std::string_view sql) : sql_(sql), tokens_(tokens_of(sql, splitter_options())) {}

bool TokenCursor::is_word(std::string_view word) const {
  return !at_end() && tokens_[at_].kind == Token::Kind::word && equal_ignoring_case(tokens_[at_].text, word);
}

bool TokenCursor::is_symbol(std::string_view symbol) const {
  return !at_end() && tokens_[at_].kind == Token::Kind::punctuation && tokens_[at_].text == symbol;
}

bool TokenCursor::accept_words(std::string_view first, std::string_view second) {
  const std::size_t start = at_;
  if (accept_word(first) && accept_word(second)) {
    return true;
  }
  at_ = start;
  return false;
}

void TokenCursor::expect_word(std::string_view word) {
  if (!accept_word(word)) {
    fail(word);
  }
}

void TokenCursor::expect_symbol(std::string_view symbol) {
  if (!accept_symbol(symbol)) {
    fail(symbol);
  }
}

std::string TokenCursor::name() {
  if (at_end() || tokens_[at_].kind == Token::Kind::punctuation || tokens_[at_].kind == Token::Kind::number) {
    fail("a name");
  }
  const Token& token = tokens_[at_++];
  if (token.kind != Token::Kind::string) {
    return token.text;
  }
  return replace_all(token.text.substr(1, token.text.size() - 2), "''", "'");
}

void TokenCursor::advance() {
  if (at_end()) {
    fail("more");
  }
  ++at_;
}

std::string TokenCursor::in_parentheses() {
  expect_symbol("(");
  const std::size_t first = at_;
  for (int depth = 1; depth > 0; ++at_) {
    if (at_end()) {
      fail(")");
    }
    depth += is_symbol("(") ? 1 : (is_symbol(")") ? -1 : 0);
  }
  return between(first, at_ - 1);
}

std::string TokenCursor::between(std::size_t first, std::size_t last) const {
  if (first == last) {
    return "";
  }
  const std::size_t begin = tokens_[first].offset;
  return std::string(sql_.substr(begin, end_of(last - 1) - begin));
}

void TokenCursor::fail(std::string_view wanted) const {
  const std::string found = at_end() ? "the end" : in_quotes(tokens_[at_].text);
  throw Error(ErrorKind::failure,
              fmt::format("found {} instead of {} in: {}", found, in_quotes(wanted), sql_));
}

/// Where the token ends in the source; a quoted name is longer there than in the token.
std::size_t TokenCursor::end_of(std::size_t position) const {
  const Token& token = tokens_[position];
  if (token.kind != Token::Kind::quoted_identifier) {
    return token.offset + token.text.size();
  }
  const char open = sql_[token.offset];
  const auto doubled = open == '[' ? 0 : std::count(token.text.begin(), token.text.end(), open);
  return token.offset + token.text.size() + 2 + static_cast<std::size_t>(doubled);
}

}  // namespace metaxy::migrate::sqlite
