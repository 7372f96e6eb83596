#pragma once
// The tables of SQLModel features: columns, keys and indexes exactly as the classes declare them, but for
// what Metaxy's own writes could not live with. Used by tables.cpp.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.hpp"
#include "metaxy/definition.hpp"
#include "metaxy/tables.hpp"

namespace metaxy::migrate {

/// What a class declares besides Metaxy's own columns.
struct SqlTable {
  std::vector<Column> columns;
  std::vector<Constraint> constraints;
  std::vector<Index> indexes;
};

struct SqlTableOptions {
  std::string table_prefix{};
  /// Types that win over the declared ones: column -> type text of the dialect.
  std::map<std::string, std::string> column_types{};
};

/// The declared table in the dialect's types, under the names that the store's prefix gives. A primary key of
/// id columns alone is left out with a note: Metaxy appends a row for each version of an id. Throws
/// Error(configuration) naming the column where SQLAlchemy has no type for this database.
SqlTable sql_table_of(const FeatureDefinition& definition, const Dialect& dialect,
                      const SqlTableOptions& options, std::vector<std::string>& notes);

/// Leads foreign keys to the tables that the prefix names, and drops those to columns that no key makes
/// unique, with a note: a primary key that was left out takes them along. Foreign keys to tables that are no
/// feature's stay.
void settle_foreign_keys(DesiredSchema& desired, std::string_view table_prefix);

}  // namespace metaxy::migrate
