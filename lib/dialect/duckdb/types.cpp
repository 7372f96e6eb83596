#include "dialect/duckdb/types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"

namespace metaxy::migrate::duckdb {
namespace {

/// Every spelling that DuckDB 1.5.6 takes for a type without members, in lower case, and what it reports for
/// it (duckdb_types(), and the grammar's own words). Sorted.
constexpr std::array<std::pair<std::string_view, std::string_view>, 79> kSpellings = {{
    {"bigint", "BIGINT"},
    {"bignum", "BIGNUM"},
    {"binary", "BLOB"},
    {"bit", "BIT"},
    {"bitstring", "BIT"},
    {"blob", "BLOB"},
    {"bool", "BOOLEAN"},
    {"boolean", "BOOLEAN"},
    {"bpchar", "VARCHAR"},
    {"bytea", "BLOB"},
    {"char", "VARCHAR"},
    {"character", "VARCHAR"},
    {"character varying", "VARCHAR"},
    {"date", "DATE"},
    {"datetime", "TIMESTAMP"},
    {"dec", "DECIMAL"},
    {"decimal", "DECIMAL"},
    {"double", "DOUBLE"},
    {"double precision", "DOUBLE"},
    {"float", "FLOAT"},
    {"float4", "FLOAT"},
    {"float8", "DOUBLE"},
    {"geometry", "GEOMETRY"},
    {"guid", "UUID"},
    {"hugeint", "HUGEINT"},
    {"int", "INTEGER"},
    {"int1", "TINYINT"},
    {"int128", "HUGEINT"},
    {"int16", "SMALLINT"},
    {"int2", "SMALLINT"},
    {"int32", "INTEGER"},
    {"int4", "INTEGER"},
    {"int64", "BIGINT"},
    {"int8", "BIGINT"},
    {"integer", "INTEGER"},
    {"integral", "INTEGER"},
    {"interval", "INTERVAL"},
    {"json", "JSON"},
    {"logical", "BOOLEAN"},
    {"long", "BIGINT"},
    {"national character varying", "VARCHAR"},
    {"numeric", "DECIMAL"},
    {"nvarchar", "VARCHAR"},
    {"oid", "BIGINT"},
    {"real", "FLOAT"},
    {"short", "SMALLINT"},
    {"signed", "INTEGER"},
    {"smallint", "SMALLINT"},
    {"string", "VARCHAR"},
    {"text", "VARCHAR"},
    {"time", "TIME"},
    {"time with time zone", "TIME WITH TIME ZONE"},
    {"time without time zone", "TIME"},
    {"time_ns", "TIME_NS"},
    {"timestamp", "TIMESTAMP"},
    {"timestamp with time zone", "TIMESTAMP WITH TIME ZONE"},
    {"timestamp without time zone", "TIMESTAMP"},
    {"timestamp_ms", "TIMESTAMP_MS"},
    {"timestamp_ns", "TIMESTAMP_NS"},
    {"timestamp_s", "TIMESTAMP_S"},
    {"timestamp_us", "TIMESTAMP"},
    {"timestamptz", "TIMESTAMP WITH TIME ZONE"},
    {"timetz", "TIME WITH TIME ZONE"},
    {"tinyint", "TINYINT"},
    {"ubigint", "UBIGINT"},
    {"uhugeint", "UHUGEINT"},
    {"uint128", "UHUGEINT"},
    {"uint16", "USMALLINT"},
    {"uint32", "UINTEGER"},
    {"uint64", "UBIGINT"},
    {"uint8", "UTINYINT"},
    {"uinteger", "UINTEGER"},
    {"usmallint", "USMALLINT"},
    {"utinyint", "UTINYINT"},
    {"uuid", "UUID"},
    {"varbinary", "BLOB"},
    {"varchar", "VARCHAR"},
    {"variant", "VARIANT"},
    {"varint", "BIGNUM"},
}};

/// The number in an argument; -1 for anything else.
int argument_number(const std::string& argument) {
  const std::string_view text = trimmed(argument);
  int value = -1;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc() && end == text.data() + text.size() ? value : -1;
}

/// DECIMAL, DECIMAL(4) and DECIMAL(10, 2) with both numbers, as DuckDB reports them.
std::optional<Type> decimal(const std::vector<std::string>& arguments) {
  if (arguments.size() > 2) return std::nullopt;
  const int precision = arguments.empty() ? 18 : argument_number(arguments[0]);
  const int scale = arguments.empty() ? 3 : arguments.size() == 1 ? 0 : argument_number(arguments[1]);
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision) return std::nullopt;
  Type type = plain_type("DECIMAL");
  type.arguments = {std::to_string(precision), std::to_string(scale)};
  return type;
}

/// TIMESTAMP(n) is one of four types.
std::optional<Type> timestamp_of_precision(int digits) {
  if (digits < 0 || digits > 9) return std::nullopt;
  if (digits == 0) return plain_type("TIMESTAMP_S");
  if (digits <= 3) return plain_type("TIMESTAMP_MS");
  return plain_type(digits <= 6 ? "TIMESTAMP" : "TIMESTAMP_NS");
}

std::optional<Type> plain(const Type& type) {
  const std::string spelled = lower(type.name);
  const auto found =
      std::lower_bound(kSpellings.begin(), kSpellings.end(), spelled,
                       [](const auto& spelling, const std::string& typed) { return spelling.first < typed; });
  if (found == kSpellings.end() || found->first != spelled) return std::nullopt;
  const std::string_view name = found->second;
  if (name == "DECIMAL") return decimal(type.arguments);
  if (type.arguments.empty()) return plain_type(name);
  // A length is accepted and dropped.
  if (name == "VARCHAR" || name == "BIT") return plain_type(name);
  if (type.arguments.size() > 1) return std::nullopt;
  const int number = argument_number(type.arguments[0]);
  if (name == "TIMESTAMP") return timestamp_of_precision(number);
  if (name == "FLOAT" && number >= 1 && number <= 53) return plain_type(number <= 24 ? "FLOAT" : "DOUBLE");
  return std::nullopt;
}

bool is_nested(const Type& type) {
  static const std::set<std::string_view> kinds = {"STRUCT", "UNION", "MAP", "LIST", "ARRAY", "ENUM"};
  return kinds.contains(type.name);
}

/// `name` as an unquoted identifier would reach the catalog: parse_type keeps `"DATE"` as written.
Type unquoted(Type type) {
  if (type.name.size() > 2 && type.name.front() == '"' && type.name.back() == '"') {
    type.name = type.name.substr(1, type.name.size() - 2);
  }
  return type;
}

/// Applies `leaf` to the plain types of a tree; nullopt as soon as it gives nullopt.
template <class Leaf>
std::optional<Type> mapped(const Type& type, const Leaf& leaf) {
  if (!is_nested(type) && type.labels.empty()) return leaf(unquoted(type));
  Type result = type;
  // The name that an enum may have elsewhere is lost in a table of DuckDB.
  if (!type.labels.empty()) result.name = "ENUM";
  for (TypeMember& member : result.members) {
    std::optional<Type> inner = mapped(member.type, leaf);
    if (!inner) return std::nullopt;
    member.type = std::move(*inner);
  }
  return result;
}

using Verdict = Acceptance::Verdict;

bool is_named(const Type& type, std::string_view name) { return type.name == name && type.arguments.empty(); }

Acceptance worse(const Acceptance& a, const Acceptance& b) {
  return static_cast<int>(a.verdict) >= static_cast<int>(b.verdict) ? a : b;
}

constexpr std::string_view kNotForResolution =
    "Metaxy can write and read the column, but not resolve versions by it: values extracted from {} differ";

Acceptance by_field_acceptance(const Type& wanted, const Type& live) {
  if (is_named(live, "JSON") || is_named(live, "VARIANT")) {
    return {Verdict::accepted_with_warning, fmt::format(fmt::runtime(kNotForResolution), live.name)};
  }
  if (wanted.name == "MAP") {
    return {Verdict::different,
            live.name == "STRUCT"
                ? "Metaxy's writes fail: enable_map_datatype is on and the column is a STRUCT"
                : ""};
  }
  if (live.name == "MAP") {
    return {Verdict::accepted_with_warning, "the column is a MAP, but enable_map_datatype is off"};
  }
  if (live.name != "STRUCT") return {};
  std::vector<std::string> missing;
  for (const TypeMember& member : wanted.members) {
    const TypeMember* there = find_member(live, member.name);
    if (there == nullptr) missing.push_back(in_quotes(member.name));
    if (there != nullptr && !equivalent(member.type, there->type)) return {};
  }
  if (missing.empty()) return {Verdict::accepted, ""};
  return {Verdict::different,
          fmt::format("hashes of {} are dropped silently on writing", join(missing, ", "))};
}

Acceptance ordinary_acceptance(const Type& wanted, const Type& live);

/// Live may hold more members than wanted, in any order.
Acceptance struct_acceptance(const Type& wanted, const Type& live) {
  Acceptance result{Verdict::accepted, ""};
  for (const TypeMember& member : wanted.members) {
    const TypeMember* there = find_member(live, member.name);
    if (there == nullptr) return {};
    result = worse(result, ordinary_acceptance(member.type, there->type));
  }
  return result;
}

/// Whether live is one of the alternatives that contract F1 lists for the type as a whole.
bool is_alternative(const Type& wanted, const Type& live) {
  if (is_named(wanted, "TIMESTAMP")) return is_named(live, "TIMESTAMP WITH TIME ZONE");
  if (is_named(wanted, "UUID")) return is_named(live, "VARCHAR");
  if (is_named(wanted, "JSON")) return live.name == "STRUCT" || live.name == "MAP";
  return wanted.name == "STRUCT" && is_named(live, "JSON");
}

Acceptance ordinary_acceptance(const Type& wanted, const Type& live) {
  if (equivalent(wanted, live)) return {Verdict::same, ""};
  if (is_alternative(wanted, live)) return {Verdict::accepted, ""};
  if (wanted.name != live.name) return {};
  if (wanted.name == "STRUCT") return struct_acceptance(wanted, live);
  const bool is_container = wanted.name == "LIST" || wanted.name == "ARRAY" || wanted.name == "MAP";
  if (!is_container || wanted.arguments != live.arguments) return {};
  Acceptance result{Verdict::accepted, ""};
  for (std::size_t i = 0; i < wanted.members.size(); ++i) {
    result = worse(result, ordinary_acceptance(wanted.members[i].type, live.members[i].type));
  }
  return result;
}

Type decimal_column(const LogicalType& type) {
  const int scale = std::clamp(type.scale.value_or(type.precision ? 0 : 9), 0, 38);
  const int precision = std::clamp(type.precision.value_or(38), std::max(scale, 1), 38);
  Type result = plain_type("DECIMAL");
  result.arguments = {std::to_string(precision), std::to_string(scale)};
  return result;
}

Type struct_column(const LogicalType& type) {
  std::vector<TypeMember> members;
  members.reserve(type.members.size());
  for (const LogicalMember& member : type.members) members.push_back({member.name, column_type(member.type)});
  // STRUCT needs a member.
  return members.empty() ? plain_type("JSON") : struct_of(std::move(members));
}

}  // namespace

