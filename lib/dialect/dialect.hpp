#pragma once
// Everything the tool knows about one kind of database: names, types, canonical texts, how a change is
// written, what is in the catalog, how to connect. All but `connect`, `reflect` and the file operations work
// without a database and without its library (decision 18).

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "dialect/connection.hpp"
#include "diff/operation.hpp"
#include "schema/logical_type.hpp"
#include "schema/schema.hpp"
#include "sql/splitter.hpp"
#include "sql/statement.hpp"

namespace metaxy::migrate {

/// What statements about our own tables are made of where databases differ (dialect/state_sql.hpp).
struct StateWords {
  /// Hidden column whose order is that of insertion; empty: the database has none.
  std::string_view row_order = "rowid";
  /// The time in UTC, in the type that the dialect gives to a timestamp without zone.
  std::string_view utc_now = "make_timestamp(epoch_us(now()))";
  /// The database's user; NULL where it knows none.
  std::string_view current_user = "current_user";
  /// A query for the names of the current schema's tables, in a column `name`.
  std::string_view table_names =
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()";
  /// An expression that fails with the text that stands for `$`.
  std::string_view failure = "error($)";
  /// A query for the longest text that a column takes, NULL where nothing limits it: the table's quoted name
  /// as a literal stands for `$1`, the column's name as one for `$2`. Empty: the database enforces no length.
  std::string_view column_limit{};
};

/// What a database can do; tests and the runner ask this instead of the dialect's name.
struct Capabilities {
  bool has_transactional_ddl = true;
  /// Whole run in one transaction by default (SQLite), else one per revision.
  bool prefers_one_transaction = false;
  /// A run's lock is its transactions (SQLite): between two of them another run may write.
  bool locks_by_transaction = false;
  bool has_comments = false;
  bool has_schemas = false;
  bool has_structs = false;
  bool has_named_constraints = false;
  bool has_partial_indexes = false;
  bool has_expression_indexes = false;
  bool has_foreign_key_actions = false;
  bool has_stored_generated_columns = false;
  /// Whether names that differ only in case are different names.
  bool has_case_sensitive_names = false;
  /// The database is one file, which is backed up before risky runs and may need `recover`.
  bool is_file = false;
  /// Longest identifier in bytes; 0: no limit.
  std::size_t max_identifier_bytes = 0;
  StateWords state;
};

/// What a column is for, where Metaxy accepts different alternatives (metaxy contract, E4).
enum class ColumnRole {
  ordinary,          ///< A user's column or a system table's.
  by_field,          ///< metaxy_provenance_by_field, metaxy_data_version_by_field.
  system_text,       ///< metaxy_provenance, ..._version, metaxy_materialization_id.
  system_timestamp,  ///< metaxy_created_at, metaxy_updated_at, metaxy_deleted_at.
};

/// Whether a live type may stand where another is wanted.
struct Acceptance {
  enum class Verdict { same, accepted, accepted_with_warning, different };
  Verdict verdict = Verdict::different;
  /// For a warning or a difference that breaks Metaxy: what will not work.
  std::string note;
};

/// Where a database is. Nothing here is printed unmasked.
struct Target {
  /// DuckDB, SQLite: path as configured, or ":memory:". PostgreSQL: connection URL.
  Secret location;
  /// Settings to apply after connecting, by name (Metaxy's `config`).
  std::vector<std::pair<std::string, std::string>> settings;
  /// Role to act as after connecting; empty: the user's own.
  std::string role{};
  /// File whose first line is the password; empty: none.
  std::string password_file{};
  /// DuckDB extensions to load, with their init statements; only when the user allows it (decision 17).
  struct Extension {
    std::string name;
    std::string repository;
    std::vector<std::string> init_sql;
  };
  std::vector<Extension> extensions;
};

struct ConnectOptions {
  Access access = Access::read_only;
  /// Create a missing database file.
  bool may_create = false;
  /// Longest wait for another process that holds the database.
  std::chrono::milliseconds lock_wait{30000};
  /// Longest wait for a server that is not there yet.
  std::chrono::milliseconds connect_wait{0};
  /// Longest wait of one statement for others' locks, and longest time of one; zero: no limit. Where the
  /// database has such settings.
  std::chrono::milliseconds lock_timeout{0};
  std::chrono::milliseconds statement_timeout{0};
  /// Called about once a second while waiting, with who holds it ("pid 4517 (python3.11)").
  std::function<void(const std::string& holder)> waiting;
};

/// How tables are found by reflection.
struct ReflectScope {
  /// Empty: the connection's current schema.
  std::string schema;
};

/// A view, which is never altered.
struct View {
  TableName name;
  std::string sql;
  /// What it reads where the database then keeps that from changing: tables ("t") and columns ("t.c").
  std::set<std::string> uses{};
};

/// What is in the database, in canonical form.
struct Reflected {
  Schema schema;
  std::vector<View> views;
  /// Parts that could not be compared, one sentence each ("check of t: expression not understood").
  std::vector<std::string> not_compared;
};

/// How changes are written.
struct RenderOptions {
  /// Build indexes and validate constraints without blocking writers where the database can.
  bool is_online = true;
  /// Rights on new tables, each as "SELECT, INSERT TO role".
  std::vector<std::string> grants{};
};

class FileDatabase;
class Shell;

class ScratchDatabase {
 public:
  virtual ~ScratchDatabase() = default;
  virtual Connection& connection() = 0;
};

class Dialect {
 public:
  virtual ~Dialect() = default;

