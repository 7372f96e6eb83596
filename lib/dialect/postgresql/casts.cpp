#include "dialect/postgresql/casts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>

#include "dialect/postgresql/quoting.hpp"
#include "dialect/postgresql/types.hpp"
#include "schema/schema.hpp"

namespace metaxy::migrate::postgresql {

namespace {

constexpr std::string_view kDate = "date";
constexpr std::string_view kText = "text";

bool is_timestamp(const Type& type) { return type.name.substr(0, 9) == "timestamp"; }
bool is_moment(const Type& type) { return type.name == kDate || is_timestamp(type); }
bool is_array(const Type& type) { return type.name == "LIST"; }
bool is_boolean(const Type& type) { return type.name == "boolean"; }
const Type& element(const Type& array) { return array.members.front().type; }

std::optional<int> argument(const Type& type, std::size_t i) {
  if (i >= type.arguments.size()) return std::nullopt;
  return std::atoi(type.arguments[i].c_str());
}

/// Of a number without a fraction.
std::optional<int> bits_of(const Type& type) {
  static const std::map<std::string_view, int> bits = {{"smallint", 15}, {"integer", 31}, {"bigint", 63}};
  const auto found = bits.find(type.name);
  if (found == bits.end()) return std::nullopt;
  return found->second;
}

/// Bits that a floating number holds exactly.
std::optional<int> mantissa_of(const Type& type) {
  if (type.name == "real") return 24;
  if (type.name == "double precision") return 53;
  return std::nullopt;
}

CastRisk between_numerics(const Type& from, const Type& to) {
  if (to.arguments.empty()) return CastRisk::none;
  if (from.arguments.empty()) return CastRisk::changes;
  const int from_scale = argument(from, 1).value_or(0);
  const int to_scale = argument(to, 1).value_or(0);
  if (to_scale < from_scale) return CastRisk::changes;
  return *argument(to, 0) - to_scale >= *argument(from, 0) - from_scale ? CastRisk::none : CastRisk::may_fail;
}

CastRisk from_whole_number(int bits, const Type& to) {
  if (const auto target = bits_of(to)) return *target >= bits ? CastRisk::none : CastRisk::may_fail;
  if (const auto mantissa = mantissa_of(to)) return bits <= *mantissa ? CastRisk::none : CastRisk::changes;
  // A negative scale rounds.
  if (argument(to, 1).value_or(0) < 0) return CastRisk::changes;
  return to.arguments.empty() ? CastRisk::none : CastRisk::may_fail;
}

CastRisk between_numbers(const Type& from, const Type& to) {
  if (const auto bits = bits_of(from)) return from_whole_number(*bits, to);
  if (from.name == "numeric" && to.name == "numeric") return between_numerics(from, to);
  if (from.name == "numeric" && bits_of(to)) {
    const bool is_whole = !from.arguments.empty() && argument(from, 1).value_or(0) <= 0;
    return is_whole ? CastRisk::may_fail : CastRisk::changes;
  }
  return from.name == "real" && to.name == "double precision" ? CastRisk::none : CastRisk::changes;
}

CastRisk between_moments(const Type& from, const Type& to) {
  // There are days that no timestamp reaches.
  if (from.name == kDate) return CastRisk::may_fail;
  if (to.name == kDate) return CastRisk::changes;
  constexpr int kMicroseconds = 6;
  return argument(to, 0).value_or(kMicroseconds) >= argument(from, 0).value_or(kMicroseconds)
             ? CastRisk::none
             : CastRisk::changes;
}

/// What is too long is refused (conversion).
CastRisk to_text_type(const Type& from, const Type& to) {
  const std::optional<int> room = argument(to, 0);
  if (!room) return CastRisk::none;
  const std::optional<int> length = is_text(from) ? argument(from, 0) : std::nullopt;
  return length && *room >= *length ? CastRisk::none : CastRisk::may_fail;
}

CastRisk from_text(const Type& to) {
  // A text that is a UUID or a label stays what it means; '1.5' and '007' as numbers do not.
  const bool keeps_meaning = to.name == "uuid" || enum_in(to) != nullptr;
  return keeps_meaning ? CastRisk::may_fail : CastRisk::changes;
}

/// A text that is cast to a limited one is cut; one that is assigned is refused.
std::string uncut(std::string_view value, const Type& from, const Type& to) {
  if (is_array(to)) {
    return is_text(element(from)) ? std::string(value) : fmt::format("{}::text[]", value);
  }
  return is_text(from) ? std::string(value) : fmt::format("{}::text", value);
}

bool is_limited_text(const Type& type) {
  const Type& plain = is_array(type) ? element(type) : type;
  return is_text(plain) && !plain.arguments.empty();
}

}  // namespace

CastRisk cast_risk(const Type& from, const Type& to) {
  if (equivalent(from, to) || keeps_rows(from, to)) return CastRisk::none;
  if (is_array(from) && is_array(to)) return cast_risk(element(from), element(to));
  if (is_json(to)) return is_text(from) || is_json(from) ? CastRisk::may_fail : CastRisk::none;
  if (is_text(to)) return to_text_type(from, to);
  if (is_json(from)) return CastRisk::changes;  // its null becomes NULL, "5" is 5
  if (is_text(from)) return from_text(to);
  if (is_number(from) && is_number(to)) return between_numbers(from, to);
  if (is_boolean(from) && is_number(to)) return to.arguments.empty() ? CastRisk::none : CastRisk::may_fail;
  if (is_number(from) && is_boolean(to)) return CastRisk::changes;
  if (is_moment(from) && is_moment(to)) return between_moments(from, to);
  const bool is_exact = enum_in(to) != nullptr || is_boolean(to) || is_boolean(from);
  return is_exact ? CastRisk::may_fail : CastRisk::changes;
}

std::string conversion(std::string_view column, const Type& from, const Type& to) {
  const std::string name = quoted_name(column);
  const std::string type = to_text(named(to));
  if (is_boolean(from) && is_number(to)) return fmt::format("{}::integer::{}", name, type);
  if (is_number(from) && is_boolean(to)) return name + " <> 0";
  // As text it stays JSON text, in which null is not NULL, and "5" not 5.
  const bool is_from_json = is_json(from) && !is_json(to) && !is_text(to);
  if (is_json(to) && !is_json(from) && !is_text(from)) return fmt::format("to_json({})::{}", name, type);
  const std::string value = is_from_json ? fmt::format("({} #>> '{{}}')", name) : name;
  if (is_limited_text(to) && is_array(from) == is_array(to)) {
    return uncut(value, from, to);
  }
  const bool is_direct = is_text(from) || is_text(to) || from.name == to.name || is_json(from) ||
                         (is_number(from) && is_number(to)) || (is_moment(from) && is_moment(to));
  return is_direct ? fmt::format("{}::{}", value, type) : fmt::format("{}::text::{}", value, type);
}

}  // namespace metaxy::migrate::postgresql
