#pragma once
// How an existing table grows into a wanted one without losing anything. Pure.

#include <string>
#include <vector>

#include "dialect/dialect.hpp"
#include "schema/table.hpp"

namespace metaxy::migrate {

/// Changes `table` (as scripted) so that it satisfies `wanted` (as the model says): new columns are added
/// nullable, because the table may hold rows (contract F2); accepted types stay as they are; STRUCTs only
/// gain members (contract H3); indexes and constraints become the model's. Columns that are not wanted are
/// not touched. Notes say what was accepted with a warning.
void merge_into(Table& table, const Table& wanted, const Dialect& dialect, std::vector<std::string>& notes);

/// `existing` with the members that only `wanted` has appended, at every depth; types that differ otherwise
/// are `wanted`'s.
Type widened(const Type& existing, const Type& wanted);

}  // namespace metaxy::migrate
