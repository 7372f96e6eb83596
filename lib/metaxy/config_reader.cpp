#include "metaxy/config_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "base/suggest.hpp"
#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

/// A whole number and the unit behind it, in lower case.
struct Quantity {
  std::uint64_t number = 0;
  std::string unit;
};

std::optional<Quantity> quantity_from(std::string_view text) {
  text = trimmed(text);
  Quantity quantity;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), quantity.number);
  if (status != std::errc()) {
    return std::nullopt;
  }
  quantity.unit = lower(trimmed(text.substr(static_cast<std::size_t>(end - text.data()))));
  return quantity;
}

/// number * factor, unless it is more than `limit`.
std::optional<std::uint64_t> multiplied(std::uint64_t number, std::uint64_t factor, std::uint64_t limit) {
  return number > limit / factor ? std::nullopt : std::optional(number * factor);
}

/// The digits of a whole number as Pydantic reads texts: blanks around it, a plus, `1_000` and `9.0` are
/// fine. Anything else is returned as it is.
std::string plain_integer(std::string_view text) {
  std::string_view rest = trimmed(text);
  const std::size_t point = rest.find('.');
  if (point != std::string_view::npos && point + 1 < rest.size() &&
      rest.find_first_not_of('0', point + 1) == std::string_view::npos) {
    rest = rest.substr(0, point);
  }
  const bool has_lone_underscores =
      !rest.empty() && rest.front() != '_' && rest.back() != '_' && rest.find("__") == std::string_view::npos;
  if (!has_lone_underscores) {
    return std::string(text);
  }
  if (rest.front() == '+') {
    rest.remove_prefix(1);
  }
  return replace_all(std::string(rest), "_", "");
}

/// "environment variable 'X' is not set", where that explains an empty text.
std::string unset_hint(const ConfigValue& value) {
  return value.unset_variables.empty()
             ? std::string()
             : fmt::format("environment variable '{}' is not set", value.unset_variables.front());
}

}  // namespace

SourcePosition position_of(const ConfigOrigin& origin, const ConfigDocuments& documents) {
  const auto document = documents.find(origin.source);
  if (!origin.is_file() || document == documents.end()) {
    return {origin.source, origin.line, origin.column, {}};
  }
  return document->second.at(origin.line, origin.column);
}

