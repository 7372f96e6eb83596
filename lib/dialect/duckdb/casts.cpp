#include "dialect/duckdb/casts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/text.hpp"
#include "dialect/duckdb/quoting.hpp"
#include "schema/schema.hpp"

namespace metaxy::migrate::duckdb {
namespace {

using Name = std::string_view;

/// Range of a whole number as powers of two; and whether it has negative ones.
struct Range {
  int bits = 0;
  bool is_signed = true;
};
std::optional<Range> range_of(const Type& type) {
  static const std::map<Name, Range> ranges = {
      {"TINYINT", {7, true}},     {"SMALLINT", {15, true}},  {"INTEGER", {31, true}},
      {"BIGINT", {63, true}},     {"HUGEINT", {127, true}},  {"UTINYINT", {8, false}},
      {"USMALLINT", {16, false}}, {"UINTEGER", {32, false}}, {"UBIGINT", {64, false}},
      {"UHUGEINT", {128, false}}, {"BIGNUM", {100000, true}}};
  const auto found = ranges.find(type.name);
  if (found == ranges.end()) return std::nullopt;
  return found->second;
}

bool is_any(const Type& type, const std::set<Name>& names) { return names.contains(type.name); }

bool is_floating(const Type& type) { return is_any(type, {"FLOAT", "DOUBLE"}); }

CastRisk between_decimals(const Type& from, const Type& to) {
  const auto digits = [](const Type& type, std::size_t i) {
    return i < type.arguments.size() ? std::atoi(type.arguments[i].c_str()) : 0;
  };
  const int from_scale = digits(from, 1);
  const int to_scale = digits(to, 1);
  if (to_scale < from_scale) return CastRisk::changes;
  return digits(to, 0) - to_scale >= digits(from, 0) - from_scale ? CastRisk::none : CastRisk::may_fail;
}

CastRisk from_number(const Type& from, const Type& to) {
  const std::optional<Range> source = range_of(from);
  const std::optional<Range> target = range_of(to);
  if (source && target) {
    const bool fits =
        source->is_signed ? target->is_signed && target->bits >= source->bits : target->bits >= source->bits;
    return fits ? CastRisk::none : CastRisk::may_fail;
  }
  if (source && is_floating(to)) {
    const int mantissa = to.name == "FLOAT" ? 24 : 53;
    return source->bits <= mantissa ? CastRisk::none : CastRisk::changes;
  }
  if (source && to.name == "DECIMAL") return CastRisk::may_fail;
  if (from.name == "DECIMAL" && to.name == "DECIMAL") return between_decimals(from, to);
  if (from.name == "FLOAT" && to.name == "DOUBLE") return CastRisk::none;
  return CastRisk::changes;
}

CastRisk from_time(const Type& from, const Type& to) {
  static const std::map<Name, int> digits = {{"DATE", -1},
                                             {"TIMESTAMP_S", 0},
                                             {"TIMESTAMP_MS", 3},
                                             {"TIMESTAMP", 6},
                                             {"TIMESTAMP WITH TIME ZONE", 6},
                                             {"TIMESTAMP_NS", 9}};
  const auto source = digits.find(from.name);
  const auto target = digits.find(to.name);
  if (source == digits.end() || target == digits.end()) return CastRisk::changes;
  if (target->second < source->second) return CastRisk::changes;
  // Nanoseconds reach from 1677 to 2262 only.
  return target->second == 9 ? CastRisk::may_fail : CastRisk::none;
}

CastRisk of_members(const Type& from, const Type& to) {
  CastRisk risk = CastRisk::none;
  for (std::size_t i = 0; i < std::min(from.members.size(), to.members.size()); ++i) {
    risk = std::max(risk, cast_risk(from.members[i].type, to.members[i].type));
  }
  return risk;
}

CastRisk between_structs(const Type& from, const Type& to) {
  CastRisk risk = CastRisk::none;
  for (const TypeMember& member : from.members) {
    const TypeMember* kept = find_member(to, member.name);
    risk = std::max(risk, kept == nullptr ? CastRisk::changes : cast_risk(member.type, kept->type));
  }
  return risk;
}

CastRisk struct_to_map(const Type& from, const Type& to) {
  CastRisk risk = CastRisk::none;
  for (const TypeMember& member : from.members)
    risk = std::max(risk, cast_risk(member.type, to.members.back().type));
  return risk;
}

CastRisk from_nested(const Type& from, const Type& to) {
  if (from.name == "STRUCT" && to.name == "STRUCT") return between_structs(from, to);
  if (from.name == "STRUCT" && to.name == "MAP") return struct_to_map(from, to);
  if (to.name == "JSON") return CastRisk::none;
  if (from.name == to.name && is_any(from, {"LIST", "MAP"})) return of_members(from, to);
  if (from.name == "ARRAY" && (to.name == "LIST" || to.arguments == from.arguments))
    return of_members(from, to);
  if (from.name == "LIST" && to.name == "ARRAY") return std::max(CastRisk::may_fail, of_members(from, to));
  return CastRisk::changes;
}

bool is_map_to_struct(const Type& from, const Type& to) { return from.name == "MAP" && to.name == "STRUCT"; }

/// DuckDB casts a STRUCT by the names of its members, and needs one at least.
bool has_no_common_member(const Type& from, const Type& to) {
  return from.name == "STRUCT" && to.name == "STRUCT" &&
         std::none_of(from.members.begin(), from.members.end(),
                      [&](const TypeMember& member) { return find_member(to, member.name) != nullptr; });
}

/// One member of a STRUCT that is made from a STRUCT or a MAP.
std::string converted_member(std::string_view value, const Type& from, const TypeMember& member) {
  const TypeMember* old = from.name == "MAP" ? &from.members.back() : find_member(from, member.name);
  if (old == nullptr) return fmt::format("CAST(NULL AS {})", to_text(member.type));
  return converted(fmt::format("{}[{}]", value, literal(member.name)), old->type, member.type);
}

}  // namespace

CastRisk cast_risk(const Type& from, const Type& to) {
  if (equivalent(from, to)) return CastRisk::none;
  if (is_any(from, {"STRUCT", "MAP", "LIST", "ARRAY", "UNION"})) return from_nested(from, to);
  if (from.name == "ENUM") return is_any(to, {"VARCHAR"}) ? CastRisk::none : CastRisk::may_fail;
  if (to.name == "ENUM") return CastRisk::may_fail;
  if (to.name == "VARCHAR") return CastRisk::none;
  // A text that is valid JSON or a UUID stays what it means; '1.5' and '007' as numbers, 'yes' as a truth
  // value and '\x41' as bytes do not.
  if (from.name == "VARCHAR") {
    return is_any(to, {"JSON", "UUID"}) ? CastRisk::may_fail : CastRisk::changes;
  }
  // Numbers are rounded, time zones and unknown keys dropped.
  if (from.name == "JSON") return CastRisk::changes;
  if (from.name == "BOOLEAN") return range_of(to) ? CastRisk::none : CastRisk::changes;
  if (range_of(from) || is_floating(from) || from.name == "DECIMAL") return from_number(from, to);
  return from_time(from, to);
}

bool is_plain_cast(const Type& from, const Type& to) {
  if (is_map_to_struct(from, to) || has_no_common_member(from, to)) return false;
  if (from.name == "STRUCT" && to.name == "STRUCT") {
    return std::all_of(from.members.begin(), from.members.end(), [&](const TypeMember& member) {
      const TypeMember* kept = find_member(to, member.name);
      return kept == nullptr || is_plain_cast(member.type, kept->type);
    });
  }
  if (from.name != to.name || from.members.size() != to.members.size()) return true;
  return std::equal(from.members.begin(), from.members.end(), to.members.begin(),
                    [](const TypeMember& a, const TypeMember& b) { return is_plain_cast(a.type, b.type); });
}

std::string converted(std::string_view value, const Type& from, const Type& to) {
  if (from == to) return std::string(value);
  if (is_plain_cast(from, to)) return fmt::format("CAST({} AS {})", value, to_text(to));
  if (to.name == "STRUCT" && (from.name == "STRUCT" || from.name == "MAP")) {
    std::vector<std::string> members;
    for (const TypeMember& member : to.members) {
      members.push_back(
          fmt::format("{} := {}", quoted_name(member.name), converted_member(value, from, member)));
    }
    return fmt::format("CASE WHEN {} IS NULL THEN NULL ELSE struct_pack({}) END", value, join(members, ", "));
  }
  if (to.name == "LIST" && from.name == "LIST") {
    const std::string inner = converted("e", from.members[0].type, to.members[0].type);
    return fmt::format("list_transform({}, lambda e: {})", value, inner);
  }
  return fmt::format("CAST({} AS {})", value, to_text(to));
}

}  // namespace metaxy::migrate::duckdb
