#pragma once
// The order in which tables that refer to each other can be created; its reverse is the order of dropping
// them.

#include <map>
#include <vector>

#include "schema/schema.hpp"

namespace metaxy::migrate {

struct CreationOrder {
  /// Parents before children, otherwise as given. Points to what was given.
  std::vector<const Table*> tables;
  /// By table: the foreign keys that close a circle, to be added when all tables are there.
  std::map<TableName, std::vector<Constraint>> deferred;
};

/// Linear in tables and foreign keys. Foreign keys to other tables than these, and of a table to itself, do
/// not matter.
CreationOrder creation_order(const std::vector<const Table*>& tables);

/// The table without its deferred foreign keys.
Table without_deferred(const Table& table, const CreationOrder& order);

}  // namespace metaxy::migrate
