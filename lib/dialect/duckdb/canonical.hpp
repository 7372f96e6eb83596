#pragma once
// The form in which DuckDB reports a schema back, by rules on texts (decision 3): what both sides of a
// comparison are brought into. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "schema/schema.hpp"

namespace metaxy::migrate::duckdb {

/// The schema as reflection will find it after it was created. What DuckDB cannot hold is dropped: names of
/// constraints, actions and deferral of foreign keys, order, predicate, collation and method of indexes,
/// table options, triggers.
Schema canonical(const Schema& schema);

/// The same for one table. `not_understood` gets a sentence for each expression that is kept as written.
void make_canonical(Table& table, std::vector<std::string>& not_understood);

}  // namespace metaxy::migrate::duckdb
