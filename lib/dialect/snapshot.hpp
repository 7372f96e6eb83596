#pragma once
// Several queries that must see the database at one moment.

#include "dialect/connection.hpp"

namespace metaxy::migrate {

/// One snapshot for all queries while it lives: the caller's transaction, or one of its own that writes
/// nothing.
class Snapshot {
 public:
  explicit Snapshot(Connection& connection)
      : connection_(connection), is_own_(!connection.is_in_transaction()) {
    if (is_own_) connection_.begin_read();
  }
  ~Snapshot() {
    if (is_own_) connection_.rollback();
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Connection& connection_;
  bool is_own_;
};

}  // namespace metaxy::migrate
