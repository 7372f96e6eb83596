#include "dialect/sqlite/guard.hpp"

#include <fmt/format.h>

#include <array>

#include "base/text.hpp"
#include "dialect/sqlite/expression.hpp"
#include "dialect/sqlite/quoting.hpp"

namespace metaxy::migrate::sqlite {

namespace {

constexpr std::string_view kShadowPrefix = "__mx_";
constexpr std::string_view kMark = "metaxy-migrate: ";

}  // namespace

std::string shadow_name(std::string_view table) { return fmt::format("{}{}", kShadowPrefix, table); }

bool is_rename_of_shadow_table(std::string_view sql) {
  constexpr std::string_view kBeginning = "ALTER TABLE \"__mx_";
  return sql.substr(0, kBeginning.size()) == kBeginning;
}

bool is_creation_of_shadow_table(std::string_view sql) {
  constexpr std::string_view kBeginning = "CREATE TABLE \"__mx_";
  return sql.substr(0, kBeginning.size()) == kBeginning;
}

bool is_alter_that_reads_views(std::string_view sql) {
  // ALTER TABLE schema . name RENAME
  constexpr std::size_t kLongestBeginning = 6;
  const std::vector<Token> tokens = tokens_of(sql, splitter_options(), kLongestBeginning);
  const auto is_word = [&tokens](std::size_t at, std::string_view word) {
    return at < tokens.size() && tokens[at].kind == Token::Kind::word &&
           equal_ignoring_case(tokens[at].text, word);
  };
  const std::size_t verb = tokens.size() > 3 && tokens[3].text == "." ? 5 : 3;
  return is_word(0, "alter") && is_word(1, "table") && (is_word(verb, "rename") || is_word(verb, "drop"));
}

std::string guard_sql(std::string_view message, std::string_view more, std::string_view from_where) {
  return fmt::format("SELECT json_extract('{{}}', {} {}){}", literal(fmt::format("{}{}", kMark, message)),
                     more, from_where);
}

std::string guard_message(std::string_view words) {
  // The first wording is that of SQLite 3.38 to 3.44, the second that of later ones. Both double quotes in
  // the path.
  constexpr std::array<std::string_view, 2> kBeginnings = {"JSON path error near '", "bad JSON path: '"};
  for (const std::string_view beginning : kBeginnings) {
    const std::string whole = fmt::format("{}{}", beginning, kMark);
    if (words.substr(0, whole.size()) == whole) {
      words.remove_prefix(whole.size());
      words.remove_suffix(1);
      return replace_all(std::string(words), "''", "'");
    }
  }
  return std::string(words);
}

/// SQLite's shell, and most programs, take "x" for a text where there is no column x; a script must not.
std::vector<std::string> notes_on_missing_column(std::string_view words, std::string_view sql) {
  constexpr std::string_view kWords = "no such column: ";
  if (words.rfind(kWords, 0) != 0) {
    return {};
  }
  const std::string name(words.substr(kWords.size(), words.find(" - ") - kWords.size()));
  if (sql.find(fmt::format("\"{}\"", name)) != std::string_view::npos) {
    return {fmt::format("if \"{}\" is meant as a text, it must stand in single quotes", name)};
  }
  if (name.find('.') == std::string::npos && sql.find(name) == std::string_view::npos) {
    return {
        fmt::format("'{}' stands in a view or trigger that the statement uses; if it is meant as a text "
                    "there, it must stand in single quotes",
                    name)};
  }
  return {};
}

}  // namespace metaxy::migrate::sqlite
