// The driver: with alter_settings.cpp the only file of this folder that knows SQLiteCpp and SQLite's C API.
// The C API does what SQLiteCpp has no words for: statements cut at their own length with a check that
// nothing follows, a busy handler that reports, the authorizer that tells which tables a statement touches.

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "dialect/sqlite/alter_settings.hpp"
#include "dialect/sqlite/cascade.hpp"
#include "dialect/sqlite/catalog_queries.hpp"
#include "dialect/sqlite/driver.hpp"
#include "dialect/sqlite/foreign_key_watch.hpp"
#include "dialect/sqlite/guard.hpp"
#include "dialect/sqlite/lock_holder.hpp"
#include "dialect/sqlite/view_watch.hpp"

namespace metaxy::migrate::sqlite {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLongestPause{50};
constexpr std::chrono::milliseconds kFirstReport{100};
constexpr std::chrono::milliseconds kReportInterval{1000};

struct StatementDeleter {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, StatementDeleter>;

/// Bytes, as text: SQLite converts numbers.
Cell cell_of(sqlite3_stmt* statement, int column) {
  if (sqlite3_column_type(statement, column) == SQLITE_NULL) {
    return std::nullopt;
  }
  const unsigned char* text = sqlite3_column_text(statement, column);
  const int size = sqlite3_column_bytes(statement, column);
  return std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
}

class SqliteConnection final : public Connection {
 public:
  SqliteConnection(const std::string& path, int flags, const ConnectOptions& options)
      : path_(path),
        options_(options),
        database_(path, flags),
        handle_(database_.getHandle()),
        watch_([this](const std::string& sql) { return query(sql); }),
        view_watch_([this](const std::string& sql, bool takes_texts) { return why_not(sql, takes_texts); },
                    [this](std::string_view sql) { return query(sql); }) {
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_handler(handle_, &SqliteConnection::on_busy, this);
    sqlite3_set_authorizer(handle_, &SqliteConnection::on_authorize, this);
    // A script that misses a column must fail, not write the column's name into every row.
    allow_texts_in_double_quotes(handle_, false);
    guard_foreign_keys();
  }

  std::int64_t execute(std::string_view sql, std::span<const Cell> parameters) override;
  void append(const RowTarget& target, std::span<const Cell> cells) override;
  std::vector<Row> query(std::string_view sql, std::span<const Cell> parameters = {}) override;
  void begin(const TransactionHints& hints) override;
  void begin_read() override;
  void commit() override;
  void rollback() noexcept override;
  bool is_in_transaction() const override { return sqlite3_get_autocommit(handle_) == 0; }
  /// Each COMMIT has synced what it wrote.
  void finish_run() override {}
  /// BEGIN IMMEDIATE is the lock: whoever holds it is the only writer, and a killed process loses it.
  void lock(std::string_view, std::chrono::milliseconds,
            const std::function<void(const std::string&)>&) override {}
  std::string holder(std::string_view) override { return writer_of(path_); }
  void interrupt() noexcept override {
    is_interrupted_ = true;
    sqlite3_interrupt(handle_);
  }
  std::optional<double> progress() noexcept override { return std::nullopt; }
  std::string server_version() override { return sqlite3_libversion(); }

  SQLite::Database& database() { return database_; }

 private:
  static int on_busy(void* self, int attempts) noexcept {
    return static_cast<SqliteConnection*>(self)->pause(attempts) ? 1 : 0;
  }
  static int on_authorize(void* self, int action, const char* first, const char*, const char* schema,
                          const char*) noexcept {
    static_cast<SqliteConnection*>(self)->note_action(action, first, schema);
    return SQLITE_OK;
  }

  bool pause(int attempts) noexcept;
  void guard_foreign_keys() noexcept;
  void note_action(int action, const char* table, const char* schema) noexcept;
  StatementHandle prepared(std::string_view sql, std::span<const Cell> parameters);
  void bind(sqlite3_stmt* statement, std::string_view sql, std::span<const Cell> parameters);
  void check_nothing_follows(const char* tail, const char* end, std::string_view sql);
  void look_before_change(std::string_view sql);
  bool are_keys_enforced();
  std::string why_not(const std::string& sql, bool takes_texts);
  void throw_if_new(const std::vector<std::string>& faults, const std::string& headline, std::string hint);
  void run_words(StatementHandle& cache, std::string_view sql);
  bool has_foreign_keys();
  void enforce_foreign_keys(bool is_on);
  void require_undone(std::int64_t changes_before);
  [[noreturn]] void fail(int code, std::string_view sql);

