#include "dialect/duckdb/expression_cursor.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <system_error>

#include "base/text.hpp"
#include "dialect/duckdb/quoting.hpp"

namespace metaxy::migrate::duckdb {
namespace {

/// Longest first, so that the first that matches is the one. `->` is left out: it may be a lambda.
constexpr std::array<Operator, 32> kOperators = {{
    {"!~~*", Level::other, "!~~*"},  {"!~~", Level::other, "!~~"},    {"~~~", Level::other, "~~~"},
    {"~~*", Level::other, "~~*"},    {"->>", Level::other, "->>"},    {"~~", Level::other, "~~"},
    {"->", Level::other, ""},        {"::", Level::sign, ""},         {":=", Level::alternative, ""},
    {"=>", Level::alternative, ""},  {"<=", Level::comparison, "<="}, {">=", Level::comparison, ">="},
    {"<>", Level::comparison, "!="}, {"!=", Level::comparison, "!="}, {"==", Level::comparison, "="},
    {"||", Level::other, "||"},      {"//", Level::product, "//"},    {"**", Level::power, "**"},
    {"<<", Level::other, "<<"},      {">>", Level::other, ">>"},      {"<", Level::comparison, "<"},
    {">", Level::comparison, ">"},   {"=", Level::comparison, "="},   {"+", Level::sum, "+"},
    {"-", Level::sum, "-"},          {"*", Level::product, "*"},      {"/", Level::product, "/"},
    {"%", Level::product, "%"},      {"^", Level::power, "^"},        {"&", Level::other, "&"},
    {"|", Level::other, "|"},        {"~", Level::other, "~"},
}};

/// The one character of `digits` in that base, in front of `rest`; taken off.
char take_code(std::string_view& rest, std::size_t most_digits, int base) {
  const std::string_view digits = rest.substr(0, most_digits);
  int code = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), code, base);
  // Bytes of other characters would have to be looked at together.
  if (failed != std::errc() || code <= 0 || code > 127) throw NotUnderstood{};
  rest.remove_prefix(static_cast<std::size_t>(end - digits.data()));
  return static_cast<char>(code);
}

/// What stands between the quotes of `E'...'`.
std::string unescaped(std::string_view rest) {
  constexpr std::string_view kLetters = "bfnrt";
  constexpr std::string_view kMeanings = "\b\f\n\r\t";
  std::string text;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c != '\\') {
      text += c;
      // A quote is written twice.
      if (c == '\'') rest.remove_prefix(std::min<std::size_t>(1, rest.size()));
      continue;
    }
    if (rest.empty()) throw NotUnderstood{};
    const char escaped = rest.front();
    if (escaped >= '0' && escaped <= '7') {
      text += take_code(rest, 3, 8);
      continue;
    }
    rest.remove_prefix(1);
    const std::size_t letter = kLetters.find(escaped);
    if (escaped == 'x') {
      text += take_code(rest, 2, 16);
    } else if (escaped == 'u' || escaped == 'U') {
      throw NotUnderstood{};
    } else {
      text += letter == std::string_view::npos ? escaped : kMeanings[letter];
    }
  }
  return text;
}

}  // namespace

ExpressionCursor::ExpressionCursor(std::string_view text)
    : source_(text), tokens_(tokens_of(text, splitter_options())) {}

bool ExpressionCursor::is_word(std::string_view word, std::size_t ahead) const {
  return kind_ahead(ahead) == Token::Kind::word && equal_ignoring_case(tokens_[at_ + ahead].text, word);
}

bool ExpressionCursor::is_before(std::string_view symbol) const {
  return at_ + 1 < tokens_.size() && tokens_[at_ + 1].kind == Token::Kind::punctuation &&
         source_ahead(1).starts_with(symbol);
}

bool ExpressionCursor::is_symbol(std::string_view symbol) const {
  return is_kind(Token::Kind::punctuation) && source_ahead(0).starts_with(symbol);
}

bool ExpressionCursor::take_word(std::string_view word) {
  if (!is_word(word)) return false;
  ++at_;
  return true;
}

bool ExpressionCursor::take_symbol(std::string_view symbol) {
  if (!is_symbol(symbol)) return false;
  const std::size_t end = tokens_[at_].offset + symbol.size();
  while (!at_end() && tokens_[at_].offset < end) ++at_;
  return true;
}

void ExpressionCursor::expect_word(std::string_view word) {
  if (!take_word(word)) throw NotUnderstood{};
}

void ExpressionCursor::expect_symbol(std::string_view symbol) {
  if (!take_symbol(symbol)) throw NotUnderstood{};
}

std::string ExpressionCursor::take_name() {
  if (!is_kind(Token::Kind::word) && !is_kind(Token::Kind::quoted_identifier)) throw NotUnderstood{};
  return tokens_[at_++].text;
}

std::string ExpressionCursor::take_string() {
  if (!is_kind(Token::Kind::string)) throw NotUnderstood{};
  const std::string& text = tokens_[at_++].text;
  if (text.size() < 2 || text.back() != (text.front() == '$' ? '$' : '\'')) throw NotUnderstood{};
  if (text.front() == '\'') return replace_all(text.substr(1, text.size() - 2), "''", "'");
  if (text.front() == '$') {
    const std::size_t tag = text.find('$', 1) + 1;
    return text.substr(tag, text.size() - 2 * tag);
  }
  if (lower(text.substr(0, 1)) != "e") throw NotUnderstood{};
  return unescaped(std::string_view(text).substr(2, text.size() - 3));
}

Type ExpressionCursor::take_type() {
  if (at_end()) throw NotUnderstood{};
  const std::size_t begin = tokens_[at_].offset;
  const std::string word = lower(take_name());
  if (word == "double") take_word("precision");
  if (word == "character" || word == "char") take_word("varying");
  if (word == "timestamp" || word == "time") take_zone_words();
  if (is_symbol("(")) skip_group();
  while (take_symbol("[")) {
    if (is_kind(Token::Kind::number)) ++at_;
    expect_symbol("]");
  }
  const std::size_t end = at_end() ? source_.size() : tokens_[at_].offset;
  try {
    return parse_type(trimmed(source_.substr(begin, end - begin)));
  } catch (const std::exception&) {
    throw NotUnderstood{};
  }
}

void ExpressionCursor::take_zone_words() {
  if (!take_word("with") && !take_word("without")) return;
  expect_word("time");
  expect_word("zone");
}

void ExpressionCursor::skip_group() {
  int open = 0;
  do {
    if (at_end()) throw NotUnderstood{};
    if (is_symbol("(")) ++open;
    if (is_symbol(")")) --open;
    ++at_;
  } while (open > 0);
}

const Operator* ExpressionCursor::next_operator() const {
  if (!is_kind(Token::Kind::punctuation)) return nullptr;
  const std::string_view rest = source_ahead(0);
  const auto found = std::find_if(kOperators.begin(), kOperators.end(),
                                  [&](const Operator& one) { return rest.starts_with(one.symbol); });
  return found == kOperators.end() ? nullptr : &*found;
}

Token::Kind ExpressionCursor::kind_ahead(std::size_t ahead) const {
  return at_ + ahead < tokens_.size() ? tokens_[at_ + ahead].kind : Token::Kind::punctuation;
}

std::string_view ExpressionCursor::source_ahead(std::size_t ahead) const {
  return at_ + ahead < tokens_.size() ? source_.substr(tokens_[at_ + ahead].offset) : std::string_view();
}

}  // namespace metaxy::migrate::duckdb
