#pragma once
// One of the four doors for I/O: a database connection. Vendor exceptions stop behind it; everything throws
// Error or StatementFailed with the database's own words and no secret in them. Not thread-safe, but for
// `interrupt`.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/table.hpp"
#include "sql/statement.hpp"

namespace metaxy::migrate {

/// A value on its way in or out, as text; nullopt is NULL.
using Cell = std::optional<std::string>;
using Row = std::vector<Cell>;

/// Where rows are added, and how that is written.
struct RowTarget {
  /// Raw, in the connection's current schema.
  std::string table;
  /// Raw, in the order of the cells.
  std::vector<std::string> columns;
  /// The INSERT of one row, with `?` for each cell.
  std::string insert;
};

/// What is wrong with a database besides its tables, for the application or for migrations.
struct ServerFault {
  /// Metaxy's own reads or writes fail; otherwise only migrations are hindered.
  bool stops_metaxy = false;
  std::string message;
  std::string fix;
};

enum class Access { read_only, read_write };

/// What the runner knows of a transaction before it begins; a dialect prepares what must be set outside of
/// it.
struct TransactionHints {
  /// SQLite: leave foreign keys enforced (`-- migrate: upgrade foreign_keys=on`).
  bool has_foreign_keys_on = false;
};

class Connection {
 public:
  virtual ~Connection() = default;

  /// Runs exactly one statement and drops its rows. Returns the rows it changed where the database says, else
  /// 0. Throws StatementFailed; an open transaction is then to be rolled back by the caller, never committed.
  virtual std::int64_t execute(std::string_view sql, std::span<const Cell> parameters = {}) = 0;
  /// Adds a row, as `target.insert` does, in the quickest way there is: planning such a statement may cost
  /// many times what the row does.
  virtual void append(const RowTarget& target, std::span<const Cell> cells) { execute(target.insert, cells); }
  /// As `execute`, but inside a transaction it may return before the statement has run. Statements run in the
  /// order in which they are handed over; what goes wrong is thrown by a later call, at the latest by
  /// `settle`, which comes before anything else is asked of the connection. `number` is the caller's.
  virtual void execute_soon(std::string_view sql, std::size_t /*number*/) { execute(sql); }
  /// Waits for all statements that were handed over.
  virtual void settle() {}
  /// The number of the oldest statement that was not answered; after a failure it is the one that failed.
  virtual std::optional<std::size_t> unsettled() const { return std::nullopt; }
  /// Runs one statement and returns all its rows, as text. Parameters are written `?` in every dialect.
  virtual std::vector<Row> query(std::string_view sql, std::span<const Cell> parameters = {}) = 0;

  /// Opens a transaction for writing. Where the database locks by it (SQLite), waits up to the connection's
  /// lock wait, then throws Error(lock) that says who holds it.
  virtual void begin(const TransactionHints& hints) = 0;
  /// Opens a transaction that sees one snapshot and writes nothing.
  virtual void begin_read() = 0;
  /// Throws Error when the database did not commit, or when nobody can tell: the message says which. What
  /// goes wrong after it has committed is thrown by the next `begin`, or by `finish_run`.
  virtual void commit() = 0;
  /// Never throws. Without an open transaction it does nothing.
  virtual void rollback() noexcept = 0;
  virtual bool is_in_transaction() const = 0;

  /// From now on names without a schema mean what they meant when the connection was opened, whatever `USE`
  /// and `SET search_path` have said since.
  virtual void come_home() {}
  /// The same until the open transaction has ended; what must be handed to `go_back` then, empty for nothing.
  virtual std::string visit_home() { return {}; }
  virtual void go_back(const std::string& /*place*/) {}

  /// Called once after the last transaction of a run that changed something (DuckDB: one CHECKPOINT). Throws
  /// Error.
  virtual void finish_run() = 0;

  /// Takes the lock that keeps other runs of ours away until the connection closes, where opening did not
  /// take it already. Waits up to `wait`, calling `waiting(holder)` about once a second; throws Error(lock).
  virtual void lock(std::string_view key, std::chrono::milliseconds wait,
                    const std::function<void(const std::string& holder)>& waiting) = 0;

  /// Who holds what `lock(key)` would take, for those who only look; empty: nobody, as far as can be seen.
  virtual std::string holder(std::string_view /*key*/) { return {}; }

  /// Stops the statement that runs now in another thread or below a signal handler's thread; it then fails.
  virtual void interrupt() noexcept = 0;
  /// 0..100 of the statement that runs now, where the database tells; may be called from another thread.
  virtual std::optional<double> progress() noexcept = 0;
  /// Whether the failure of the last statement was one of the moment (somebody else's lock, a deadlock), so
  /// that its whole transaction may be tried again.
  virtual bool may_retry() const { return false; }
  /// Rights of the role, a server that only reads, a pooler in between: what the catalog cannot show.
  /// `tables` are those that Metaxy uses and that are there.
  virtual std::vector<ServerFault> faults(const std::vector<TableName>& /*tables*/) { return {}; }
  /// "1.5.6"
  virtual std::string server_version() = 0;
};

}  // namespace metaxy::migrate
