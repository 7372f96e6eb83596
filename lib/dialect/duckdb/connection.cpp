#include "dialect/duckdb/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "base/error.hpp"
#include "base/stop_signals.hpp"
#include "base/text.hpp"
#include "dialect/duckdb/database.hpp"
#include "dialect/duckdb/quoting.hpp"
#include "dialect/duckdb/result.hpp"
#include "dialect/duckdb/shell.hpp"
#include "dialect/duckdb/small_statements.hpp"
#include "dialect/duckdb/view_watch.hpp"
#include "sql/first_word.hpp"

namespace metaxy::migrate::duckdb {
namespace {

constexpr std::string_view kHealedBy =
    "if the database does not open again, 'metaxy-migrate recover' heals it";

class DuckdbConnection final : public Connection {
 public:
  DuckdbConnection(std::shared_ptr<Database> database, const Target& target)
      : database_(std::move(database)),
        library_(library()),
        view_watch_(
            [this](std::string_view sql) { return query(sql, {}); },
            [this](const std::vector<std::string>& statements) { return why_not_before(statements); },
            [this](const std::vector<std::string>& statements) { return why_not(handle_, statements); }) {
    if (library_.connect(database_->handle(), &handle_) == DuckDBError) {
      throw Error(ErrorKind::failure, fmt::format("database '{}' accepts no connection", database_->path()));
    }
    run("SET TimeZone = 'UTC'");
    load_extensions(target);
  }

  ~DuckdbConnection() override {
    rollback();
    library_.disconnect(&handle_);
  }
  DuckdbConnection(const DuckdbConnection&) = delete;
  DuckdbConnection& operator=(const DuckdbConnection&) = delete;

  std::int64_t execute(std::string_view sql, std::span<const Cell> parameters) override {
    // Statements with parameters are ours: a row of the log, a row of the version table.
    use_effort(parameters.empty() && !small_statements_.take(sql));
    const bool is_risky = is_risky_in_log(sql);
    has_risky_statement_ |= is_risky;
    if (!home_ && parameters.empty() && may_leave_home(sql)) home_ = search_path();
    if (parameters.empty()) view_watch_.note(sql);
    if (!is_risky || is_in_transaction_) return run(sql, parameters);
    // In autocommit the statement commits itself.
    std::int64_t changed = 0;
    {
      const ForcedCheckpoint forced(*this);
      changed = run(sql, parameters);
    }
    clear_log_soon();
    return changed;
  }

  std::vector<Row> query(std::string_view sql, std::span<const Cell> parameters) override {
    use_optimizer(true);
    try {
      return rows_of(library_, handle_, sql, parameters);
    } catch (const StatementFailed&) {
      has_failed_ = is_in_transaction_;
      throw;
    }
  }

  void begin(const TransactionHints&) override { start("BEGIN TRANSACTION"); }
  void begin_read() override { start("BEGIN TRANSACTION READ ONLY"); }

  void commit() override {
    const Uninterrupted uninterrupted(*this);
    if (has_failed_) {
      // DuckDB's own COMMIT would report success and roll back (dialect facts: matrix, 4.9).
      rollback();
      throw Error(ErrorKind::failure, "a statement of the transaction failed, so it was rolled back");
    }
    require_views();
    if (!has_risky_statement_) {
      finish("COMMIT");
      return;
    }
    {
      const ForcedCheckpoint forced(*this);
      finish("COMMIT");
    }
    clear_log_soon();
  }

  void rollback() noexcept override {
    if (!is_in_transaction_) return;
    const Uninterrupted uninterrupted(*this);
    is_in_transaction_ = false;
    duckdb_result result{};
    library_.query(handle_, "ROLLBACK", &result);
    library_.destroy_result(&result);
  }

  bool is_in_transaction() const override { return is_in_transaction_; }

  void come_home() override {
    if (home_) go_back(*home_);
  }
  /// A rollback leaves the search path as it is.
  std::string visit_home() override {
    if (!home_) return {};
    std::string place = search_path();
    if (place == *home_) return {};
    come_home();
    return place;
  }
  void go_back(const std::string& place) override {
    run(fmt::format("SET search_path = {}", literal(place)));
  }

  void finish_run() override {
    const Uninterrupted uninterrupted(*this);
    if (is_log_to_clear_) clear_log();
    if (!has_file() || wal_size(database_->path()) == 0) return;
    checkpoint(
        "the changes are committed, but the write-ahead log could not be written into the database file");
  }