std::optional<bool> boolean_from(std::string_view text) {
  constexpr std::array<std::string_view, 6> kTrue = {"1", "true", "t", "yes", "y", "on"};
  constexpr std::array<std::string_view, 6> kFalse = {"0", "false", "f", "no", "n", "off"};
  const std::string folded = lower(text);
  if (std::find(kTrue.begin(), kTrue.end(), folded) != kTrue.end()) {
    return true;
  }
  if (std::find(kFalse.begin(), kFalse.end(), folded) != kFalse.end()) {
    return false;
  }
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> duration_from(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> kUnits = {
      {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}}};
  constexpr auto kLimit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / 1000000);
  const std::optional<Quantity> quantity = quantity_from(text);
  if (!quantity) {
    return std::nullopt;
  }
  if (quantity->unit.empty() && quantity->number == 0) {
    return std::chrono::milliseconds(0);
  }
  for (const auto& [unit, factor] : kUnits) {
    if (quantity->unit == unit) {
      const std::optional<std::uint64_t> millis = multiplied(quantity->number, factor, kLimit);
      return millis ? std::optional(std::chrono::milliseconds(*millis)) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> bytes_from(std::string_view text) {
  static constexpr std::array<std::string_view, 5> kUnits = {"b", "k", "m", "g", "t"};
  const std::optional<Quantity> quantity = quantity_from(text);
  if (!quantity) {
    return std::nullopt;
  }
  if (quantity->unit.empty() && quantity->number == 0) {
    return 0;
  }
  for (std::size_t power = 0; power < kUnits.size(); ++power) {
    const std::string letter(kUnits[power]);
    const bool is_unit = quantity->unit == letter ||
                         (power > 0 && (quantity->unit == letter + "b" || quantity->unit == letter + "ib"));
    if (is_unit) {
      return multiplied(quantity->number, std::uint64_t{1} << (10 * power),
                        std::numeric_limits<std::int64_t>::max());
    }
  }
  return std::nullopt;
}

void ConfigReader::fault(const ConfigOrigin& where, std::string message, std::string hint) {
  problems_.push_back({std::move(message), position_of(where, documents_), std::move(hint)});
}

void ConfigReader::wrong_type(const ConfigValue& value, std::string_view key, std::string_view expected) {
  fault(value.origin, fmt::format("'{}' is {}, expected {}", key, name_of(value.kind), expected));
}

std::optional<std::string> ConfigReader::text(const ConfigValue& value, std::string_view key) {
  if (value.kind != ConfigValue::Kind::text) {
    wrong_type(value, key, "a string");
    return std::nullopt;
  }
  return value.text;
}

std::optional<std::string> ConfigReader::filled_text(const ConfigValue& value, std::string_view key) {
  std::optional<std::string> found = text(value, key);
  if (found && found->empty()) {
    fault(value.origin, fmt::format("'{}' is empty", key), unset_hint(value));
    return std::nullopt;
  }
  return found;
}

std::optional<bool> ConfigReader::boolean(const ConfigValue& value, std::string_view key) {
  if (!value.is_scalar()) {
    wrong_type(value, key, "true or false");
    return std::nullopt;
  }
  const std::optional<bool> found = boolean_from(value.text);
  if (!found) {
    fault(value.origin, fmt::format("'{}' is '{}', expected true or false", key, value.text),
          unset_hint(value));
  }
  return found;
}

std::optional<std::int64_t> ConfigReader::integer(const ConfigValue& value, std::string_view key) {
  if (!value.is_scalar()) {
    wrong_type(value, key, "a whole number");
    return std::nullopt;
  }
  const std::string digits = plain_integer(value.text);
  std::int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, status] = std::from_chars(digits.data(), end, number);
  if (status != std::errc() || stop != end) {
    fault(value.origin, fmt::format("'{}' is '{}', expected a whole number", key, value.text),
          unset_hint(value));
    return std::nullopt;
  }
  return number;
}

std::optional<std::chrono::milliseconds> ConfigReader::duration(const ConfigValue& value,
                                                                std::string_view key) {
  if (!value.is_scalar()) {
    wrong_type(value, key, "a duration such as \"30s\"");
    return std::nullopt;
  }
  const std::optional<std::chrono::milliseconds> found = duration_from(value.text);
  if (!found) {
    fault(value.origin, fmt::format("'{}' is '{}', expected a duration", key, value.text),
          "write a whole number and a unit: \"500ms\", \"30s\", \"2m\", \"1h\"");
  }
  return found;
}

std::optional<std::uint64_t> ConfigReader::bytes(const ConfigValue& value, std::string_view key) {
  if (!value.is_scalar()) {
    wrong_type(value, key, "a size such as \"5GB\"");
    return std::nullopt;
  }
  const std::optional<std::uint64_t> found = bytes_from(value.text);
  if (!found) {
    fault(value.origin, fmt::format("'{}' is '{}', expected a size", key, value.text),
          "write a whole number and a unit: \"512B\", \"64KB\", \"200MB\", \"5GB\", \"1TB\"");
  }
  return found;
}

std::optional<std::string> ConfigReader::choice(const ConfigValue& value, std::string_view key,
                                                std::span<const std::string> choices) {
  std::optional<std::string> found = text(value, key);
  if (found && std::find(choices.begin(), choices.end(), *found) == choices.end()) {
    fault(value.origin, fmt::format("'{}' is '{}', expected one of {}", key, *found, join(choices, ", ")),
          did_you_mean(*found, choices));
    return std::nullopt;
  }
  return found;
}

std::optional<std::vector<std::string>> ConfigReader::texts(const ConfigValue& value, std::string_view key) {
  std::vector<std::string> found;
  if (value.kind == ConfigValue::Kind::text && !value.origin.is_file()) {
    for (const std::string& part : split(value.text, ',')) {
      if (!trimmed(part).empty()) {
        found.emplace_back(trimmed(part));
      }
    }
    return found;
  }
  if (value.kind != ConfigValue::Kind::array) {
    wrong_type(value, key, "an array of strings");
    return std::nullopt;
  }
  for (const ConfigValue& item : value.items) {
    std::optional<std::string> one = text(item, key);
    if (!one) {
      return std::nullopt;
    }
    found.push_back(std::move(*one));
  }
  return found;
}

void ConfigReader::check_keys(const ConfigValue& table, std::string_view table_name,
                              std::span<const std::string> known, const std::string& hint) {
  for (const auto& [key, member] : table.members) {
    if (std::find(known.begin(), known.end(), key) != known.end()) {
      continue;
    }
    const std::string suggestion = did_you_mean(key, known);
    fault(member.origin, fmt::format("unknown key '{}' in {}", key, table_name),
          suggestion.empty() ? hint : suggestion);
  }
}

const ConfigValue* ConfigReader::table(const ConfigValue& value, std::string_view key) {
  if (!value.is_table()) {
    wrong_type(value, key, "a table");
    return nullptr;
  }
  return &value;
}

}  // namespace metaxy::migrate