  std::string path_;
  ConnectOptions options_;
  SQLite::Database database_;
  sqlite3* handle_;

  std::atomic<bool> is_interrupted_{false};
  SteadyClock::time_point wait_began_;
  SteadyClock::time_point next_report_;

  ForeignKeyWatch watch_;
  ViewWatch view_watch_;
  /// Whether the open transaction changes rows with foreign keys switched off.
  bool is_watching_ = false;
  /// What the statement that was prepared last touches, and has not been seen in this transaction.
  std::vector<std::string> fresh_tables_;
  std::set<std::string, std::less<>> seen_tables_;
  bool changes_catalog_ = false;
  std::string dropped_table_;
  std::optional<bool> has_foreign_keys_;
  std::string data_version_;

  StatementHandle begin_;
  StatementHandle commit_;
  StatementHandle read_data_version_;
  StatementHandle append_;
  std::string append_sql_;
};

/// Called by SQLite while another connection holds the lock that it needs; true: try again.
bool SqliteConnection::pause(int attempts) noexcept {
  if (is_interrupted_) {
    return false;
  }
  const SteadyClock::time_point now = SteadyClock::now();
  if (attempts == 0) {
    wait_began_ = now;
    next_report_ = now + kFirstReport;
  }
  if (now - wait_began_ >= options_.lock_wait) {
    return false;
  }
  if (now >= next_report_ && options_.waiting) {
    options_.waiting(lock_holder(path_));
    next_report_ = now + kReportInterval;
  }
  const std::chrono::milliseconds pause{1LL << std::min(attempts, 6)};
  std::this_thread::sleep_for(std::min(pause, kLongestPause));
  return true;
}

/// SQLite tells while it prepares a statement what it will do
/// (https://www.sqlite.org/c3ref/c_alter_table.html).
void SqliteConnection::note_action(int action, const char* table, const char* schema) noexcept {
  switch (action) {
    case SQLITE_ALTER_TABLE:
      // The one action whose first text is the schema. Its table comes with the updates of the catalog
      // anyway.
      changes_catalog_ = true;
      return;
    case SQLITE_DROP_TABLE:
      dropped_table_ = table == nullptr ? "" : table;
      [[fallthrough]];
    case SQLITE_CREATE_TABLE:
      changes_catalog_ = true;
      break;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
      break;
    default:
      return;
  }
  if (!is_watching_ || table == nullptr || (schema != nullptr && std::string_view(schema) != "main") ||
      seen_tables_.find(std::string_view(table)) != seen_tables_.end()) {
    return;
  }
  seen_tables_.emplace(table);
  const std::string name = lower(table);
  if (name.rfind("sqlite_", 0) != 0) {
    fresh_tables_.push_back(name);
  }
}

void SqliteConnection::fail(int code, std::string_view sql) {
  const std::string words = sqlite3_errmsg(handle_);
  const int primary = code & 0xFF;
  if (primary == SQLITE_BUSY && !is_interrupted_.exchange(false)) {
    throw Error(ErrorKind::lock,
                fmt::format("database '{}' is locked by {}", masked(path_), lock_holder(path_)),
                {.where = std::nullopt,
                 .hint = "wait until it is done, or raise 'lock_wait'",
                 .notes = {fmt::format("waited {} ms", options_.lock_wait.count())}});
  }
  is_interrupted_ = false;
  ErrorDetail detail{.where = std::nullopt, .hint = {}, .notes = notes_on_missing_column(words, sql)};
  if (words.rfind("error in view ", 0) == 0 || words.rfind("error in trigger ", 0) == 0) {
    detail.hint =
        "SQLite alters no table while a view or trigger does not work, or would not afterwards; drop or "
        "change it first";
  }
  throw StatementFailed(guard_message(words), std::string(sql), "", std::move(detail));
}

/// Compiles one statement, without copying more than that (bench/TARGETS.md W8), and binds its parameters.
StatementHandle SqliteConnection::prepared(std::string_view sql, std::span<const Cell> parameters) {
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  fresh_tables_.clear();
  dropped_table_.clear();
  changes_catalog_ = false;
  const int code = sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &raw, &tail);
  StatementHandle statement(raw);
  if (code != SQLITE_OK) {
    fail(code, sql);
  }
  check_nothing_follows(tail, sql.data() + sql.size(), sql);
  if (!statement) {
    return statement;
  }
  bind(raw, sql, parameters);
  return statement;
}

/// The parameters must last as long as the statement is executed.
void SqliteConnection::bind(sqlite3_stmt* statement, std::string_view sql, std::span<const Cell> parameters) {
  const auto wanted = static_cast<std::size_t>(sqlite3_bind_parameter_count(statement));
  if (wanted != parameters.size()) {
    throw StatementFailed(
        fmt::format("the statement has {}, and {} given", counted(wanted, "parameter"), parameters.size()),
        std::string(sql));
  }
  int index = 0;
  for (const Cell& cell : parameters) {
    ++index;
    if (cell) {
      sqlite3_bind_text(statement, index, cell->data(), static_cast<int>(cell->size()), SQLITE_STATIC);
    }
  }
}

/// SQLite compiles the first statement of a text and ignores the rest; we do not.
void SqliteConnection::check_nothing_follows(const char* tail, const char* end, std::string_view sql) {
  constexpr std::string_view kBlank = " \t\r\n\f;";
  while (tail < end && kBlank.find(*tail) != std::string_view::npos) {
    ++tail;
  }
  if (tail == end) {
    return;
  }
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v2(handle_, tail, static_cast<int>(end - tail), &raw, nullptr);
  const StatementHandle rest(raw);
  if (code != SQLITE_OK || rest) {
    throw StatementFailed("a second statement follows the first one", std::string(sql));
  }
}

/// Foreign keys that a statement may break are compared with how they were before it.
void SqliteConnection::look_before_change(std::string_view sql) {
  const bool changes_catalog = changes_catalog_;
  const std::vector<std::string> fresh = std::exchange(fresh_tables_, {});
  for (const std::string& table : fresh) {
    watch_.before_change(table);
  }
  if (changes_catalog) {
    watch_.forget_catalog();
    if (lower(sql).find("references") != std::string::npos) {
      has_foreign_keys_ = true;
    }
  }
}

/// SQLite's words where it cannot compile the statement, without a trace of having tried.
std::string SqliteConnection::why_not(const std::string& sql, bool takes_texts) {
  const bool was_watching = std::exchange(is_watching_, false);
  allow_texts_in_double_quotes(handle_, takes_texts);
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  const StatementHandle statement(raw);
  allow_texts_in_double_quotes(handle_, false);
  is_watching_ = was_watching;
  return code == SQLITE_OK ? "" : sqlite3_errmsg(handle_);
}

/// OR FAIL, and RAISE(FAIL) in a trigger, keep what the statement did before it failed. Of any other failed
/// statement SQLite counts no change (https://www.sqlite.org/lang_conflict.html).
void SqliteConnection::require_undone(std::int64_t changes_before) {
  if (const std::int64_t kept = sqlite3_total_changes64(handle_) - changes_before;
      kept != 0 && !is_in_transaction()) {
    throw Error(ErrorKind::failure,
                fmt::format("{}; what it did before that stays: {}", sqlite3_errmsg(handle_),
                            counted(static_cast<std::size_t>(kept), "changed row")));
  }
}

std::int64_t SqliteConnection::execute(std::string_view sql, std::span<const Cell> parameters) {
  if (is_creation_of_shadow_table(sql) && is_in_transaction()) {
    view_watch_.before_rebuild();
  }
  const StatementHandle statement = prepared(sql, parameters);
  if (!statement) {
    return 0;
  }
  const bool is_catalog_change = changes_catalog_;
  const std::string dropped = std::exchange(dropped_table_, {});
  if (is_catalog_change || !fresh_tables_.empty()) {
    look_before_change(sql);
  }
  if (!dropped.empty() && are_keys_enforced()) {
    require_no_cascade(*this, dropped, sql);
  }
  std::optional<AlterSettings> settings;
  if (is_catalog_change) {
    settings.emplace(handle_, sql);
  }
  const std::int64_t before = sqlite3_total_changes64(handle_);
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) {
    code = sqlite3_step(statement.get());
  }
  if (code != SQLITE_DONE) {
    require_undone(before);
    fail(code, sql);
  }
  // sqlite3_changes() keeps the number of the last INSERT, UPDATE or DELETE, whatever ran since.
  return sqlite3_total_changes64(handle_) == before ? 0 : sqlite3_changes64(handle_);
}