Type column_type(const LogicalType& type) {
  switch (type.kind) {
    case LogicalKind::text:
      return plain_type("VARCHAR");
    case LogicalKind::integer:
      return plain_type("BIGINT");
    case LogicalKind::real:
      return plain_type("DOUBLE");
    case LogicalKind::boolean:
      return plain_type("BOOLEAN");
    case LogicalKind::timestamp:
      return plain_type("TIMESTAMP");
    case LogicalKind::timestamp_with_zone:
      return plain_type("TIMESTAMP WITH TIME ZONE");
    case LogicalKind::date:
      return plain_type("DATE");
    case LogicalKind::time:
      return plain_type("TIME");
    case LogicalKind::interval:
      return plain_type("INTERVAL");
    case LogicalKind::uuid:
      return plain_type("UUID");
    case LogicalKind::decimal:
      return decimal_column(type);
    case LogicalKind::binary:
      return plain_type("BLOB");
    case LogicalKind::list:
      return list_of(column_type(type.members.at(0).type));
    case LogicalKind::map:
      return map_of(plain_type("VARCHAR"), column_type(type.members.at(0).type));
    case LogicalKind::structure:
      return struct_column(type);
    case LogicalKind::json:
      return plain_type("JSON");
  }
  return {};
}

Type by_field_type(const std::vector<std::string>& members, bool is_map) {
  const Type text = plain_type("VARCHAR");
  if (is_map || members.empty()) return map_of(text, text);
  std::vector<TypeMember> fields;
  fields.reserve(members.size());
  for (const std::string& name : members) fields.push_back({name, text});
  return struct_of(std::move(fields));
}

