#include "dialect/sqlite/types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"

namespace metaxy::migrate::sqlite {

namespace {

bool has_word(std::string_view upper_case_name, std::string_view word) {
  return upper_case_name.find(word) != std::string_view::npos;
}

/// "  double   precision" -> "DOUBLE PRECISION"
std::string canonical_words(std::string_view name) {
  std::string result;
  for (const char c : upper(trimmed(name))) {
    const bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
    if (!is_blank) {
      result += c;
    } else if (result.back() != ' ') {
      result += ' ';
    }
  }
  return result;
}

Acceptance accepted() { return {Acceptance::Verdict::accepted, ""}; }

}  // namespace

Affinity affinity_of(std::string_view type_name) {
  const std::string name = upper(type_name);
  if (has_word(name, "INT")) {
    return Affinity::integer;
  }
  if (has_word(name, "CHAR") || has_word(name, "CLOB") || has_word(name, "TEXT")) {
    return Affinity::text;
  }
  if (name.empty() || has_word(name, "BLOB")) {
    return Affinity::blob;
  }
  if (has_word(name, "REAL") || has_word(name, "FLOA") || has_word(name, "DOUB")) {
    return Affinity::real;
  }
  return Affinity::numeric;
}

bool declares_text(const Type& type) {
  constexpr std::array<std::string_view, 6> kNames = {"JSON", "DATETIME", "TIMESTAMP",
                                                      "DATE", "TIME",     "UUID"};
  const std::string_view first_word = std::string_view(type.name).substr(0, type.name.find(' '));
  return affinity_of(type.name) == Affinity::text ||
         std::find(kNames.begin(), kNames.end(), first_word) != kNames.end();
}

std::string_view to_text(Affinity affinity) {
  switch (affinity) {
    case Affinity::text:
      return "TEXT";
    case Affinity::numeric:
      return "NUMERIC";
    case Affinity::integer:
      return "INTEGER";
    case Affinity::real:
      return "REAL";
    case Affinity::blob:
      return "BLOB";
  }
  return "";
}

Type column_type(const LogicalType& type) {
  switch (type.kind) {
    case LogicalKind::integer:
      return plain_type("INTEGER");
    case LogicalKind::real:
      return plain_type("REAL");
    case LogicalKind::boolean:
      return plain_type("BOOLEAN");
    case LogicalKind::decimal:
      return plain_type("NUMERIC");
    case LogicalKind::binary:
      return plain_type("BLOB");
    case LogicalKind::list:
    case LogicalKind::map:
    case LogicalKind::structure:
    case LogicalKind::json:
      return plain_type("JSON");
    case LogicalKind::text:
    case LogicalKind::timestamp:
    case LogicalKind::timestamp_with_zone:
    case LogicalKind::date:
    case LogicalKind::time:
    case LogicalKind::interval:
    case LogicalKind::uuid:
      return plain_type("TEXT");
  }
  return plain_type("TEXT");
}

Type canonical_type(const Type& type) {
  if (!type.members.empty() || !type.labels.empty()) {
    throw Error(ErrorKind::configuration, fmt::format("SQLite has no type '{}'", migrate::to_text(type)),
                {.where = std::nullopt, .hint = "use TEXT or JSON", .notes = {}});
  }
  Type result;
  result.name = canonical_words(type.name);
  for (const std::string& argument : type.arguments) {
    result.arguments.emplace_back(trimmed(argument));
  }
  return result;
}

std::string type_sql(const Type& type) {
  return type.arguments.empty() ? type.name : fmt::format("{}({})", type.name, join(type.arguments, ","));
}

Acceptance acceptance(ColumnRole role, const Type& wanted, const Type& live) {
  if (wanted == live) {
    return {Acceptance::Verdict::same, ""};
  }
  const Affinity wanted_affinity = affinity_of(wanted.name);
  const Affinity live_affinity = affinity_of(live.name);
  if (wanted_affinity == live_affinity) {
    return accepted();
  }
  // JSON is NUMERIC: it makes a number of a text such as '007'. What is by field is always an object.
  const bool spoils_texts =
      role == ColumnRole::ordinary && wanted_affinity == Affinity::text && live.name == "JSON";
  if (declares_text(wanted) && declares_text(live) && !spoils_texts) {
    return accepted();
  }
  const auto is_whole_number = [](Affinity affinity) {
    return affinity == Affinity::integer || affinity == Affinity::numeric;
  };
  // BOOLEAN is numeric, its values are 0 and 1.
  if (is_whole_number(wanted_affinity) && is_whole_number(live_affinity) && !declares_text(wanted) &&
      !declares_text(live)) {
    return accepted();
  }
  if (live.name.empty()) {
    return {Acceptance::Verdict::accepted_with_warning,
            "a column without a type keeps every value as it comes"};
  }
  return {Acceptance::Verdict::different,
          fmt::format("SQLite keeps values of {} as {}, of {} as {}", migrate::to_text(wanted),
                      to_text(wanted_affinity), migrate::to_text(live), to_text(live_affinity))};
}

}  // namespace metaxy::migrate::sqlite
