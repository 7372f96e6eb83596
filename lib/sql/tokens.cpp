#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "sql/lexer.hpp"
#include "sql/splitter.hpp"

namespace metaxy::migrate {

namespace {

Token::Kind token_kind(Lexeme::Kind kind) {
  switch (kind) {
    case Lexeme::Kind::word:
      return Token::Kind::word;
    case Lexeme::Kind::quoted_identifier:
      return Token::Kind::quoted_identifier;
    case Lexeme::Kind::string:
      return Token::Kind::string;
    case Lexeme::Kind::number:
      return Token::Kind::number;
    case Lexeme::Kind::punctuation:
    case Lexeme::Kind::line_comment:
    case Lexeme::Kind::block_comment:
      return Token::Kind::punctuation;
  }
  return Token::Kind::punctuation;
}

/// The name in `"a""b"`, `` `a` `` or `[a]`.
std::string name_in(std::string_view quoted) {
  const char quote = quoted.front();
  const std::string_view inner = quoted.substr(1, quoted.size() - 2);
  return quote == '[' ? std::string(inner)
                      : replace_all(std::string(inner), std::string(2, quote), std::string(1, quote));
}

}  // namespace

std::vector<Token> tokens_of(std::string_view statement, const SplitterOptions& options, std::size_t most) {
  constexpr std::size_t kUsual = 16;
  std::vector<Token> tokens;
  tokens.reserve(std::min(most, kUsual));
  Lexer lexer(options);
  while (const std::optional<Lexeme> lexeme = lexer.next(statement, true)) {
    if (lexeme->kind == Lexeme::Kind::line_comment || lexeme->kind == Lexeme::Kind::block_comment) {
      continue;
    }
    const std::string_view text = lexeme->in(statement);
    const bool is_quoted = lexeme->kind == Lexeme::Kind::quoted_identifier;
    if (tokens.size() == most) {
      return tokens;
    }
    tokens.push_back(
        {token_kind(lexeme->kind), is_quoted ? name_in(text) : std::string(text), lexeme->begin});
  }
  const std::optional<Lexeme::Kind> open = lexer.open();
  if (open && *open != Lexeme::Kind::block_comment) {
    tokens.push_back({token_kind(*open), std::string(statement.substr(lexer.position())), lexer.position()});
  }
  return tokens;
}

}  // namespace metaxy::migrate
