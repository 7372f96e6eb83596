#pragma once
// The SQL of the two tables that hold the state of an environment in its database: the version table (one row
// a current head, Alembic's shape) and the append-only log (product reference 5; decisions 4, 5, 8, 24, 26).
// One place for all dialects.

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/connection.hpp"
#include "dialect/dialect.hpp"

namespace metaxy::migrate {

/// Of the log's rows; a binary refuses a log with a greater number (decision 26).
inline constexpr int kLogFormat = 1;
/// Longest script text that a log row keeps, in bytes; a longer one is logged without its text.
inline constexpr std::size_t kMaxLoggedScript = std::size_t{1} << 20U;

/// What a log row says. Values are written as text; see `LogRow::outcome`.
struct LogRow {
  int format = kLogFormat;
  /// Order of the rows; given by the writer: one more than the greatest in the table.
  std::int64_t sequence = 0;
  std::string project;
  std::string environment;
  /// "all", "metaxy_system", "metaxy_features".
  std::string part;
  /// UTC, `2026-11-22 13:05:00.123456`.
  std::string at;
  /// "upgrade", "downgrade", "undo" (of a partly applied upgrade), "stamp", "accept_edit", "rebind",
  /// "adopt_drift".
  std::string action;
  /// Empty for stamps of several and for rebind.
  std::string revision;
  std::string message;
  /// Parents as the script's header has them, joined by ','.
  std::string down_revision;
  /// Of the script; while its upgrade or downgrade is under way, that direction's holds the done statements
  /// only.
  std::string upgrade_checksum;
  std::string downgrade_checksum;
  /// The script file's whole text; nullopt when longer than kMaxLoggedScript or when there is none.
  std::optional<std::string> script;
  /// "started" (a statement of a section without transaction is about to run), "statement" (it is done),
  /// "section" (a section that is not the last is done), "done" (the revision is applied or undone, version
  /// rows changed in the same transaction), "failed", "skipped" (a statement, by hand), "adopted" (a
  /// statement, since what it makes was there: `error` names that).
  std::string outcome;
  /// Index of the section among those of its direction, from 0; -1 where it means nothing.
  std::int64_t section = -1;
  /// Index of the statement in its section, from 0; -1 where it means nothing.
  std::int64_t statement = -1;
  /// Statements run; for "done" of the whole revision.
  std::int64_t statements = 0;
  std::int64_t duration_ms = 0;
  /// The failing statement and the database's words, or the reason given by a person.
  std::string failed_sql;
  std::string error;
  std::string tool_version;
  std::string user;
  std::string host;
  /// "online" or "offline".
  std::string mode = "online";
};

/// Builds the statements; table names are raw. Holds a reference to the dialect, which lives as long as the
/// process.
class StateSql {
 public:
  StateSql(const Dialect& dialect, std::string version_table, std::string log_table);

  const std::string& version_table() const { return version_table_; }
  const std::string& log_table() const { return log_table_; }

  /// CREATE TABLE IF NOT EXISTS, without `;`.
  std::string create_version_table() const;
  std::string create_log_table() const;

  /// Rows `version_num`, in physical order where the database has one, else sorted.
  std::string select_versions() const;
  /// Each takes its values as `?` parameters: (id), (id), (new, old).
  std::string insert_version() const;
  std::string delete_version() const;
  std::string update_version() const;
  /// The same with literals, for offline SQL.
  std::string insert_version(std::string_view id) const;
  std::string delete_version(std::string_view id) const;
  std::string update_version(std::string_view from, std::string_view to) const;
  /// DELETE of all rows (`stamp --purge`).
  std::string delete_all_versions() const;

  /// Takes the cells of `log_parameters(row)`.
  const RowTarget& log_target() const { return log_target_; }
  static std::vector<Cell> log_parameters(const LogRow& row);
  /// With literals; `at`, user and sequence are the database's own (decision 24).
  std::string insert_log_offline(const LogRow& row) const;
  /// All rows in order of `sequence`, without script texts: they may be many megabytes.
  std::string select_log() const;
  /// The same of the rows with this number and greater ones. Looks at every row: no index helps it.
  std::string select_log_from(std::int64_t sequence) const;
  /// The number of the row that was inserted last, at once where the database has an order of rows.
  std::string select_newest_sequence() const;
  /// Reads one row of `select_log`.
  static LogRow log_row_from(const Row& row);
  /// The script text of a row, by `?` sequence.
  std::string select_log_script() const;
  /// Sequence and text of the rows whose scripts speak of a dependency, of a project and its part (`?`, `?`).
  std::string select_dependent_scripts() const;

  /// Scripts that other projects (than `?`) applied, took over, stamped or undid, in order: sequence,
  /// project, action, text.
  std::string select_scripts_of_others() const;

  /// Rows with the names of the two tables, those that there are in the connection's current schema, in
  /// lower case.
  std::string select_state_tables() const;
  /// Rows with the other schemas of the search path that have a log, and the current one; empty: the
  /// database has no schemas.
  std::string select_logs_elsewhere() const;
  /// The environments that the log in a schema knows of a project and its part (`?`, `?`).
  std::string select_environments(const std::string& schema) const;
  /// Rows with the names of the tables whose names begin as those of Alembic's version tables do.
  std::string select_alembic_tables() const;
  /// One row with the longest id that the version table takes, if anything limits it; empty where the
  /// database enforces no length. Alembic makes the column VARCHAR(32).
  std::string select_version_limit() const;
  /// ALTER TABLE that takes the limit away.
  std::string widen_version() const;
  /// `SELECT` that fails in the database unless the version table holds exactly these rows: the guard of
  /// offline SQL (decision 24).
  std::vector<std::string> guard(std::span<const std::string> rows) const;
  /// The same unless the log has just so many steps of this row's revision (for its project and part) that no
  /// end follows: sections and statements that are done of what is not done completely.
  std::string progress_guard(const LogRow& row, std::size_t steps) const;
  /// Fails when the log says that the row's revision found one of the `parts` ("t", "t.c", in lower case)
  /// there and adopted it: a downgrade must not drop that.
  std::string adopted_guard(const LogRow& row, const std::set<std::string>& parts) const;

 private:
  std::string failing_if(const std::string& condition, const std::string& message) const;

  const Dialect& dialect_;
  std::string version_table_;
  std::string log_table_;
  /// `INSERT INTO log (columns) VALUES (`, and the expression of the next sequence: offline SQL has
  /// thousands.
  RowTarget log_target_;
  std::string insert_log_start_;
  std::string next_sequence_;
};

}  // namespace metaxy::migrate