  void lock(std::string_view, std::chrono::milliseconds,
            const std::function<void(const std::string&)>&) override {
    // Opening the file took it.
  }

  void interrupt() noexcept override {
    const std::lock_guard<std::mutex> lock(interrupt_mutex_);
    if (!is_uninterrupted_) library_.interrupt(handle_);
  }

  std::optional<double> progress() noexcept override {
    const double percentage = library_.query_progress(handle_).percentage;
    if (percentage < 0) return std::nullopt;
    return std::min(percentage, 100.0);
  }

  std::string server_version() override { return library_.version; }

  const Database& database() const { return *database_; }

 private:
  /// While it lives, a commit writes its changes into the file at once and leaves no record in the log. Set
  /// around the commit only, since it makes every commit pay for a checkpoint (decision 11).
  class ForcedCheckpoint {
   public:
    explicit ForcedCheckpoint(DuckdbConnection& connection) : connection_(connection) {
      connection_.run("SET checkpoint_threshold = '0b'");
    }
    ~ForcedCheckpoint() {
      duckdb_result result{};
      connection_.library_.query(connection_.handle_, "RESET checkpoint_threshold", &result);
      connection_.library_.destroy_result(&result);
    }
    ForcedCheckpoint(const ForcedCheckpoint&) = delete;
    ForcedCheckpoint& operator=(const ForcedCheckpoint&) = delete;

   private:
    DuckdbConnection& connection_;
  };

  /// While it lives, interrupts are passed over: DuckDB answers a COMMIT with "interrupted" though the
  /// transaction is committed.
  class Uninterrupted {
   public:
    explicit Uninterrupted(DuckdbConnection& connection)
        : connection_(connection), previous_(connection.set_uninterrupted(true)) {}
    ~Uninterrupted() { connection_.set_uninterrupted(previous_); }
    Uninterrupted(const Uninterrupted&) = delete;
    Uninterrupted& operator=(const Uninterrupted&) = delete;

   private:
    DuckdbConnection& connection_;
    bool previous_;
  };

  /// What it was before.
  bool set_uninterrupted(bool value) {
    const std::lock_guard<std::mutex> lock(interrupt_mutex_);
    return std::exchange(is_uninterrupted_, value);
  }

  static bool may_leave_home(std::string_view sql) {
    constexpr std::array<std::string_view, 4> kVerbs = {"USE", "SET", "RESET", "PRAGMA"};
    const std::string_view verb = first_word(sql, splitter_options());
    return std::any_of(kVerbs.begin(), kVerbs.end(),
                       [verb](std::string_view one) { return equal_ignoring_case(verb, one); });
  }

  std::string search_path() {
    return query("SELECT current_setting('search_path')", {}).at(0).at(0).value_or("");
  }

  void require_views() {
    std::vector<std::string> broken;
    try {
      broken = view_watch_.broken();
    } catch (const Error&) {
      rollback();
      throw;
    }
    if (broken.empty()) return;
    rollback();
    throw Error(
        ErrorKind::failure, "views would no longer work; the transaction was rolled back",
        {.where = {},
         .hint = "change or drop them in the script, or by hand before; where a later script does it, "
                 "`--transaction all` runs both in one transaction",
         .notes = std::move(broken)});
  }

  std::vector<std::string> why_not(duckdb_connection connection, const std::vector<std::string>& statements) {
    std::vector<std::string> reasons;
    reasons.reserve(statements.size());
    for (const std::string& sql : statements) reasons.push_back(why_not_prepared(library_, connection, sql));
    return reasons;
  }

  /// Another connection sees what is committed. It is gone before the COMMIT, whose checkpoint it would stop.
  std::vector<std::string> why_not_before(const std::vector<std::string>& statements) {
    if (statements.empty()) return {};
    duckdb_connection other = nullptr;
    if (library_.connect(database_->handle(), &other) == DuckDBError) {
      throw Error(ErrorKind::failure, fmt::format("database '{}' accepts no connection", database_->path()));
    }
    std::vector<std::string> reasons = why_not(other, statements);
    library_.disconnect(&other);
    return reasons;
  }

  bool has_file() const { return !database_->path().empty() && database_->access() == Access::read_write; }

