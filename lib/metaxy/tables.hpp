#pragma once
// The tables that definitions and Metaxy's system tables ask for: the desired schema, in the canonical form
// of a dialect.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.hpp"
#include "metaxy/config.hpp"
#include "metaxy/definition.hpp"
#include "metaxy/target.hpp"
#include "schema/schema.hpp"

namespace metaxy::migrate {

/// Names and order of the ten columns that today's Metaxy has in every feature table (contract E1).
const std::vector<std::string>& system_column_names();
/// What a column of a feature table is for, by name.
ColumnRole column_role(std::string_view column);
/// Whether the name belongs to Metaxy: one of the ten, or one that an older Metaxy wrote (contract D4).
bool is_metaxy_column(std::string_view column);

/// What `tables_for` needs to know of the store.
struct TableOptions {
  std::string table_prefix = {};
  /// MAP instead of STRUCT for the by-field columns, and for dict columns (contract E4, F1).
  bool has_map_datatype = false;
  /// Add the primary key that Metaxy exports for the system table (contract D2); off by default.
  bool has_system_primary_key = false;
  /// Type overrides: feature key -> column -> type text of the dialect.
  std::map<std::string, std::map<std::string, std::string>> column_types = {};
  /// The release of Metaxy that the tables are for.
  MetaxyTarget target = newest_target();
};

/// A desired table's model side.
struct DesiredTable {
  Table table;
  /// Feature key; empty for a system table.
  std::string feature;
  std::string project;
  /// Old table name when the model says it was renamed; empty otherwise.
  std::string renamed_from;
  /// new column name -> old one, as the model says.
  std::map<std::string, std::string> column_renames;
};

struct DesiredSchema {
  std::map<TableName, DesiredTable> tables;
  /// Guesses, skipped properties, name warnings: one sentence each.
  std::vector<std::string> notes;
  Schema schema() const;
};

/// The tables of all definitions that are not external (see `only_project`); external ones help to find
/// types. Throws Error(configuration) for name collisions (contract C), types that the database does not know
/// and names too long for it.
DesiredSchema feature_tables(std::span<const FeatureDefinition> definitions, const Dialect& dialect,
                             const TableOptions& options);
/// Metaxy's own tables in the shape of its release (contract D1, D4), without indexes; with its primary keys
/// only when asked for (D2).
DesiredSchema system_tables(const Dialect& dialect, const TableOptions& options);

/// The two calls that Metaxy's SQLAlchemy integration offered, for C++: URL and tables of one store. Throw
/// Error(configuration), also when no dialect drives the store.
struct StoreMetadata {
  /// SQLAlchemy URL, password inside (contract B).
  Secret url;
  DesiredSchema desired;
};
StoreMetadata feature_metadata_for_store(const Config& config, const Store& store,
                                         std::span<const FeatureDefinition> definitions,
                                         bool filter_by_project = true);
StoreMetadata system_metadata_for_store(const Config& config, const Store& store);

/// Names that Metaxy used before and that mean the same today, old -> new (contract D4).
const std::map<std::string, std::string>& known_column_renames();

}  // namespace metaxy::migrate
