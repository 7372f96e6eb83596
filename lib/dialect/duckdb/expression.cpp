#include "dialect/duckdb/expression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "dialect/duckdb/quoting.hpp"
#include "dialect/duckdb/types.hpp"

namespace metaxy::migrate::duckdb {
namespace {

using Kind = ExpressionKind;

/// A number as its digits say it: `+1_000`, `.5`, `5.` and `1e3` as `1000`, `0.5`, `5` and `1000.0`. The
/// scale of a decimal is part of its value's type, so zeros behind the point stay.
std::string number_text(std::string text) {
  text = lower(replace_all(std::move(text), "_", ""));
  if (text.find('e') != std::string::npos) {
    // DuckDB reads it as a DOUBLE and prints that.
    std::string value = fmt::format("{}", std::strtod(text.c_str(), nullptr));
    return value.find_first_of(".en") == std::string::npos ? value + ".0" : value;
  }
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  if (text.substr(sign).starts_with('.')) text.insert(sign, "0");
  if (text.ends_with('.')) text.pop_back();
  return text;
}

/// Whether the grammar takes the function's name without quotes as a call.
bool is_plain_function(const std::string& name) {
  static const std::set<std::string_view> with_own_grammar = {"position", "map", "overlay"};
  return !name.empty() && !is_digit(name.front()) && !with_own_grammar.contains(name) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_'; });
}

std::string with_parts(const std::vector<Expression>& parts, std::size_t first, std::string_view separator) {
  std::vector<std::string> texts;
  for (std::size_t i = first; i < parts.size(); ++i) texts.push_back(to_text(parts[i]));
  return join(texts, separator);
}

std::string call_text(const Expression& expression) {
  std::string text = is_plain_function(expression.text) ? expression.text : quoted_name(expression.text);
  text += '(';
  for (std::size_t i = 0; i < expression.parts.size(); ++i) {
    if (i > 0) text += ", ";
    if (!expression.names[i].empty()) text += quoted_name(expression.names[i]) + " := ";
    text += to_text(expression.parts[i]);
  }
  return text + ')';
}

std::string choice_text(const Expression& expression) {
  std::string text = "CASE";
  std::size_t i = 0;
  for (; i + 1 < expression.parts.size(); i += 2) {
    text += fmt::format(" WHEN {} THEN {}", to_text(expression.parts[i]), to_text(expression.parts[i + 1]));
  }
  return text + fmt::format(" ELSE {} END", to_text(expression.parts[i]));
}

std::string path_text(const Expression& expression) {
  std::vector<std::string> names;
  names.reserve(expression.names.size());
  for (const std::string& name : expression.names) names.push_back(quoted_name(name));
  return join(names, ".");
}

std::string prefix_text(const Expression& expression) {
  const std::string inner = to_text(expression.parts[0]);
  return expression.text == "NOT" ? fmt::format("(NOT {})", inner)
                                  : fmt::format("{}({})", expression.text, inner);
}

/// Without the parentheses around the whole.
std::string unwrapped(std::string text) {
  if (!text.starts_with('(') || !text.ends_with(')')) return text;
  int open = 0;
  char quote = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(') {
      ++open;
    } else if (c == ')' && --open == 0) {
      return text;
    }
  }
  return text.substr(1, text.size() - 2);
}

/// The literal in `CAST(literal AS type)`, when the type is the column's own.
const Expression* without_own_cast(const Expression& expression, const Type& type) {
  const bool is_own = expression.kind == Kind::cast && expression.text == "CAST" && expression.type == type;
  return is_own ? &expression.parts[0] : &expression;
}

/// The number in a quoted default of a numeric column; empty when it is none.
std::string numeric_default(std::string_view text) {
  const std::string number(trimmed(text));
  if (number.empty() || number.find_first_not_of("0123456789.eE+-") != std::string::npos) return {};
  char* end = nullptr;
  std::strtod(number.c_str(), &end);
  return end == number.c_str() + number.size()
             ? number_text(number.starts_with('+') ? number.substr(1) : number)
             : "";
}

std::string truth(std::string_view text) {
  const std::string word = lower(trimmed(text));
  if (word == "t" || word == "true" || word == "1") return "true";
  if (word == "f" || word == "false" || word == "0") return "false";
  return {};
}

/// Zeros at the end of a fraction mean nothing to a column that has its own scale.
std::string without_idle_zeros(std::string number) {
  if (number.find('.') == std::string::npos || number.find('e') != std::string::npos) return number;
  number.erase(number.find_last_not_of('0') + 1);
  if (number.ends_with('.')) number.pop_back();
  return number;
}

/// The canonical literal of a default; nullopt when it is none.
std::optional<std::string> literal_default(const Expression& value, const Type& type) {
  const bool is_plain =
      value.kind == Kind::constant || value.kind == Kind::string || value.kind == Kind::number;
  if (type.name == "BOOLEAN" && is_plain) {
    const std::string word = truth(value.text);
    return literal(word.empty() ? value.text : word);
  }
  if (value.kind == Kind::number) {
    const std::string number = number_text(value.text);
    return is_number(type) ? without_idle_zeros(number) : number;
  }
  if (value.kind != Kind::string) return std::nullopt;
  if (!is_number(type)) return literal(value.text);
  const std::string number = numeric_default(value.text);
  return number.empty() ? literal(lower(trimmed(value.text))) : without_idle_zeros(number);
}

bool has_column(const Expression& expression, std::string_view column) {
  if (expression.kind == Kind::column && equal_ignoring_case(expression.names[0], column)) return true;
  return std::any_of(expression.parts.begin(), expression.parts.end(),
                     [&](const Expression& part) { return has_column(part, column); });
}

}  // namespace

