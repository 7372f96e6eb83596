#pragma once
// The release of Metaxy that the tables are for: which columns of its own it wants in every feature table,
// and its system tables (metaxy contract, D and E).

#include <string>
#include <string_view>
#include <vector>

#include "schema/logical_type.hpp"

namespace metaxy::migrate {

struct MetaxyColumn {
  std::string name;
  /// Of a system table's column; those of feature tables have it by their role.
  LogicalKind kind = LogicalKind::text;
  bool is_nullable = true;

  bool operator==(const MetaxyColumn&) const = default;
};

struct SystemTable {
  /// "feature_versions".
  std::string name;
  std::vector<MetaxyColumn> columns;

  bool operator==(const SystemTable&) const = default;
};

struct MetaxyTarget {
  /// "0.1.11"; empty where nobody said which: the newest that is known.
  std::string version;
  std::vector<MetaxyColumn> feature_columns;
  std::vector<SystemTable> system_tables;
};

/// The target of the newest Metaxy known here.
const MetaxyTarget& newest_target();

}  // namespace metaxy::migrate
