#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "base/text.hpp"
#include "revision/header.hpp"

namespace metaxy::migrate {

namespace {

std::string name_of(toml::node_type type) {
  switch (type) {
    case toml::node_type::none:
      return "nothing";
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::date:
      return "a date";
    case toml::node_type::time:
      return "a time of day";
    case toml::node_type::date_time:
      return "a time";
  }
  return "a value";
}

/// The text from a value's first character on, `size` bytes of it.
std::string source_of(std::span<const HeaderLine> lines, const toml::source_region& source) {
  const HeaderLine& line = lines[source.begin.line - 1];
  const std::size_t begin = source.begin.column - 1;
  return std::string(
      line.text.substr(std::min(begin, line.text.size()), source.end.column - source.begin.column));
}

HeaderValue value_of(std::string key, const toml::node& node, std::span<const HeaderLine> lines) {
  HeaderValue value;
  value.key = std::move(key);
  value.texts = {name_of(node.type())};
  if (const toml::value<std::string>* const text = node.as_string()) {
    value.kind = HeaderValue::Kind::text;
    value.texts = {text->get()};
  } else if (node.is_date_time()) {
    value.kind = HeaderValue::Kind::time;
    value.texts = {source_of(lines, node.source())};
  } else if (const toml::array* const list = node.as_array()) {
    const bool has_texts_only = list->empty() || list->is_homogeneous<std::string>();
    if (has_texts_only) {
      value.kind = HeaderValue::Kind::list;
      value.texts.clear();
      for (const toml::node& item : *list) {
        value.texts.push_back(item.as_string()->get());
      }
    }
  }
  const toml::source_position begin = node.source().begin;
  const std::size_t index = std::min<std::size_t>(std::max<std::size_t>(begin.line, 1), lines.size()) - 1;
  value.line = lines[index].line;
  value.column = lines[index].column + std::max<std::size_t>(begin.column, 1) - 1;
  return value;
}

[[noreturn]] void refuse(const toml::parse_error& failure, std::span<const HeaderLine> lines,
                         const std::string& file) {
  const toml::source_position begin = failure.source().begin;
  const std::size_t index = std::min<std::size_t>(std::max<std::size_t>(begin.line, 1), lines.size()) - 1;
  const HeaderLine& line = lines[index];
  if (const std::optional<Error> unquoted = unquoted_value(line, file)) {
    throw Error(*unquoted);
  }
  throw Error(
      ErrorKind::script, fmt::format("the header is not valid TOML: {}", failure.description()),
      {.where = SourcePosition{file, line.line, line.column + std::max<std::size_t>(begin.column, 1) - 1,
                               std::string(line.whole)},
       .hint = {},
       .notes = {}});
}

/// Whether a date and the mark of a time stand here, but no digit of the time.
bool is_broken_time(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T0";
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const char c = i < text.size() ? text[i] : '\0';
    const bool is_digit = c >= '0' && c <= '9';
    const bool fits = kShape[i] == '0'   ? is_digit
                      : kShape[i] == 'T' ? c == 'T' || c == 't' || c == ' '
                                         : c == kShape[i];
    if (!fits) {
      return i + 1 == kShape.size();
    }
  }
  return false;
}

/// Offset of a broken time outside of strings and comments; nullopt when there is none. Where a line has a
/// string of three quotes, all of it counts as outside: better to refuse a strange header than to let one
/// through.
std::optional<std::size_t> find_broken_time(std::string_view line) {
  const bool has_long_string =
      line.find("'''") != std::string_view::npos || line.find("\"\"\"") != std::string_view::npos;
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != '\0') {
      i += quote == '"' && c == '\\' ? 1 : 0;
      quote = c == quote ? '\0' : quote;
    } else if (is_broken_time(line.substr(i))) {
      return i;
    } else if (!has_long_string && (c == '"' || c == '\'')) {
      quote = c;
    } else if (!has_long_string && c == '#') {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

/// toml++ 3.3.0 takes a digit for granted behind `2026-11-22T` and aborts, or in a release build goes on with
/// undefined behaviour, where there is none. No header has a use for such a value.
void refuse_broken_times(std::span<const HeaderLine> lines, const std::string& file) {
  for (const HeaderLine& line : lines) {
    if (const std::optional<std::size_t> found = find_broken_time(line.text)) {
      throw Error(ErrorKind::script, "this is not a time in UTC",
                  {.where = SourcePosition{file, line.line, line.column + *found, std::string(line.whole)},
                   .hint = "write it without quotes, such as 2026-11-22T13:05:00Z",
                   .notes = {}});
    }
  }
}

/// toml++ 3.3.0 also aborts on a table whose name is missing at the end of a line. A header has no table of
/// its own.
void refuse_tables(std::span<const HeaderLine> lines, const std::string& file) {
  for (const HeaderLine& line : lines) {
    const std::size_t first = line.text.find_first_not_of(" \t");
    if (first != std::string_view::npos && line.text[first] == '[') {
      throw Error(ErrorKind::script, "the header has no other table than '[migration]'",
                  {.where = SourcePosition{file, line.line, line.column + first, std::string(line.whole)},
                   .hint = {},
                   .notes = {}});
    }
  }
}

}  // namespace

std::vector<HeaderValue> read_toml_values(std::span<const HeaderLine> lines, const std::string& file) {
  refuse_broken_times(lines, file);
  refuse_tables(lines, file);
  std::string text;
  for (const HeaderLine& line : lines) {
    text += line.text;
    text += '\n';
  }
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& failure) {
    refuse(failure, lines, file);
  }
  std::vector<HeaderValue> values;
  for (const auto& [key, node] : table) {
    values.push_back(value_of(std::string(key.str()), node, lines));
  }
  std::sort(values.begin(), values.end(), [](const HeaderValue& a, const HeaderValue& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return values;
}

}  // namespace metaxy::migrate
