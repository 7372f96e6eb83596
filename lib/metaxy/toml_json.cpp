#include "metaxy/toml_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20U || c == 0x7F; }

std::string basic_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += fmt::format("\\{}", c);
    } else if (c == '\n') {
      result += "\\n";
    } else if (is_control(c)) {
      result += fmt::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      result += c;
    }
  }
  return result + "\"";
}

/// JSON in a text stays readable between single quotes.
std::string string_text(std::string_view text) {
  const bool has_quotes = text.find_first_of("\"\\") != std::string_view::npos;
  const bool is_literal = has_quotes && text.find('\'') == std::string_view::npos &&
                          std::none_of(text.begin(), text.end(), is_control);
  return is_literal ? fmt::format("'{}'", text) : basic_string(text);
}

std::string key_text(const std::string& key) {
  const bool is_bare = !key.empty() && std::all_of(key.begin(), key.end(), is_bare_key_char);
  return is_bare ? key : basic_string(key);
}

std::string value_text(const Json& value) {
  if (value.is_string()) {
    return string_text(value.get<std::string>());
  }
  std::string result;
  if (value.is_array()) {
    for (const Json& item : value) {
      result += (result.empty() ? "" : ", ") + value_text(item);
    }
    return fmt::format("[{}]", result);
  }
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      if (!member.is_null()) {
        result += fmt::format("{}{} = {}", result.empty() ? "" : ", ", key_text(key), value_text(member));
      }
    }
    return result.empty() ? "{}" : fmt::format("{{ {} }}", result);
  }
  return value.dump();
}

/// An item a line, where the items are more than words.
std::string array_text(const Json& array) {
  const bool is_long = std::any_of(array.begin(), array.end(),
                                   [](const Json& item) { return item.is_object() || item.is_array(); });
  if (!is_long) {
    return value_text(array);
  }
  std::string result = "[\n";
  for (const Json& item : array) {
    result += fmt::format("  {},\n", value_text(item));
  }
  return result + "]";
}

void write_table(const Json& table, const std::string& path, std::string& text) {
  std::string own;
  for (const auto& [key, value] : table.items()) {
    if (!value.is_object() && !value.is_null()) {
      own +=
          fmt::format("{} = {}\n", key_text(key), value.is_array() ? array_text(value) : value_text(value));
    }
  }
  if (!path.empty() && (!own.empty() || table.empty())) {
    text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", path);
  }
  text += own;
  for (const auto& [key, value] : table.items()) {
    if (value.is_object()) {
      write_table(value, path.empty() ? key_text(key) : fmt::format("{}.{}", path, key_text(key)), text);
    }
  }
}

}  // namespace

Json json_of(const TomlValue& value) {
  switch (value.kind) {
    case TomlValue::Kind::table: {
      Json object = Json::object();
      for (const TomlEntry& entry : value.entries) {
        object[entry.key] = json_of(entry.value);
      }
      return object;
    }
    case TomlValue::Kind::array: {
      Json array = Json::array();
      for (const TomlValue& item : value.items) {
        array.push_back(json_of(item));
      }
      return array;
    }
    case TomlValue::Kind::integer:
      return value.integer;
    case TomlValue::Kind::real:
      return value.real;
    case TomlValue::Kind::boolean:
      return value.boolean;
    case TomlValue::Kind::string:
    case TomlValue::Kind::time:
      return value.text;
  }
  return nullptr;
}

std::string toml_text(const Json& object) {
  std::string text;
  write_table(object, {}, text);
  return text;
}

}  // namespace metaxy::migrate
