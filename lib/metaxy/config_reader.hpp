#pragma once
// Reads typed values out of the configuration tree and collects what is wrong, so that all faults show at
// once.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "metaxy/config_value.hpp"

namespace metaxy::migrate {

/// The files that were read, by the name they are shown with.
using ConfigDocuments = std::map<std::string, TomlDocument>;

/// The place of an origin, with its line's text when it is in one of the files.
SourcePosition position_of(const ConfigOrigin& origin, const ConfigDocuments& documents);

/// Forms of values that are written as texts. nullopt when the text is none.
/// 1/0, true/false, t/f, yes/no, y/n, on/off in any case (contract A2).
std::optional<bool> boolean_from(std::string_view text);
/// "500ms", "30s", "2m", "1h"; "0" needs no unit. Whole numbers only.
std::optional<std::chrono::milliseconds> duration_from(std::string_view text);
/// "512B", "64KB", "5GB", "1TB" or with KiB, GiB, ...; a unit is always 1024 of the one below. Whole numbers
/// only.
std::optional<std::uint64_t> bytes_from(std::string_view text);

/// Every read returns nullopt for a fault, after adding it. `key` is how the value is called in the message.
class ConfigReader {
 public:
  explicit ConfigReader(const ConfigDocuments& documents) : documents_(documents) {}

  void fault(const ConfigOrigin& where, std::string message, std::string hint = {});

  /// A string; variables and flags only ever give strings.
  std::optional<std::string> text(const ConfigValue& value, std::string_view key);
  /// A string that is not empty.
  std::optional<std::string> filled_text(const ConfigValue& value, std::string_view key);
  std::optional<bool> boolean(const ConfigValue& value, std::string_view key);
  std::optional<std::int64_t> integer(const ConfigValue& value, std::string_view key);
  std::optional<std::chrono::milliseconds> duration(const ConfigValue& value, std::string_view key);
  std::optional<std::uint64_t> bytes(const ConfigValue& value, std::string_view key);
  /// One of the given texts.
  std::optional<std::string> choice(const ConfigValue& value, std::string_view key,
                                    std::span<const std::string> choices);
  /// An array of strings; from variables and flags also "a, b".
  std::optional<std::vector<std::string>> texts(const ConfigValue& value, std::string_view key);
  /// Adds a fault for each member that is not in `known`, with the nearest of them.
  void check_keys(const ConfigValue& table, std::string_view table_name, std::span<const std::string> known,
                  const std::string& hint = {});
  /// The table itself, or nullptr after adding a fault.
  const ConfigValue* table(const ConfigValue& value, std::string_view key);

  const std::vector<Problem>& problems() const { return problems_; }

 private:
  void wrong_type(const ConfigValue& value, std::string_view key, std::string_view expected);

  const ConfigDocuments& documents_;
  std::vector<Problem> problems_;
};

}  // namespace metaxy::migrate
