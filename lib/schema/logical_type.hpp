#pragma once
// What a feature's model says a column is, before any database is chosen: the middle between Metaxy's
// definitions and the column types of a dialect. Each dialect maps it to its own types (metaxy contract, F1).

#include <optional>
#include <string>
#include <vector>

namespace metaxy::migrate {

enum class LogicalKind {
  text,     ///< `length` is the greatest number of characters, if limited.
  integer,  ///< 64-bit.
  real,     ///< Double precision.
  boolean,
  timestamp,  ///< Without zone.
  timestamp_with_zone,
  date,
  time,
  interval,
  uuid,
  decimal,  ///< `precision` and `scale`, if known.
  binary,
  list,       ///< `members[0]` is the element.
  map,        ///< Text keys; `members[0]` is the value.
  structure,  ///< `members` by name.
  json,       ///< Anything else.
};

struct LogicalMember;

struct LogicalType {
  LogicalKind kind = LogicalKind::text;
  std::optional<int> length;
  std::optional<int> precision;
  std::optional<int> scale;
  std::vector<LogicalMember> members;

  friend bool operator==(const LogicalType& a, const LogicalType& b);
};

struct LogicalMember {
  std::string name;
  LogicalType type;

  friend bool operator==(const LogicalMember& a, const LogicalMember& b);
};

}  // namespace metaxy::migrate
