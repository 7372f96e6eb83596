#include "dialect/duckdb/catalog_text.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "dialect/duckdb/quoting.hpp"
#include "sql/splitter.hpp"

namespace metaxy::migrate::duckdb {
namespace {

using Tokens = std::vector<Token>;

bool is_symbol(const Token& token, char symbol) {
  return token.kind == Token::Kind::punctuation && token.text.size() == 1 && token.text[0] == symbol;
}

bool is_word(const Token& token, std::string_view word) {
  return token.kind == Token::Kind::word && equal_ignoring_case(token.text, word);
}

/// A piece of a text between two commas, or between parentheses.
struct Span {
  std::size_t first = 0;
  /// Behind the last token.
  std::size_t last = 0;
};

/// The tokens inside the parenthesis at `open`, to the end when it never closes: DuckDB prints the names of
/// referenced tables without quotes, so that a `"` in one swallows the rest. Columns come before that.
Span inside(const Tokens& tokens, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < tokens.size(); ++i) {
    if (is_symbol(tokens[i], '(')) ++depth;
    if (is_symbol(tokens[i], ')') && --depth == 0) return {open + 1, i};
  }
  return {std::min(open + 1, tokens.size()), tokens.size()};
}

std::vector<Span> items(const Tokens& tokens, Span list) {
  std::vector<Span> result;
  int depth = 0;
  std::size_t first = list.first;
  for (std::size_t i = list.first; i <= list.last; ++i) {
    if (i == list.last || (depth == 0 && is_symbol(tokens[i], ','))) {
      if (first < i) result.push_back({first, i});
      first = i + 1;
      continue;
    }
    if (is_symbol(tokens[i], '(')) ++depth;
    if (is_symbol(tokens[i], ')')) --depth;
  }
  return result;
}

std::string text_of(std::string_view text, const Tokens& tokens, Span span) {
  if (span.first >= span.last) return {};
  const std::size_t begin = tokens[span.first].offset;
  const std::size_t end = span.last < tokens.size() ? tokens[span.last].offset : text.size();
  return std::string(trimmed(text.substr(begin, end - begin)));
}

bool is_name(const Token& token) {
  return token.kind == Token::Kind::word || token.kind == Token::Kind::quoted_identifier;
}

/// Where the first parenthesis opens behind `word`.
std::size_t list_behind(const Tokens& tokens, std::string_view word) {
  std::size_t i = 0;
  while (i < tokens.size() && !is_word(tokens[i], word)) ++i;
  while (i < tokens.size() && !is_symbol(tokens[i], '(')) ++i;
  return i;
}

ColumnText column_text(std::string_view text, const Tokens& tokens, Span item) {
  ColumnText result;
  int depth = 0;
  for (std::size_t i = item.first + 1; i < item.last; ++i) {
    if (is_symbol(tokens[i], ')')) --depth;
    if (is_symbol(tokens[i], '(')) ++depth;
    if (depth != 0) continue;
    if (is_word(tokens[i], "collate") && i + 1 < item.last) result.collation = tokens[i + 1].text;
    if (is_word(tokens[i], "generated") && i + 3 < item.last) {
      result.generated = text_of(text, tokens, inside(tokens, i + 3));
      break;
    }
  }
  return result;
}

}  // namespace

std::vector<IndexPart> index_parts(std::string_view create_index) {
  const Tokens tokens = tokens_of(create_index, splitter_options());
  std::vector<IndexPart> parts;
  for (const Span& item : items(tokens, inside(tokens, list_behind(tokens, "on")))) {
    IndexPart part;
    const bool is_column = item.last - item.first == 1 && is_name(tokens[item.first]);
    if (is_column) {
      part.column = tokens[item.first].text;
    } else {
      part.expression = text_of(create_index, tokens, item);
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

std::map<std::string, ColumnText> column_texts(std::string_view create_table) {
  const Tokens tokens = tokens_of(create_table, splitter_options());
  std::map<std::string, ColumnText> result;
  for (const Span& item : items(tokens, inside(tokens, list_behind(tokens, "table")))) {
    ColumnText text = column_text(create_table, tokens, item);
    if (!text.generated.empty() || !text.collation.empty())
      result.emplace(tokens[item.first].text, std::move(text));
  }
  return result;
}

}  // namespace metaxy::migrate::duckdb
