#pragma once
// A TOML document as plain values in the order of the file, with positions for messages. Keeps the TOML
// library out of everything that reads definitions; knows nothing of what the keys mean.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace metaxy::migrate {

struct TomlEntry;

struct TomlValue {
  enum class Kind { table, array, string, integer, real, boolean, time };
  Kind kind = Kind::table;
  /// Where the value begins; for a string the opening quote. Counted from 1.
  std::size_t line = 0;
  std::size_t column = 0;
  /// The string; a date or time as written in TOML.
  std::string text;
  std::int64_t integer = 0;
  double real = 0;
  bool boolean = false;
  /// A table's, in order of the file.
  std::vector<TomlEntry> entries;
  /// An array's.
  std::vector<TomlValue> items;

  /// The value of that key of a table, or nullptr.
  const TomlValue* find(std::string_view key) const;
};

struct TomlEntry {
  std::string key;
  std::size_t line = 0;
  std::size_t column = 0;
  TomlValue value;
};

/// "a string", "a table", ...: for messages.
std::string_view name_of(TomlValue::Kind kind);

class TomlDocument {
 public:
  /// Throws Error(configuration) at the place where the text is not TOML.
  TomlDocument(std::string_view text, std::string file);

  const TomlValue& root() const { return root_; }
  const std::string& file() const { return file_; }
  /// A place in the file with its line's text, without it where that may hold a secret.
  SourcePosition at(std::size_t line, std::size_t column) const;
  SourcePosition at(const TomlValue& value) const { return at(value.line, value.column); }
  SourcePosition at(const TomlEntry& entry) const { return at(entry.line, entry.column); }

 private:
  std::string file_;
  std::string text_;
  /// Where each line begins: a position is asked for every key of every column.
  std::vector<std::size_t> line_starts_;
  TomlValue root_;
};

}  // namespace metaxy::migrate
