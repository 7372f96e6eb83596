#include "run/statement_names.hpp"

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

bool is_name(const Token& token) {
  return token.kind == Token::Kind::word || token.kind == Token::Kind::quoted_identifier;
}

}  // namespace

bool has_word_at(const std::vector<Token>& tokens, std::size_t at, std::string_view word) {
  return at < tokens.size() && tokens[at].kind == Token::Kind::word &&
         equal_ignoring_case(tokens[at].text, word);
}

std::optional<TableName> name_at(const std::vector<Token>& tokens, std::size_t at) {
  if (at + 1 < tokens.size() && has_word_at(tokens, at, "only") && is_name(tokens[at + 1])) {
    ++at;
  }
  if (at >= tokens.size() || !is_name(tokens[at])) {
    return std::nullopt;
  }
  if (at + 2 < tokens.size() && tokens[at + 1].text == "." && is_name(tokens[at + 2])) {
    return TableName{.schema = tokens[at].text, .name = tokens[at + 2].text};
  }
  return TableName{.schema = "", .name = tokens[at].text};
}

std::size_t after_if_exists(const std::vector<Token>& tokens, std::size_t at) {
  if (has_word_at(tokens, at, "if")) {
    while (at < tokens.size() && !has_word_at(tokens, at, "exists")) {
      ++at;
    }
    ++at;
  }
  return at;
}

}  // namespace metaxy::migrate
