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

[[noreturn]] void refuse_toml(const toml::parse_error& failure, std::span<const HeaderLine> lines,
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

}  // namespace

std::vector<HeaderValue> read_toml_values(std::span<const HeaderLine> lines, const std::string& file) {
  refuse_unreadable(lines, file);
  std::string text;
  for (const HeaderLine& line : lines) {
    text += line.text;
    text += '\n';
  }
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& failure) {
    refuse_toml(failure, lines, file);
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