/// Compiled once for rows that follow each other; SQLite itself compiles it anew when the catalog changed.
void SqliteConnection::append(const RowTarget& target, std::span<const Cell> cells) {
  if (!append_ || append_sql_ != target.insert) {
    append_ = prepared(target.insert, cells);
    append_sql_ = target.insert;
  } else {
    bind(append_.get(), target.insert, cells);
  }
  const int code = sqlite3_step(append_.get());
  sqlite3_reset(append_.get());
  sqlite3_clear_bindings(append_.get());
  if (code != SQLITE_DONE) {
    fail(code, target.insert);
  }
}

std::vector<Row> SqliteConnection::query(std::string_view sql, std::span<const Cell> parameters) {
  const StatementHandle statement = prepared(sql, parameters);
  std::vector<Row> rows;
  if (!statement) {
    return rows;
  }
  const int columns = sqlite3_column_count(statement.get());
  int code = SQLITE_DONE;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
    Row row;
    row.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) {
      row.push_back(cell_of(statement.get(), i));
    }
    rows.push_back(std::move(row));
  }
  if (code != SQLITE_DONE) {
    fail(code, sql);
  }
  return rows;
}

/// BEGIN and COMMIT depend on no table: compiled once, they stay valid.
void SqliteConnection::run_words(StatementHandle& cache, std::string_view sql) {
  if (!cache) {
    cache = prepared(sql, {});
  }
  const int code = sqlite3_step(cache.get());
  sqlite3_reset(cache.get());
  if (code != SQLITE_DONE) {
    fail(code, sql);
  }
}

