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
  /// Fills in who, when and the sequence number.
  void write(LogRow row);
  void delete_all_rows();
  /// From now on the database is bound to the actor's environment.
  void write_rebind();

  /// The sequence after a rollback of rows that were written.
  std::int64_t next_sequence() const { return next_sequence_; }
  void rewind(std::int64_t sequence) { next_sequence_ = sequence; }

 private:
  void expect_one(std::int64_t changed, const std::string& what) const;

  Connection& connection_;
  const StateSql& sql_;
  const Clock& clock_;
  Actor actor_;
  std::int64_t next_sequence_;
};

}  // namespace metaxy::migrate
