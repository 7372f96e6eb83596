#pragma once
// How values of a column become another type, and what PostgreSQL does to those that do not fit. Pure.

#include <string>
#include <string_view>

#include "schema/type.hpp"

namespace metaxy::migrate::postgresql {

enum class CastRisk {
  none,      ///< Every value has an equal one of the new type.
  may_fail,  ///< A value that does not fit stops the migration; those that fit stay equal.
  changes,   ///< PostgreSQL rounds or cuts without a word.
};

/// Of `conversion`, in a session whose zone is UTC. Blanks at the end of a text count for nothing, as in SQL.
CastRisk cast_risk(const Type& from, const Type& to);

/// An SQL expression that ALTER COLUMN ... TYPE ... USING assigns to the new type: a text that is too long
/// stops it, where a cast would cut.
std::string conversion(std::string_view column, const Type& from, const Type& to);

}  // namespace metaxy::migrate::postgresql