/// Looks through the catalog only when another connection has changed the database since the last time.
bool SqliteConnection::has_foreign_keys() {
  if (!read_data_version_) {
    read_data_version_ = prepared("PRAGMA main.data_version", {});
  }
  sqlite3_step(read_data_version_.get());
  const std::string version = cell_of(read_data_version_.get(), 0).value_or("");
  sqlite3_reset(read_data_version_.get());
  if (!has_foreign_keys_ || version != data_version_) {
    has_foreign_keys_ = !query(kHasForeignKeys).empty();
    data_version_ = version;
  }
  return *has_foreign_keys_;
}

/// Between transactions: statements that have none of their own are not compared afterwards, so SQLite itself
/// refuses a row that would refer to nothing.
void SqliteConnection::guard_foreign_keys() noexcept {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
}

bool SqliteConnection::are_keys_enforced() {
  int is_on = 0;
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &is_on);
  return is_on == 1;
}

/// Without effect inside a transaction, hence read back.
void SqliteConnection::enforce_foreign_keys(bool is_on) {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_FKEY, is_on ? 1 : 0, nullptr);
  if (are_keys_enforced() != is_on) {
    throw Error(ErrorKind::failure,
                fmt::format("SQLite did not switch foreign keys {}", is_on ? "on" : "off"));
  }
}

void SqliteConnection::begin(const TransactionHints& hints) {
  enforce_foreign_keys(hints.has_foreign_keys_on);
  // Not the deferred BEGIN: its later upgrade to a writer fails at once when others write (dialects/locks.md
  // 2).
  run_words(begin_, "BEGIN IMMEDIATE");
  seen_tables_.clear();
  view_watch_.begin();
  is_watching_ = !hints.has_foreign_keys_on;
  if (is_watching_) {
    watch_.begin(has_foreign_keys());
  }
}

void SqliteConnection::begin_read() {
  execute("BEGIN", {});
  is_watching_ = false;
  // The snapshot is taken by the first read.
  query("SELECT 1 FROM main.sqlite_schema LIMIT 1");
}

