#pragma once
// What happens to values when a column changes its type. Pure.

#include <string>
#include <string_view>

#include "schema/type.hpp"

namespace metaxy::migrate::duckdb {

enum class CastRisk {
  none,      ///< Every value has an equal one of the new type.
  may_fail,  ///< A value that does not fit stops the migration; those that fit stay equal.
  changes,   ///< DuckDB rounds, cuts or drops without a word.
};

CastRisk cast_risk(const Type& from, const Type& to);

/// SQL that turns `value`, an expression of type `from`, into type `to`. Fails for a value that does not fit.
std::string converted(std::string_view value, const Type& from, const Type& to);

/// Whether DuckDB itself casts between the two; otherwise `converted` takes the value apart.
bool is_plain_cast(const Type& from, const Type& to);

}  // namespace metaxy::migrate::duckdb
