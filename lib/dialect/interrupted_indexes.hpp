#pragma once
// What dialects have besides whose databases build and drop indexes outside of transactions, so that a
// failure leaves one that is there and counts as missing.

#include <set>
#include <string>
#include <string_view>

#include "dialect/connection.hpp"

namespace metaxy::migrate {

class InterruptedIndexes {
 public:
  virtual ~InterruptedIndexes() = default;
  /// Takes away the index that the statement left when it failed, as long as nobody is in the way. What of it
  /// stays, in a sentence; empty: nothing. Throws Error where the database does not answer.
  virtual std::string clear_away(Connection& connection, std::string_view sql) const = 0;
  /// The names of those of the current schema.
  virtual std::set<std::string> unfinished_indexes(Connection& connection) const = 0;
};

}  // namespace metaxy::migrate