std::optional<Type> known_type(const Type& type) { return mapped(type, plain); }

Type spelled(const Type& type) {
  const auto leaf = [](const Type& one) -> std::optional<Type> {
    if (std::optional<Type> known = plain(one)) return known;
    Type kept = one;
    kept.name = upper(kept.name);
    return kept;
  };
  return *mapped(type, leaf);
}

Type canonical_type(const Type& type) {
  if (std::optional<Type> known = known_type(type)) return std::move(*known);
  std::vector<std::string> names = {"STRUCT", "MAP", "ENUM", "UNION"};
  for (const auto& [name, canonical] : kSpellings) names.push_back(upper(name));
  const std::optional<std::string> near = nearest(upper(type.name), names);
  throw Error(ErrorKind::configuration, fmt::format("DuckDB has no type '{}'", to_text(type)),
              {.where = {}, .hint = near ? fmt::format("did you mean '{}'?", *near) : "", .notes = {}});
}

Acceptance acceptance(ColumnRole role, const Type& wanted, const Type& live) {
  if (equivalent(wanted, live)) return {Verdict::same, ""};
  switch (role) {
    case ColumnRole::ordinary:
      return ordinary_acceptance(wanted, live);
    case ColumnRole::by_field:
      return by_field_acceptance(wanted, live);
    case ColumnRole::system_text:
      return {};
    case ColumnRole::system_timestamp:
      if (!is_named(live, "TIMESTAMP")) return {};
      return {Verdict::accepted_with_warning, "the column has no time zone; Metaxy writes times in UTC"};
  }
  return {};
}

bool is_number(const Type& type) {
  static const std::set<std::string_view> names = {"TINYINT",  "SMALLINT",  "INTEGER",  "BIGINT",  "HUGEINT",
                                                   "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
                                                   "BIGNUM",   "DECIMAL",   "FLOAT",    "DOUBLE"};
  return names.contains(type.name);
}

}  // namespace metaxy::migrate::duckdb
