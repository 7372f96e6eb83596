#include "metaxy/toml_tree.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "base/secret.hpp"
#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

TomlValue value_of(toml::node& node);

std::vector<TomlEntry> entries_of(toml::table& table) {
  std::vector<TomlEntry> entries;
  entries.reserve(table.size());
  for (auto&& [key, node] : table) {
    TomlEntry entry;
    entry.key = std::string(key.str());
    entry.line = key.source().begin.line;
    entry.column = key.source().begin.column;
    entry.value = value_of(node);
    entries.push_back(std::move(entry));
  }
  // The library sorts keys by name, but the order of columns is the order in which a person wrote them.
  std::sort(entries.begin(), entries.end(), [](const TomlEntry& a, const TomlEntry& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return entries;
}

template <class T>
std::string text_of(const toml::value<T>& value) {
  std::ostringstream stream;
  stream << value.get();
  return stream.str();
}

/// Takes the texts out of the node.
TomlValue value_of(toml::node& node) {
  TomlValue result;
  result.line = node.source().begin.line;
  result.column = node.source().begin.column;
  if (toml::table* table = node.as_table()) {
    result.kind = TomlValue::Kind::table;
    result.entries = entries_of(*table);
  } else if (toml::array* array = node.as_array()) {
    result.kind = TomlValue::Kind::array;
    result.items.reserve(array->size());
    for (toml::node& item : *array) {
      result.items.push_back(value_of(item));
    }
  } else if (auto* text = node.as_string()) {
    result.kind = TomlValue::Kind::string;
    result.text = std::move(text->get());
  } else if (const auto* integer = node.as_integer()) {
    result.kind = TomlValue::Kind::integer;
    result.integer = integer->get();
  } else if (const auto* real = node.as_floating_point()) {
    result.kind = TomlValue::Kind::real;
    result.real = real->get();
  } else if (const auto* boolean = node.as_boolean()) {
    result.kind = TomlValue::Kind::boolean;
    result.boolean = boolean->get();
  } else {
    result.kind = TomlValue::Kind::time;
    if (const auto* date = node.as_date()) {
      result.text = text_of(*date);
    } else if (const auto* time = node.as_time()) {
      result.text = text_of(*time);
    } else if (const auto* date_time = node.as_date_time()) {
      result.text = text_of(*date_time);
    }
  }
  return result;
}

std::vector<std::size_t> line_starts_of(std::string_view text) {
  std::vector<std::size_t> starts = {0};
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', end + 1)) {
    starts.push_back(end + 1);
  }
  return starts;
}

constexpr std::size_t kMostParts = 64;

bool is_bare_key_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

/// Behind the part of a key that begins here; the same place where none does.
std::size_t end_of_part(std::string_view text, std::size_t at) {
  if (at == text.size() || (text[at] != '"' && text[at] != '\'')) {
    while (at < text.size() && is_bare_key_char(text[at])) {
      ++at;
    }
    return at;
  }
  const char quote = text[at];
  for (std::size_t end = at + 1; end < text.size() && text[end] != '\n'; ++end) {
    if (text[end] == quote) {
      return end + 1;
    }
    end += quote == '"' && text[end] == '\\' ? 1 : 0;
  }
  return at;
}

/// Whether more than kMostParts parts with dots between them begin here.
bool begins_long_key(std::string_view text, std::size_t at) {
  const auto after_blanks = [&](std::size_t from) {
    return std::min(text.find_first_not_of(" \t", from), text.size());
  };
  for (std::size_t parts = 0; parts <= kMostParts; ++parts) {
    const std::size_t begin = after_blanks(at);
    const std::size_t end = end_of_part(text, begin);
    const std::size_t dot = after_blanks(end);
    if (end == begin || (parts < kMostParts && (dot == text.size() || text[dot] != '.'))) {
      return false;
    }
    at = dot + 1;
  }
  return true;
}

/// Each part of a dotted key is a table within a table, and the library takes them apart by recursion.
void refuse_long_keys(std::string_view text, const std::vector<std::size_t>& line_starts,
                      const std::string& file) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char before = i == 0 ? '\n' : text[i - 1];
    const bool may_begin = before == '\n' || before == '[' || before == '{' || before == ',';
    if (may_begin && begins_long_key(text, i)) {
      const auto line = std::upper_bound(line_starts.begin(), line_starts.end(), i) - line_starts.begin();
      throw Error(ErrorKind::configuration, fmt::format("a key of more than {} parts", kMostParts),
                  {.where = SourcePosition{file, static_cast<std::size_t>(line), 0, {}},
                   .hint = "a name that has dots of its own is one part in quotes",
                   .notes = {}});
    }
  }
}

}  // namespace

const TomlValue* TomlValue::find(std::string_view key) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const TomlEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

std::string_view name_of(TomlValue::Kind kind) {
  switch (kind) {
    case TomlValue::Kind::table:
      return "a table";
    case TomlValue::Kind::array:
      return "an array";
    case TomlValue::Kind::string:
      return "a string";
    case TomlValue::Kind::integer:
      return "an integer";
    case TomlValue::Kind::real:
      return "a float";
    case TomlValue::Kind::boolean:
      return "a boolean";
    case TomlValue::Kind::time:
      return "a date or time";
  }
  return "a value";
}

TomlDocument::TomlDocument(std::string_view text, std::string file)
    : file_(std::move(file)), text_(with_unix_line_ends(text)), line_starts_(line_starts_of(text_)) {
  refuse_long_keys(text_, line_starts_, file_);
  try {
    toml::table document = toml::parse(text_, file_);
    root_ = value_of(document);
  } catch (const toml::parse_error& error) {
    throw Error(
        ErrorKind::configuration, fmt::format("this is not TOML: {}", error.description()),
        {.where = at(error.source().begin.line, error.source().begin.column), .hint = {}, .notes = {}});
  }
}

SourcePosition TomlDocument::at(std::size_t line, std::size_t column) const {
  SourcePosition position{file_, line, column, {}};
  if (line != 0 && line <= line_starts_.size()) {
    const std::size_t begin = line_starts_[line - 1];
    position.line_text = text_.substr(begin, text_.find('\n', begin) - begin);
  }
  // metaxy.toml holds passwords, and a message is the last place where one may stand.
  if (may_hold_secret(position.line_text)) {
    position.line_text.clear();
  }
  return position;
}

}  // namespace metaxy::migrate
