#pragma once
// Queries on Metaxy's own tables that are the same text in every dialect. The catalog's queries are each
// dialect's own.

#include <string>
#include <string_view>

#include "dialect/dialect.hpp"

namespace metaxy::migrate {

/// The rows of `<prefix>metaxy_system__feature_versions` (raw name) that one project pushed together last:
/// those of the project version of its newest row. Parameters: the project, twice. Columns: feature_key,
/// feature_spec, feature_schema, feature_class_path. Of several rows of one feature the newest comes last
/// (metaxy contract, G2).
std::string select_pushed_definitions(const Dialect& dialect, std::string_view table);

/// The tags of the row that a project pushed last, no row when there is none. Parameter: the project.
std::string select_newest_tags(const Dialect& dialect, std::string_view table);

/// One row with the number of rows of the table.
std::string select_row_count(const Dialect& dialect, const TableName& table);

}  // namespace metaxy::migrate