  /// Threads, optimizer and progress are for statements that work on rows. For others they are most of the
  /// costs, and a run may consist of others alone; once one works on rows, all are treated like it.
  void use_effort(bool is_needed) {
    if (has_full_effort_ || (is_in_transaction_ && has_failed_)) return;
    use_optimizer(is_needed);
    if (!is_needed) return;
    has_full_effort_ = true;
    if (database_->has_one_thread()) {
      const StopSignalsBlocked blocked;
      run("RESET threads");
    }
    run("SET enable_progress_bar = true");
    run("SET enable_progress_bar_print = false");
  }

  void use_optimizer(bool is_wanted) {
    if (has_optimizer_ == is_wanted || (is_in_transaction_ && has_failed_)) return;
    has_optimizer_ = is_wanted;
    run(is_wanted ? "PRAGMA enable_optimizer" : "PRAGMA disable_optimizer");
  }

  void load_extensions(const Target& target) {
    for (const Target::Extension& extension : target.extensions) {
      const std::string name = in_double_quotes(extension.name);
      const std::string from =
          extension.repository.empty() ? "" : " FROM " + in_double_quotes(extension.repository);
      run(fmt::format("INSTALL {}{}", name, from));
      run(fmt::format("LOAD {}", name));
      for (const std::string& sql : extension.init_sql) run(sql);
    }
  }

  static std::string in_double_quotes(std::string_view name) {
    return fmt::format("\"{}\"", replace_all(std::string(name), "\"", "\"\""));
  }

  /// Remembers a failure: a transaction that saw one must not be committed.
  std::int64_t run(std::string_view sql, std::span<const Cell> parameters = {}) {
    try {
      return run_statement(library_, handle_, sql, parameters);
    } catch (const StatementFailed&) {
      has_failed_ = is_in_transaction_;
      throw;
    }
  }

  void start(std::string_view sql) {
    if (is_log_to_clear_) clear_log();
    run(sql);
    is_in_transaction_ = true;
    has_failed_ = false;
    has_risky_statement_ = false;
    view_watch_.begin();
  }

  /// Ends the transaction whatever comes; a COMMIT that fails has rolled back.
  void finish(std::string_view sql) {
    try {
      run(sql);
      is_in_transaction_ = false;
    } catch (const StatementFailed&) {
      rollback();
      throw;
    }
  }

  /// What is committed must not look as if it were not: the next transaction and the end of the run throw
  /// what is in the way of clearing the log.
  void clear_log_soon() {
    has_risky_statement_ = false;
    is_log_to_clear_ = has_file() && wal_size(database_->path()) != 0;
  }

  /// After a forced checkpoint nothing may be left in the log; a reader in this process stops the checkpoint
  /// silently.
  void clear_log() {
    const Uninterrupted uninterrupted(*this);
    if (wal_size(database_->path()) != 0) {
      checkpoint("the change is committed, but its record in the write-ahead log could not be cleared");
    }
    if (wal_size(database_->path()) != 0) {
      throw Error(
          ErrorKind::failure,
          fmt::format("the change is committed, but '{}.wal' still holds its record", database_->path()),
          {.where = {}, .hint = std::string(kHealedBy), .notes = {}});
    }
    is_log_to_clear_ = false;
  }

  void checkpoint(std::string_view otherwise) {
    try {
      run("CHECKPOINT");
    } catch (const StatementFailed& failure) {
      throw Error(ErrorKind::failure, std::string(otherwise),
                  {.where = {}, .hint = std::string(kHealedBy), .notes = {failure.what()}});
    }
  }

  std::shared_ptr<Database> database_;
  const Library& library_;
  duckdb_connection handle_ = nullptr;
  bool is_in_transaction_ = false;
  bool has_failed_ = false;
  bool has_risky_statement_ = false;
  bool is_log_to_clear_ = false;
  std::mutex interrupt_mutex_;
  bool is_uninterrupted_ = false;
  SmallStatements small_statements_;
  ViewWatch view_watch_;
  bool has_full_effort_ = false;
  /// The search path before the first statement that may change it.
  std::optional<std::string> home_;
  bool has_optimizer_ = true;
};

}  // namespace

std::unique_ptr<Connection> connect(const Target& target, const ConnectOptions& options) {
  return std::make_unique<DuckdbConnection>(open_database(target, options), target);
}

}  // namespace metaxy::migrate::duckdb
