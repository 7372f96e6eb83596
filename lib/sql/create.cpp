#include "sql/create.hpp"

#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace metaxy::migrate {

std::string add_unless_there(std::string sql) {
  constexpr std::string_view kAlter = "ALTER TABLE ";
  constexpr std::string_view kAdd = " ADD COLUMN ";
  const std::size_t at = sql.find(kAdd);
  if (equal_ignoring_case(std::string_view(sql).substr(0, kAlter.size()), kAlter) &&
      at != std::string::npos && sql.compare(at + kAdd.size(), 3, "IF ") != 0) {
    sql.insert(at + kAdd.size(), "IF NOT EXISTS ");
  }
  return sql;
}

std::string create_unless_there(const std::string& sql, const SplitterOptions& options) {
  const std::vector<Token> tokens = tokens_of(sql, options);
  const auto is = [&](std::size_t at, std::string_view word) {
    return at < tokens.size() && tokens[at].kind == Token::Kind::word &&
           equal_ignoring_case(tokens[at].text, word);
  };
  if (!is(0, "create")) {
    return sql;
  }
  const std::size_t noun = is(1, "unique") ? 2 : 1;
  if ((!is(noun, "table") && !is(noun, "index")) || is(noun + 1, "if")) {
    return sql;
  }
  std::string result = sql;
  result.insert(tokens[noun].offset + tokens[noun].text.size(), " IF NOT EXISTS");
  return result;
}

}  // namespace metaxy::migrate
