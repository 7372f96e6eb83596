#include "metaxy/config_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

ConfigValue::Kind config_kind(TomlValue::Kind kind) {
  switch (kind) {
    case TomlValue::Kind::table:
      return ConfigValue::Kind::table;
    case TomlValue::Kind::array:
      return ConfigValue::Kind::array;
    case TomlValue::Kind::string:
      return ConfigValue::Kind::text;
    case TomlValue::Kind::integer:
      return ConfigValue::Kind::integer;
    case TomlValue::Kind::real:
      return ConfigValue::Kind::real;
    case TomlValue::Kind::boolean:
      return ConfigValue::Kind::boolean;
    case TomlValue::Kind::time:
      return ConfigValue::Kind::time;
  }
  return ConfigValue::Kind::text;
}

std::string scalar_text(const TomlValue& value) {
  switch (value.kind) {
    case TomlValue::Kind::integer:
      return fmt::format("{}", value.integer);
    case TomlValue::Kind::real:
      return fmt::format("{}", value.real);
    case TomlValue::Kind::boolean:
      return value.boolean ? "true" : "false";
    case TomlValue::Kind::table:
    case TomlValue::Kind::array:
    case TomlValue::Kind::string:
    case TomlValue::Kind::time:
      return value.text;
  }
  return value.text;
}

std::string shown_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      result += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string shown_key(std::string_view key) {
  const bool is_bare = !key.empty() && std::all_of(key.begin(), key.end(), is_bare_key_char);
  return is_bare ? std::string(key) : shown_text(key);
}

void collect_unset(const ConfigValue& value, std::set<std::string>& names) {
  names.insert(value.unset_variables.begin(), value.unset_variables.end());
  for (const ConfigValue& item : value.items) {
    collect_unset(item, names);
  }
  for (const auto& [key, member] : value.members) {
    collect_unset(member, names);
  }
}

}  // namespace

std::string ConfigOrigin::text() const { return is_file() ? fmt::format("{}:{}", source, line) : source; }

const ConfigValue* ConfigValue::find(std::string_view key) const {
  const auto found = members.find(std::string(key));
  return found == members.end() ? nullptr : &found->second;
}

std::string_view name_of(ConfigValue::Kind kind) {
  switch (kind) {
    case ConfigValue::Kind::table:
      return "a table";
    case ConfigValue::Kind::array:
      return "an array";
    case ConfigValue::Kind::text:
      return "a string";
    case ConfigValue::Kind::integer:
      return "an integer";
    case ConfigValue::Kind::real:
      return "a float";
    case ConfigValue::Kind::boolean:
      return "a boolean";
    case ConfigValue::Kind::time:
      return "a date or time";
  }
  return "a value";
}

ConfigValue text_value(std::string text, std::string source) {
  ConfigValue value;
  value.kind = ConfigValue::Kind::text;
  value.text = std::move(text);
  value.origin.source = std::move(source);
  return value;
}

ConfigValue config_value(const TomlValue& value, const std::string& file) {
  ConfigValue result;
  result.kind = config_kind(value.kind);
  result.text = scalar_text(value);
  result.origin = {file, value.line, value.column};
  for (const TomlValue& item : value.items) {
    result.items.push_back(config_value(item, file));
  }
  for (const TomlEntry& entry : value.entries) {
    ConfigValue member = config_value(entry.value, file);
    member.origin = {file, entry.line, entry.column};
    result.members.emplace(entry.key, std::move(member));
  }
  return result;
}

ConfigValue merged_with_parent(ConfigValue parent, const ConfigValue& child) {
  for (const auto& [key, value] : child.members) {
    const auto found = parent.members.find(key);
    if (found == parent.members.end()) {
      parent.members.emplace(key, value);
      continue;
    }
    ConfigValue& mine = found->second;
    if (mine.kind == ConfigValue::Kind::table && value.kind == ConfigValue::Kind::table) {
      for (const auto& [name, member] : value.members) {
        mine.members.insert_or_assign(name, member);
      }
    } else if (mine.kind == ConfigValue::Kind::array && value.kind == ConfigValue::Kind::array) {
      std::copy(value.items.begin(), value.items.end(), std::back_inserter(mine.items));
    } else {
      mine = value;
    }
  }
  parent.origin = child.origin;
  return parent;
}

void merge_deeply(ConfigValue& base, const ConfigValue& over) {
  if (!base.is_table() || !over.is_table()) {
    base = over;
    return;
  }
  for (const auto& [key, value] : over.members) {
    const auto found = base.members.find(key);
    if (found == base.members.end()) {
      base.members.emplace(key, value);
    } else {
      merge_deeply(found->second, value);
    }
  }
}

std::string toml_text(const ConfigValue& value) {
  std::vector<std::string> parts;
  switch (value.kind) {
    case ConfigValue::Kind::array:
      for (const ConfigValue& item : value.items) {
        parts.push_back(toml_text(item));
      }
      return fmt::format("[{}]", join(parts, ", "));
    case ConfigValue::Kind::table:
      for (const auto& [key, member] : value.members) {
        parts.push_back(fmt::format("{} = {}", shown_key(key), toml_text(member)));
      }
      return parts.empty() ? "{}" : fmt::format("{{ {} }}", join(parts, ", "));
    case ConfigValue::Kind::text:
      return shown_text(value.text);
    case ConfigValue::Kind::integer:
    case ConfigValue::Kind::real:
    case ConfigValue::Kind::boolean:
    case ConfigValue::Kind::time:
      return value.text;
  }
  return value.text;
}

std::vector<std::string> unset_variables_in(const ConfigValue& value) {
  std::set<std::string> names;
  collect_unset(value, names);
  return {names.begin(), names.end()};
}

}  // namespace metaxy::migrate
