#pragma once
// A transaction that rolls back unless it was committed.

#include "dialect/connection.hpp"

namespace metaxy::migrate {

class Transaction {
 public:
  /// The connection must outlive it. Throws what Connection::begin throws.
  explicit Transaction(Connection& connection, const TransactionHints& hints = {}) : connection_(connection) {
    connection_.begin(hints);
  }
  ~Transaction() {
    if (!is_done_) {
      connection_.rollback();
    }
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit() {
    connection_.commit();
    is_done_ = true;
  }

 private:
  Connection& connection_;
  bool is_done_ = false;
};

}  // namespace metaxy::migrate