std::string to_text(const Expression& expression) {
  const std::vector<Expression>& parts = expression.parts;
  switch (expression.kind) {
    case Kind::number:
      return number_text(expression.text);
    case Kind::string:
      return literal(expression.text);
    case Kind::constant:
    case Kind::session:
      return expression.text;
    case Kind::column:
      return path_text(expression);
    case Kind::call:
      return call_text(expression);
    case Kind::operation:
      return fmt::format("({} {} {})", to_text(parts[0]), expression.text, to_text(parts[1]));
    case Kind::logic:
      return fmt::format("({})", with_parts(parts, 0, fmt::format(" {} ", expression.text)));
    case Kind::prefix:
      return prefix_text(expression);
    case Kind::postfix:
      return fmt::format("({} {})", to_text(parts[0]), expression.text);
    case Kind::cast:
      return fmt::format("{}({} AS {})", expression.text, to_text(parts[0]), to_text(expression.type));
    case Kind::choice:
      return choice_text(expression);
    case Kind::between:
      return fmt::format("({} BETWEEN {} AND {})", to_text(parts[0]), to_text(parts[1]), to_text(parts[2]));
    case Kind::membership:
      return fmt::format("({} {} ({}))", to_text(parts[0]), expression.text, with_parts(parts, 1, ", "));
    case Kind::element:
      return fmt::format("{}[{}]", to_text(parts[0]), to_text(parts[1]));
    case Kind::slice:
      return fmt::format("{}[{}:{}]", to_text(parts[0]), to_text(parts[1]), to_text(parts[2]));
  }
  return {};
}

std::optional<std::string> canonical_expression(std::string_view text,
                                                const std::vector<std::string>& columns) {
  const std::optional<Expression> expression = parse_expression(text, columns);
  if (!expression) return std::nullopt;
  return unwrapped(to_text(*expression));
}

bool mentions(std::string_view text, std::string_view column) {
  const std::optional<Expression> expression = parse_expression(text, {});
  return !expression || has_column(*expression, column);
}

std::optional<std::string> canonical_default(const std::optional<std::string>& text, const Type& type) {
  if (!text || trimmed(*text).empty()) return std::nullopt;
  std::optional<Expression> expression = parse_expression(*text, {});
  if (!expression) return std::string(trimmed(*text));
  while (expression->kind == Kind::prefix && expression->text == "+") {
    Expression inner = std::move(expression->parts[0]);
    *expression = std::move(inner);
  }
  const Expression* value = &*expression;
  while (value->kind == Kind::cast && value->parts[0].kind == Kind::constant &&
         value->parts[0].text == "NULL") {
    value = &value->parts[0];
  }
  if (value->kind == Kind::constant && value->text == "NULL") return std::nullopt;
  if (std::optional<std::string> plain = literal_default(*without_own_cast(*value, type), type)) return plain;
  return unwrapped(to_text(*expression));
}

bool is_literal(std::string_view canonical_default) {
  if (canonical_default.empty()) return false;
  const char first = canonical_default.front();
  if (is_digit(first) || first == '-') {
    return canonical_default.find_first_not_of("0123456789.e+-", 1) == std::string_view::npos;
  }
  if (first != '\'') return false;
  const std::string inner = replace_all(std::string(canonical_default.substr(1)), "''", "");
  return inner.find('\'') + 1 == inner.size();
}

}  // namespace metaxy::migrate::duckdb