  /// "duckdb", "sqlite", "postgresql": as scripts write it.
  virtual std::string_view name() const = 0;
  virtual const Capabilities& capabilities() const = 0;
  virtual const SplitterOptions& splitter_options() const = 0;

  /// Identifier and string literal, always quoted.
  virtual std::string quoted(std::string_view identifier) const = 0;
  virtual std::string literal(std::string_view text) const = 0;

  /// The recommended type for a model's column (contract F1) and for Metaxy's own columns (contract E4, D1).
  virtual Type column_type(const LogicalType& type) const = 0;
  virtual Type by_field_type(const std::vector<std::string>& members, bool is_map) const = 0;
  /// A type as people write it in an override ("decimal(10,2)", "int8[]") in canonical spelling; throws
  /// Error(configuration).
  virtual Type canonical_type(const Type& type) const = 0;
  /// The schema as this database will report it after creation; text rules only (decision 3). Drops what the
  /// database cannot hold (comments in SQLite).
  virtual Schema canonical(const Schema& schema) const = 0;
  /// May `live` stand where `wanted` is wanted (contract E4, F1)? Both canonical.
  virtual Acceptance acceptance(ColumnRole role, const Type& wanted, const Type& live) const = 0;

  /// The statements that lead from `before` to `after` by `operations` (as `diff` gives them), each with its
  /// summary as a comment and a `destructive: ...` comment where data is lost. Rebuilds tables where the
  /// database cannot alter them, all changes of one table in one rebuild, keeping rows, keys, indexes,
  /// triggers and comments. All of it can run in one transaction unless the database cannot (then grouped in
  /// several sections). An `adopt: table` comment is not its business.
  virtual std::vector<std::vector<Statement>> render(const Schema& before, const Schema& after,
                                                     std::span<const Operation> operations,
                                                     const RenderOptions& options) const = 0;

  /// Why a downgrade leaves out an operation that would undo another, where the database has no way to;
  /// empty: it does not.
  virtual std::string reason_to_keep(const Operation& /*undo*/) const { return {}; }

  /// The table ("t") or column ("t.c") of which the operation takes something that the database refuses to
  /// take while a view uses it (View::uses); empty: nothing.
  virtual std::string taken_from_views(const Operation& /*operation*/) const { return {}; }

  /// Whether the database takes the statement inside a transaction; what it does not is a section of its own
  /// (`transaction=off`).
  virtual bool runs_in_transaction(std::string_view /*sql*/) const { return true; }

  /// Whether a statement that ran outside a transaction and was cut off took effect, as the database tells;
  /// nullopt where nothing tells.
  virtual std::optional<bool> has_taken_effect(Connection& /*connection*/, std::string_view /*sql*/) const {
    return std::nullopt;
  }

  /// Whether Dialect::render would rebuild tables (copy all rows) for these operations; which ones.
  virtual std::vector<TableName> rebuilt_tables(const Schema& before, const Schema& after,
                                                std::span<const Operation> operations) const = 0;

  /// Throws Error(failure|lock|configuration) in words for people: file missing, not a database, held by
  /// another process (who), needs `recover`, no permission, disk full.
  virtual std::unique_ptr<Connection> connect(const Target& target, const ConnectOptions& options) const = 0;

  /// An empty database for trying scripts out, which goes with the object: of its own, so that nothing that a
  /// script does reaches the one of the target. Throws Error, also where the target's user may not make one.
  /// nullptr where a location ":memory:" is such a database.
  virtual std::unique_ptr<ScratchDatabase> make_scratch(const Target& /*target*/,
                                                        const ConnectOptions& /*options*/) const {
    return nullptr;
  }

  /// All tables of the scope in a constant number of queries, inside one snapshot.
  virtual Reflected reflect(Connection& connection, const ReflectScope& scope) const = 0;

  /// For `--sql` (dialect/shell.hpp); nullptr where that is not to be had.
  virtual const Shell* shell() const { return nullptr; }

  /// The dialect's file operations; nullptr where the database is not a file.
  virtual const FileDatabase* files() const { return nullptr; }
};

/// The file holds all its data but opens only after FileDatabase::recover.
class NeedsRecovery : public Error {
 public:
  using Error::Error;
};

/// What dialects of one file each can do with it (Capabilities::is_file).
class FileDatabase {
 public:
  virtual ~FileDatabase() = default;
  /// Whether the file is one of this database's, by its magic bytes; never opens it through the library.
  virtual bool owns(const std::string& path) const = 0;
  /// A consistent copy of the open database at `to`, synced to disk, while the connection keeps its lock
  /// (decision 12).
  virtual void back_up(Connection& connection, const std::string& from, const std::string& to) const = 0;
  /// Makes the open database hold what the file `backup` does, and `kept` what it held: in one transaction,
  /// so that other processes that have it open see it, and so that a kill leaves the one or the other. False,
  /// with nothing done, where that cannot be, and the file itself is to be replaced. Throws Error.
  virtual bool put_back(Connection& connection, const std::string& backup, const std::string& kept) const {
    static_cast<void>(connection), static_cast<void>(backup), static_cast<void>(kept);
    return false;
  }
  /// Side files that belong to the database (`.wal`, `-journal`): must not outlive a replaced main file.
  virtual std::vector<std::string> side_files(const std::string& path) const = 0;
  /// Heals a file that no longer opens; returns what was done in a sentence. Throws Error when it cannot or
  /// need not.
  virtual std::string recover(const std::string& path) const = 0;
};

}  // namespace metaxy::migrate
