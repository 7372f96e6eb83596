#include "dialect/postgresql/types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/postgresql/quoting.hpp"

namespace metaxy::migrate::postgresql {

namespace {

using Verdict = Acceptance::Verdict;

constexpr std::string_view kTimestamp = "timestamp without time zone";
constexpr std::string_view kTimestampTz = "timestamp with time zone";
constexpr std::string_view kVarchar = "character varying";
constexpr std::string_view kNamelessEnum = "ENUM";

/// Every spelling of a type that the grammar or the catalog has for one that format_type() spells otherwise.
const std::map<std::string_view, std::string_view>& spellings() {
  static const std::map<std::string_view, std::string_view> names = {
      {"int", "integer"},
      {"int4", "integer"},
      {"int8", "bigint"},
      {"int2", "smallint"},
      {"varchar", kVarchar},
      {"char varying", kVarchar},
      {"national character varying", kVarchar},
      {"char", "character"},
      {"nchar", "character"},
      {"national character", "character"},
      {"float8", "double precision"},
      {"float4", "real"},
      {"decimal", "numeric"},
      {"dec", "numeric"},
      {"bool", "boolean"},
      {"timestamp", kTimestamp},
      {"timestamptz", kTimestampTz},
      {"time", "time without time zone"},
      {"timetz", "time with time zone"},
      {"varbit", "bit varying"},
  };
  return names;
}

bool is_named(const Type& type, std::string_view name) { return type.name == name && type.arguments.empty(); }

int number_in(std::string_view text) {
  text = trimmed(text);
  int value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The name as PostgreSQL folds it; one in quotes keeps its quotes only where it must.
std::string folded(const std::string& name) {
  return name.find('"') == std::string::npos ? lower(name) : name;
}

/// What the grammar makes of arguments.
Type with_arguments(Type type) {
  for (std::string& argument : type.arguments) {
    argument = trimmed(argument);
  }
  if (type.name == "float") {
    const int digits = type.arguments.empty() ? 53 : number_in(type.arguments.front());
    return plain_type(digits >= 1 && digits <= 24 ? "real" : "double precision");
  }
  if (type.name == "numeric" && type.arguments.size() == 1) {
    type.arguments.emplace_back("0");
  }
  const bool is_one_character = type.name == "character" || type.name == "bit";
  if (is_one_character && type.arguments.empty()) {
    type.arguments.emplace_back("1");
  }
  if (type.name == "bpchar") {
    type.name = type.arguments.empty() ? "bpchar" : "character";
  }
  return type;
}

bool is_nested_elsewhere(const Type& type) {
  static constexpr std::array<std::string_view, 3> kKinds = {"STRUCT", "UNION", "MAP"};
  return std::find(kKinds.begin(), kKinds.end(), type.name) != kKinds.end();
}

bool is_list(const Type& type) { return type.name == "LIST" || type.name == "ARRAY"; }

/// Text that takes 64 characters, what Metaxy's hashes and versions need.
bool is_long_text(const Type& type) {
  constexpr int kLongest = 64;
  return is_text(type) && (type.arguments.empty() || number_in(type.arguments.front()) >= kLongest);
}

Acceptance by_field_acceptance(const Type& live) {
  if (is_json(live) || (is_text(live) && live.name != "character" && live.arguments.empty())) {
    return {Verdict::accepted, ""};
  }
  return {Verdict::different, "Metaxy reads and writes versions by field as JSON"};
}

Acceptance timestamp_acceptance(const Type& wanted, const Type& live) {
  const bool is_microseconds = live.arguments.empty() || live.arguments.front() == "6";
  if (live.name == wanted.name && is_microseconds) {
    return {Verdict::accepted, ""};
  }
  return {Verdict::different, live.name == kTimestamp
                                  ? "the column has no time zone: Metaxy's times would be read as local ones"
                                  : ""};
}

void require_possible_labels(const std::vector<std::string>& labels) {
  for (const std::string& label : labels) {
    if (label.size() > kMaxNameBytes || std::count(labels.begin(), labels.end(), label) > 1) {
      throw Error(ErrorKind::configuration,
                  fmt::format("label '{}' of an enum {}", label,
                              label.size() > kMaxNameBytes ? fmt::format("has {} bytes, PostgreSQL takes {}",
                                                                         label.size(), kMaxNameBytes)
                                                           : std::string("is there twice")));
    }
  }
}

/// Whether live is one of the alternatives that contract F1 and D3 list.
bool is_alternative(const Type& wanted, const Type& live) {
  if (is_text(wanted) && is_text(live) && live.name != "character") {
    // Laxer is no drift: unbounded for a length, or a greater length.
    return live.arguments.empty() || (!wanted.arguments.empty() && number_in(live.arguments.front()) >=
                                                                       number_in(wanted.arguments.front()));
  }
  if (wanted.name == kTimestamp || wanted.name == kTimestampTz) {
    const bool is_microseconds = live.arguments.empty() || live.arguments.front() == "6";
    return is_microseconds && wanted.arguments.empty() &&
           (live.name == wanted.name || (wanted.name == kTimestamp && live.name == kTimestampTz));
  }
  if (is_named(wanted, "bigint")) return is_named(live, "integer");
  if (is_named(wanted, "uuid")) return is_text(live) && live.arguments.empty();
  if (wanted.name == "numeric") return is_named(live, "numeric");
  if (is_named(wanted, "jsonb")) return is_named(live, "json") || is_list(live);
  if (is_list(wanted)) return is_json(live);
  return false;
}

/// Labels are only ever added. Who names an enum without its labels leaves them to others.
Acceptance enum_acceptance(const Type& wanted, const Type& live) {
  if (wanted.labels.empty()) return {Verdict::accepted, ""};
  if (live.labels.empty()) return {};
  if (are_in_order(wanted.labels, live.labels)) {
    return {Verdict::accepted_with_warning, "labels of an enum stay, since PostgreSQL cannot take them back"};
  }
  return {Verdict::different, are_in_order(wanted.labels, merged_labels(live.labels, wanted.labels)) &&
                                      are_in_order(live.labels, merged_labels(live.labels, wanted.labels))
                                  ? ""
                                  : "labels of an enum cannot change their order"};
}

Acceptance ordinary_acceptance(const Type& wanted, const Type& live) {
  if (wanted.name == live.name && (!wanted.labels.empty() || !live.labels.empty())) {
    return enum_acceptance(wanted, live);
  }
  if (is_alternative(wanted, live)) {
    return {Verdict::accepted, ""};
  }
  if (is_list(wanted) && is_list(live) && !wanted.members.empty() && !live.members.empty()) {
    const Acceptance inner = ordinary_acceptance(wanted.members[0].type, live.members[0].type);
    return equivalent(wanted.members[0].type, live.members[0].type) ? Acceptance{Verdict::accepted, ""}
                                                                    : inner;
  }
  return {};
}

Type text_column(const LogicalType& type) {
  if (!type.length) {
    return plain_type("text");
  }
  Type result = plain_type(kVarchar);
  result.arguments = {std::to_string(*type.length)};
  return result;
}

Type decimal_column(const LogicalType& type) {
  Type result = plain_type("numeric");
  if (type.precision) {
    result.arguments = {std::to_string(*type.precision), std::to_string(type.scale.value_or(0))};
  }
  return result;
}

/// Metaxy writes structs and maps as JSON and lists as arrays (contract E2); an array of JSON is JSON.
Type list_column(const LogicalType& type) {
  Type element = type.members.empty() ? plain_type("jsonb") : column_type(type.members.front().type);
  const bool is_plain = !is_json(element) && !is_list(element);
  return is_plain ? list_of(std::move(element)) : plain_type("jsonb");
}

}  // namespace

Type column_type(const LogicalType& type) {
  switch (type.kind) {
    case LogicalKind::text:
      return text_column(type);
    case LogicalKind::integer:
      return plain_type("bigint");
    case LogicalKind::real:
      return plain_type("double precision");
    case LogicalKind::boolean:
      return plain_type("boolean");
    case LogicalKind::timestamp:
      return plain_type(kTimestamp);
    case LogicalKind::timestamp_with_zone:
      return plain_type(kTimestampTz);
    case LogicalKind::date:
      return plain_type("date");
    case LogicalKind::time:
      return plain_type("time without time zone");
    case LogicalKind::interval:
      return plain_type("interval");
    case LogicalKind::uuid:
      return plain_type("uuid");
    case LogicalKind::decimal:
      return decimal_column(type);
    case LogicalKind::binary:
      return plain_type("bytea");
    case LogicalKind::list:
      return list_column(type);
    case LogicalKind::map:
    case LogicalKind::structure:
    case LogicalKind::json:
      return plain_type("jsonb");
  }
  return plain_type("text");
}

Type spelled(const Type& type) {
  if (is_list(type)) {
    // Sizes and dimensions are accepted and dropped.
    Type element = spelled(type.members.front().type);
    return is_list(element) ? element : list_of(std::move(element));
  }
  if (is_nested_elsewhere(type)) {
    return type;
  }
  Type result = type;
  if (!type.labels.empty()) {
    if (type.name != kNamelessEnum) result.name = folded(type.name);
    return result;
  }
  result.name = folded(type.name);
  const auto found = spellings().find(result.name);
  if (found != spellings().end()) {
    result.name = found->second;
  }
  return with_arguments(std::move(result));
}

Type named(const Type& type) {
  Type result = type;
  if (Type* found = enum_in(result)) found->labels.clear();
  return result;
}

Type* enum_in(Type& type) {
  if (is_list(type)) return enum_in(type.members.front().type);
  return type.labels.empty() ? nullptr : &type;
}
const Type* enum_in(const Type& type) {
  if (is_list(type)) return enum_in(type.members.front().type);
  return type.labels.empty() ? nullptr : &type;
}

Type canonical_type(const Type& type) {
  const Type& plain = is_list(type) ? type.members.front().type : type;
  if (is_nested_elsewhere(plain)) {
    throw Error(ErrorKind::configuration, fmt::format("PostgreSQL has no type '{}'", to_text(type)),
                {.where = {}, .hint = "use jsonb, or the name of an enum or composite type", .notes = {}});
  }
  require_possible_labels(plain.labels);
  return spelled(type);
}

Acceptance acceptance(ColumnRole role, const Type& wanted, const Type& live) {
  if (equivalent(wanted, live)) {
    return {Verdict::same, ""};
  }
  switch (role) {
    case ColumnRole::ordinary:
      return ordinary_acceptance(wanted, live);
    case ColumnRole::by_field:
      return by_field_acceptance(live);
    case ColumnRole::system_text:
      return is_long_text(live) ? Acceptance{Verdict::accepted, ""} : Acceptance{};
    case ColumnRole::system_timestamp:
      return timestamp_acceptance(wanted, live);
  }
  return {};
}

bool keeps_rows(const Type& from, const Type& to) {
  const auto argument = [](const Type& type, std::size_t i) {
    return type.arguments.size() > i ? number_in(type.arguments[i]) : -1;
  };
  const bool is_free = to.arguments.empty();
  if (from.name == "text" || from.name == kVarchar) {
    const bool is_wider =
        from.name == kVarchar && argument(from, 0) >= 0 && argument(to, 0) >= argument(from, 0);
    return (to.name == "text" || to.name == kVarchar) && (is_free || is_wider);
  }
  if (from.name == "numeric" && to.name == "numeric") {
    return is_free || (!from.arguments.empty() && argument(to, 0) >= argument(from, 0) &&
                       argument(to, 1) == argument(from, 1));
  }
  const bool is_time = from.name == kTimestamp || from.name == kTimestampTz;
  // A time is read as one in UTC: the session's zone is.
  if (is_time && (to.name == kTimestamp || to.name == kTimestampTz)) {
    const bool is_finer =
        to.name == from.name && argument(from, 0) >= 0 && argument(to, 0) >= argument(from, 0);
    return is_free || argument(to, 0) == 6 || is_finer;
  }
  return false;
}

bool is_text(const Type& type) {
  return type.name == "text" || type.name == kVarchar || type.name == "character" || type.name == "bpchar";
}

bool is_json(const Type& type) { return type.name == "jsonb" || type.name == "json"; }

bool is_number(const Type& type) {
  static constexpr std::array<std::string_view, 6> kNames = {"smallint", "integer", "bigint",
                                                             "numeric",  "real",    "double precision"};
  return std::find(kNames.begin(), kNames.end(), type.name) != kNames.end();
}

}  // namespace metaxy::migrate::postgresql
