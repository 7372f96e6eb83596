#pragma once
// Writes the state: version rows and log rows. Every change of a version row must hit exactly the rows it
// expects, else somebody else ran and the transaction is given up.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "dialect/state_sql.hpp"
#include "revision/traversal.hpp"
#include "run/state.hpp"

namespace metaxy::migrate {

/// Who runs, for the log.
struct Actor {
  Binding binding;
  std::string tool_version;
  std::string user;
  std::string host;
};

class Journal {
 public:
  /// All references must outlive the journal.
  Journal(Connection& connection, const StateSql& sql, const Clock& clock, Actor actor,
          std::int64_t next_sequence);

  /// Creates both tables where they are missing. Belongs into the first transaction of a run.
  void create_tables();
  /// Throws Error(integrity) when a row is not as expected; the caller rolls back.
  void change_rows(std::span<const RowChange> changes);
  /// The rows as they are now, sorted.
  std::vector<std::string> sorted_rows();
  /// Whether another run of this project and part wrote to the log behind our newest row. Rows of others only
  /// move the numbers on. The log must be there, and nothing wait in write_later().
  bool is_overtaken();
  /// Fills in who, when and the sequence number. Writes what is left from write_later() before it.
  void write(LogRow row);
  /// The same, at the latest by flush(), which must come before the transaction is committed: after each
  /// change of the catalog a database would plan the statement anew.
  void write_later(LogRow row);
  void flush();
  void delete_all_rows();
  /// From now on the database is bound to the actor's environment.
  void write_rebind();

  std::int64_t next_sequence() const { return next_sequence_; }
  /// After a rollback, to the sequence that was next when its transaction began.
  void rewind(std::int64_t sequence);

 private:
  void expect_one(std::int64_t changed, const std::string& what) const;

  Connection& connection_;
  const StateSql& sql_;
  const Clock& clock_;
  Actor actor_;
  std::int64_t next_sequence_;
  std::vector<std::vector<Cell>> later_;
  /// Bytes of the script texts in them.
  std::size_t later_size_ = 0;
};

}  // namespace metaxy::migrate
