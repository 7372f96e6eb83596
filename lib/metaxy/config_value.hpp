#pragma once
// The configuration as a tree of plain values, each with the place it came from: what files, variables and
// flags have in common. What keys mean is decided by their readers.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "metaxy/toml_tree.hpp"

namespace metaxy::migrate {

/// Where a value came from.
struct ConfigOrigin {
  /// A file as it is shown to people, a variable's name, a flag, or "default".
  std::string source = "default";
  /// Of its key; 0: not a file.
  std::size_t line = 0;
  std::size_t column = 0;

  bool is_file() const { return line > 0; }
  /// "metaxy.toml:12", "METAXY_STORE", "--lock-wait", "default".
  std::string text() const;
};

struct ConfigValue {
  enum class Kind { table, array, text, integer, real, boolean, time };
  Kind kind = Kind::table;
  /// A scalar as text: strings as they are, all else as TOML writes it.
  std::string text;
  /// An array's.
  std::vector<ConfigValue> items;
  /// A table's.
  std::map<std::string, ConfigValue> members;
  ConfigOrigin origin;
  /// Environment variables that the text named and that are not set (contract A1, `${VAR}`).
  std::vector<std::string> unset_variables;

  bool is_table() const { return kind == Kind::table; }
  bool is_scalar() const { return kind != Kind::table && kind != Kind::array; }
  /// The member of that name, or nullptr; nullptr too when this is no table.
  const ConfigValue* find(std::string_view key) const;
};

/// "a table", "a string", ...: for messages.
std::string_view name_of(ConfigValue::Kind kind);

/// A text from a variable or a flag.
ConfigValue text_value(std::string text, std::string source);

/// `value` of a file as a tree. `file` is how the file is shown.
ConfigValue config_value(const TomlValue& value, const std::string& file);

/// `extend` (contract A1): scalars and tables' members are the child's, tables are merged one level deep
/// only, arrays are the parent's and then the child's.
ConfigValue merged_with_parent(ConfigValue parent, const ConfigValue& child);

/// Variables over files (contract A1): tables are merged at every level, all else is replaced.
void merge_deeply(ConfigValue& base, const ConfigValue& over);

/// The value as TOML on one line, for people.
std::string toml_text(const ConfigValue& value);

/// All environment variables that the value or anything in it names and that are not set; sorted, each once.
std::vector<std::string> unset_variables_in(const ConfigValue& value);

}  // namespace metaxy::migrate
