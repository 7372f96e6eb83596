#pragma once
// What dialects have besides whose databases delete the rows of a table that is dropped, where foreign keys
// are enforced, and with them rows of other tables.

#include <string>
#include <vector>

#include "dialect/connection.hpp"

namespace metaxy::migrate {

class CascadingDrops {
 public:
  virtual ~CascadingDrops() = default;
  /// The other tables that have rows which such a DROP TABLE would delete or change.
  virtual std::vector<std::string> changed_by_drop(Connection& connection, const TableName& table) const = 0;
};

}  // namespace metaxy::migrate
