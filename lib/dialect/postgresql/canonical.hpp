#pragma once
// The one form in which tables of PostgreSQL are compared: what a script wants and what the catalog holds
// both go through it, so that afterwards `==` decides. Text rules only; no database is asked (decision 3).

#include <string>
#include <vector>

#include "schema/schema.hpp"

namespace metaxy::migrate::postgresql {

/// See Dialect::canonical. Constraints without a name get the one that they are created under. A foreign key
/// without columns gets the primary key of its table where the schema has that table.
Schema canonical_schema(const Schema& schema);

/// One table; what was not understood is added to `not_understood`, a sentence each.
void make_canonical(Table& table, std::vector<std::string>& not_understood);

/// The name that a constraint without one is created under: `t_pkey`, `t_a_b_key`, `t_a_fkey`, `t_check`.
std::string made_constraint_name(const TableName& table, const Constraint& constraint);

}  // namespace metaxy::migrate::postgresql