void SqliteConnection::throw_if_new(const std::vector<std::string>& faults, const std::string& headline,
                                    std::string hint) {
  if (!faults.empty()) {
    rollback();
    throw Error(ErrorKind::failure, fmt::format("{}; the transaction was rolled back", headline),
                {.where = std::nullopt, .hint = std::move(hint), .notes = faults});
  }
}

void SqliteConnection::commit() {
  if (is_watching_ && has_foreign_keys_.value_or(false)) {
    throw_if_new(watch_.new_violations(), "rows would refer to rows that do not exist",
                 "the script must also delete or change these rows, or add the ones they refer to");
  }
  throw_if_new(view_watch_.broken(), "a rebuild would break views or triggers",
               "drop or change them first, in the script or by hand");
  try {
    // Where a reader is in the way, SQLite calls the busy handler; after BUSY the transaction is still open.
    run_words(commit_, "COMMIT");
  } catch (const Error& error) {
    rollback();
    ErrorDetail detail{.where = std::nullopt, .hint = error.hint(), .notes = error.notes()};
    detail.notes.push_back("the transaction was rolled back: nothing of it is in the database");
    throw Error(error.kind(), fmt::format("the database did not commit: {}", error.what()),
                std::move(detail));
  }
  guard_foreign_keys();
}

void SqliteConnection::rollback() noexcept {
  is_watching_ = false;
  view_watch_.begin();
  if (is_in_transaction()) {
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  guard_foreign_keys();
}

}  // namespace

std::unique_ptr<Connection> open_connection(const std::string& path, OpenMode mode,
                                            const ConnectOptions& options) {
  // Counting its memory costs SQLite a mutex at every allocation. Once, before the first database is opened.
  [[maybe_unused]] static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  int flags = SQLITE_OPEN_NOMUTEX;
  switch (mode) {
    case OpenMode::read_only:
      flags |= SQLITE_OPEN_READONLY;
      break;
    case OpenMode::read_write:
      flags |= SQLITE_OPEN_READWRITE;
      break;
    case OpenMode::create:
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
      break;
  }
  try {
    return std::make_unique<SqliteConnection>(path, flags, options);
  } catch (const SQLite::Exception& exception) {
    throw Error(ErrorKind::failure,
                fmt::format("cannot open database '{}': {}", masked(path), exception.what()),
                {.where = std::nullopt,
                 .hint = "check the permissions of the file and of its directory",
                 .notes = {}});
  }
}

namespace {

/// The whole of one database into another. A lock in the way is an answer of SQLite's, no exception.
void copy_all(SQLite::Database& to, SQLite::Database& from) {
  const int code = SQLite::Backup(to, from).executeStep();
  if (code != SQLITE_DONE) {
    throw SQLite::Exception(sqlite3_errstr(code), code);
  }
}

}  // namespace

void copy_database(const std::string& from, const std::string& to) {
  try {
    SQLite::Database source(from, SQLite::OPEN_READONLY);
    SQLite::Database copy(to, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    copy_all(copy, source);
  } catch (const SQLite::Exception& exception) {
    throw Error(ErrorKind::failure,
                fmt::format("cannot copy database '{}' to '{}': {}", masked(from), to, exception.what()));
  }
}

bool replace_content(Connection& connection, const std::string& backup, const std::string& kept,
                     const std::function<void()>& when_kept) {
  SQLite::Database& database = dynamic_cast<SqliteConnection&>(connection).database();
  // The lock is kept until the connection is closed.
  connection.query("PRAGMA main.locking_mode = EXCLUSIVE");
  connection.execute("BEGIN EXCLUSIVE");
  connection.commit();
  try {
    {
      SQLite::Database copy(kept, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
      copy_all(copy, database);
    }
    when_kept();
    SQLite::Database source(backup, SQLite::OPEN_READONLY);
    copy_all(database, source);
    return true;
  } catch (const SQLite::Exception& exception) {
    if (exception.getErrorCode() == SQLITE_CORRUPT || exception.getErrorCode() == SQLITE_NOTADB) {
      return false;
    }
    throw Error(ErrorKind::failure, fmt::format("cannot put '{}' back: {}", backup, exception.what()),
                {.where = std::nullopt, .hint = "the database is as it was", .notes = {}});
  }
}

}  // namespace metaxy::migrate::sqlite
