#pragma once
// Names that a database takes for the same though they differ in letter case: it can have only one of them.

#include "dialect/dialect.hpp"
#include "schema/schema.hpp"

namespace metaxy::migrate {

/// Throws Error(usage) where a table is there that no script knows and whose name is `wanted` but for case.
void require_no_table_alike(const TableName& wanted, const Schema& live, const Schema& scripted,
                            const Dialect& dialect);

/// The same for the tables and columns that the operations make.
void require_nothing_alike(const std::vector<Operation>& operations, const Schema& live,
                           const Schema& scripted, const Dialect& dialect);

}  // namespace metaxy::migrate
