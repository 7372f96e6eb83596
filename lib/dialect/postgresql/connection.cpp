#include "dialect/postgresql/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/postgresql/concurrent.hpp"
#include "dialect/postgresql/failure.hpp"
#include "dialect/postgresql/faults.hpp"
#include "dialect/postgresql/library.hpp"
#include "dialect/postgresql/monitor.hpp"
#include "dialect/postgresql/pipeline.hpp"
#include "dialect/postgresql/quoting.hpp"
#include "dialect/postgresql/session.hpp"

namespace metaxy::migrate::postgresql {

namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kOldestServer = 120000;
constexpr milliseconds kFirstPause{50};
constexpr milliseconds kLongestPause{1000};

constexpr std::string_view kTransactionPool =
    "the connection goes through a pooler in transaction mode (PgBouncer or alike)";
constexpr std::string_view kWayRoundPool =
    "give the environment a url of its own that leads to the server itself, or to a pool in session mode: "
    "url "
    "under [ext.migrate.environments.NAME]";

/// `?` outside of quotes and comments as `$1`, `$2`, ...
std::string with_numbered_parameters(std::string_view sql) {
  std::string result;
  std::size_t copied = 0;
  int number = 0;
  for (const Token& token : tokens_of(sql, splitter_options())) {
    if (token.kind == Token::Kind::punctuation && token.text == "?") {
      result += sql.substr(copied, token.offset - copied);
      result += fmt::format("${}", ++number);
      copied = token.offset + 1;
    }
  }
  return result + std::string(sql.substr(copied));
}

/// INSERT, UPDATE and DELETE.
bool changes_rows(std::string_view sql) {
  const std::string_view verb = sql.substr(0, 6);
  return equal_ignoring_case(verb, "insert") || equal_ignoring_case(verb, "update") ||
         equal_ignoring_case(verb, "delete");
}

/// Where to connect, as libpq takes it, and what of it must never be printed.
struct Address {
  std::string text;
  std::vector<Secret> secrets;
};

std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    result += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

/// The password in `postgresql://user:password@host` and in `password=`, as written.
std::vector<std::string> passwords_in(const std::string& url) {
  std::vector<std::string> found;
  const std::size_t begin = url.find("://");
  const std::size_t at = begin == std::string::npos ? std::string::npos : url.find('@', begin);
  if (at != std::string::npos) {
    const std::size_t colon = url.find(':', begin + 3);
    if (colon < at) found.push_back(url.substr(colon + 1, at - colon - 1));
  }
  for (std::size_t i = url.find("password="); i != std::string::npos; i = url.find("password=", i + 1)) {
    const std::size_t value = i + std::string_view("password=").size();
    found.push_back(url.substr(value, url.find('&', value) - value));
  }
  return found;
}

std::string percent_decoded(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      result += static_cast<char>(std::strtol(text.substr(i + 1, 2).c_str(), nullptr, 16));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string password_in_file(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line)) {
    throw Error(ErrorKind::configuration,
                fmt::format("password_file '{}' cannot be read, or is empty", path));
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

/// libpq ends user and password at the first '@', and prints what stands behind it as the host.
void require_one_at(const std::string& url) {
  const std::size_t begin = url.find("://");
  if (begin == std::string::npos) return;
  const std::string authority = url.substr(begin + 3, url.find_first_of("/?", begin + 3) - begin - 3);
  if (authority.find('@') == authority.rfind('@')) return;
  throw Error(ErrorKind::configuration,
              fmt::format("there is more than one '@' before the host in '{}'", masked(url)),
              {.where = {}, .hint = "write an '@' in a user's name or a password as %40", .notes = {}});
}

Address address_of(const Target& target) {
  Address address;
  address.text = target.location.reveal();
  if (address.text.empty()) address.text = "postgresql://";
  require_one_at(address.text);
  const auto add = [&address](std::string_view name, const std::string& value) {
    address.text += address.text.find('?') == std::string::npos ? '?' : '&';
    address.text += fmt::format("{}={}", name, value);
  };
  add("fallback_application_name", "metaxy-migrate");
  add("client_encoding", "UTF8");
  const bool has_timeout = std::getenv("PGCONNECT_TIMEOUT") != nullptr ||
                           address.text.find("connect_timeout=") != std::string::npos;
  if (!has_timeout) add("connect_timeout", "10");
  if (!target.password_file.empty()) {
    const std::string password = password_in_file(target.password_file);
    add("password", percent_encoded(password));
  }
  for (const std::string& password : passwords_in(address.text)) {
    // A word that stands in messages anyway would hide more than it protects.
    if (password.size() < 3) continue;
    address.secrets.emplace_back(password);
    address.secrets.emplace_back(percent_decoded(password));
  }
  if (const char* password = std::getenv("PGPASSWORD")) address.secrets.emplace_back(password);
  return address;
}

std::string masked_location(const Target& target) {
  return target.location.empty() ? "the server that the PG... environment variables name"
                                 : masked(target.location.reveal());
}

/// Connects, again and again while `wait` lasts and the server may come.
std::unique_ptr<Driver> opened(const Address& address, const Target& target, milliseconds wait) {
  const SteadyClock::time_point end = SteadyClock::now() + wait;
  milliseconds pause = kFirstPause;
  while (true) {
    try {
      return open_driver(address.text);
    } catch (const DriverFailure& failure) {
      if (!may_connect_later(failure.what()) || SteadyClock::now() + pause > end) {
        throw failed_connection(failure, masked_location(target), address.secrets);
      }
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
}

/// What pg_get_expr, format_type and casts depend on, and how our literals are read.
Settings pinned_settings() { return {std::begin(kSessionSettings), std::end(kSessionSettings)}; }

class PostgresConnection final : public Connection {
 public:
  PostgresConnection(const Target& target, const ConnectOptions& options)
      : address_(address_of(target)),
        options_(options),
        driver_(opened(address_, target, options.connect_wait)) {
    set_up(target);
  }

  ~PostgresConnection() override { monitor_.reset(); }
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  std::int64_t execute(std::string_view sql, std::span<const Cell> parameters) override {
    if (parameters.empty() && !stays_home(sql)) is_away_ = true;
    if (!is_in_transaction_ && options_.access == Access::read_write && !runs_in_transaction(sql)) {
      return execute_alone(sql);
    }
    const std::int64_t changed = run(sql, parameters).changed;
    if (is_away_ && is_in_transaction_) note_prepared(sql);
    return changed;
  }

  void execute_soon(std::string_view sql, std::size_t number) override;
  void settle() override;
  std::optional<std::size_t> unsettled() const override {
    return pipeline_.oldest() == nullptr ? std::nullopt : std::optional(pipeline_.oldest()->number);
  }

  std::vector<Row> query(std::string_view sql, std::span<const Cell> parameters) override {
    return run(sql, parameters).rows;
  }

  void begin(const TransactionHints&) override { start("BEGIN"); }
  void begin_read() override {
    start("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    if (is_pooled_) run(set_settings_sql(pinned_settings(), true));
  }

  void commit() override {
    if (has_failed_) {
      // The server answers such a COMMIT with ROLLBACK, and without an error.
      rollback();
      throw Error(ErrorKind::failure, "a statement of the transaction failed, so it was rolled back");
    }
    is_in_transaction_ = false;
    try {
      run("COMMIT");
      came_home_here_ = false;
      prepared_here_.clear();
    } catch (const StatementFailed&) {
      throw;  // a deferred check: rolled back
    } catch (const Error& error) {
      // A deferred check waited too long for somebody's lock: rolled back, too.
      if (error.kind() == ErrorKind::lock) throw;
      throw Error(ErrorKind::failure,
                  "the connection was lost during COMMIT: nothing tells whether it took effect",
                  {.where = {}, .hint = "`status` tells where the database is", .notes = error.notes()});
    }
  }

  void rollback() noexcept override {
    // What was set before this transaction holds again.
    is_away_ |= std::exchange(came_home_here_, false);
    if (!std::exchange(is_in_transaction_, false)) return;
    pipeline_.abandon();
    // A cancel that comes late ends this instead of the statement that it was meant for.
    constexpr int kAttempts = 3;
    for (int i = 0; i < kAttempts; ++i) {
      try {
        driver_->execute("ROLLBACK", {});
        forget_prepared();
        return;
      } catch (const std::exception&) {
        // Without its connection the server rolls back by itself.
      }
    }
  }

  bool is_in_transaction() const override { return is_in_transaction_; }
  void finish_run() override {}

  void come_home() override {
    if (!is_away_) return;
    run(fmt::format("{}; {}", kForgetSession, set_settings_sql(home_, false)));
    is_away_ = false;
    prepared_here_.clear();
    came_home_here_ = is_in_transaction_;
  }
  /// The end of the transaction brings back what was set.
  std::string visit_home() override {
    if (is_away_) run(set_settings_sql(home_, true));
    return {};
  }

  void lock(std::string_view key, milliseconds wait,
            const std::function<void(const std::string& holder)>& waiting) override;

  void interrupt() noexcept override { driver_->cancel(); }
  std::optional<double> progress() noexcept override { return monitor_ ? monitor_->percent() : std::nullopt; }
  bool may_retry() const override { return may_retry_; }
  std::vector<ServerFault> faults(const std::vector<TableName>& tables) override;
  std::string server_version() override { return version_; }

 private:
  void set_up(const Target& target);
  void prepare_session(const Target& target);
  bool passes_sessions_on();
  void settle_in(const Target& target);
  std::int64_t execute_alone(std::string_view sql);
  std::string holder(std::string_view key) override;

  void note_prepared(std::string_view sql) {
    if (std::string name = prepared_name(sql); !name.empty()) prepared_here_.push_back(std::move(name));
  }
  /// Nothing rolls back a PREPARE, which would be in the way when the transaction is tried again.
  void forget_prepared() {
    for (const std::string& name : std::exchange(prepared_here_, {})) {
      try {
        driver_->execute("DEALLOCATE " + name, {});
      } catch (const std::exception&) {
        // The script has done it itself.
      }
    }
  }

  void set_timeouts() {
    run(fmt::format(
        "SELECT set_config('lock_timeout', '{}', false), set_config('statement_timeout', '{}', false)",
        options_.lock_timeout.count(), options_.statement_timeout.count()));
  }

  void start(std::string_view sql) {
    run(sql);
    is_in_transaction_ = true;
    has_failed_ = false;
  }

  DriverResult run(std::string_view sql, std::span<const Cell> parameters = {}) {
    settle();
    if (monitor_) monitor_->statement_starts();
    try {
      DriverResult result = parameters.empty() ? driver_->execute(sql, {})
                                               : driver_->execute(with_numbered_parameters(sql), parameters);
      if (monitor_) monitor_->statement_ends();
      return result;
    } catch (const DriverFailure& failure) {
      if (monitor_) monitor_->statement_ends();
      has_failed_ = is_in_transaction_;
      refuse(failure, sql);
    }
  }

  template <class Act>
  void in_pipeline(Act act);
  [[noreturn]] void refuse(const DriverFailure& failure, std::string_view sql);

  Address address_;
  ConnectOptions options_;
  std::unique_ptr<Driver> driver_;
  Pipeline pipeline_{*driver_};
  std::unique_ptr<Monitor> monitor_;
  std::string version_;
  bool is_pooled_ = false;
  bool is_in_transaction_ = false;
  bool has_failed_ = false;
  /// The last failure was one of the moment: another transaction was in the way.
  bool may_retry_ = false;
  /// What every revision finds in the session, role last.
  Settings home_;
  /// Whether a statement has run that may have changed what the session holds.
  bool is_away_ = false;
  /// By the transaction that is open, which takes that back if it is rolled back.
  bool came_home_here_ = false;
  /// Names, as they are written, of what the open transaction has prepared.
  std::vector<std::string> prepared_here_;
};

/// Rows go to the server without waiting for each; whatever else runs is rare and may want looking at.
void PostgresConnection::execute_soon(std::string_view sql, std::size_t number) {
  if (!is_in_transaction_ || !changes_rows(sql)) {
    execute(sql, {});
    return;
  }
  if (!stays_home(sql)) is_away_ = true;
  in_pipeline([&] { pipeline_.add(sql, number); });
}

void PostgresConnection::settle() {
  if (pipeline_.is_awaiting()) in_pipeline([this] { pipeline_.settle(); });
}

template <class Act>
void PostgresConnection::in_pipeline(Act act) {
  const std::optional<std::size_t> before = unsettled();
  try {
    act();
  } catch (const DriverFailure& failure) {
    if (monitor_) monitor_->statement_ends();
    has_failed_ = true;
    refuse(failure, pipeline_.oldest() == nullptr ? "" : pipeline_.oldest()->sql);
  }
  if (!monitor_ || unsettled() == before) return;
  // Others were answered: what is waited for has only begun.
  if (unsettled()) {
    monitor_->statement_starts();
  } else {
    monitor_->statement_ends();
  }
}

void PostgresConnection::refuse(const DriverFailure& failure, std::string_view sql) {
  if (failure.is_connection_lost) {
    may_retry_ = false;
    ErrorDetail detail;
    detail.notes = split(std::string(trimmed(redacted(failure.what(), address_.secrets))), '\n');
    detail.hint = "`status` tells where the database is; run the command again once the server is there";
    throw Error(ErrorKind::failure, "the connection to the server was lost", std::move(detail));
  }
  const std::string& state = failure.sqlstate;
  // Waited too long, deadlock, serialization, and two runs that create one table at the same time.
  may_retry_ = state == "55P03" || state == "40P01" || state == "40001" ||
               (state == "23505" &&
                std::string_view(failure.what()).find("pg_type_typname_nsp_index") != std::string_view::npos);
  if (state != "55P03") throw failed_statement(failure, sql, address_.secrets);
  const StatementFailed failed = failed_statement(failure, sql, address_.secrets);
  ErrorDetail detail{.where = std::nullopt, .hint = {}, .notes = failed.notes()};
  const std::string blocker = monitor_ ? monitor_->blocker() : "";
  if (!blocker.empty()) detail.notes.push_back("in the way: " + redacted(blocker, address_.secrets));
  detail.hint =
      "end what is in the way, or give it more time: lock_timeout and lock_wait under [ext.migrate]";
  throw Error(ErrorKind::lock, failed.what(), std::move(detail));
}

void PostgresConnection::set_up(const Target& target) {
  const Row facts = run("SELECT pg_backend_pid(), current_setting('server_version_num'), "
                        "current_setting('server_version'), pg_is_in_recovery()")
                        .rows.at(0);
  const int backend = std::stoi(*facts[0]);
  version_ = facts[2]->substr(0, facts[2]->find(' '));
  if (std::stoi(*facts[1]) < kOldestServer) {
    throw Error(ErrorKind::configuration,
                fmt::format("the server is PostgreSQL {}, which is too old", version_),
                {.where = {}, .hint = "use PostgreSQL 12 or newer", .notes = {}});
  }
  // A pooler answers with a number of its own.
  is_pooled_ = backend != driver_->backend();
  const bool is_writing = options_.access == Access::read_write;
  if (is_writing && facts[3] == "t") {
    throw Error(
        ErrorKind::configuration, "the server is a standby, which only reads",
        {.where = {}, .hint = "name the primary; target_session_attrs=read-write finds it", .notes = {}});
  }
  if (is_writing && passes_sessions_on()) {
    throw Error(ErrorKind::configuration,
                fmt::format("{}, where the lock of a run and its settings would pass to other clients",
                            kTransactionPool),
                {.where = {}, .hint = std::string(kWayRoundPool), .notes = {}});
  }
  prepare_session(target);
  settle_in(target);
  if (is_writing) monitor_ = std::make_unique<Monitor>(address_.text, backend, options_.waiting);
}

void PostgresConnection::prepare_session(const Target& target) {
  const bool is_writing = options_.access == Access::read_write;
  // Behind a pooler they would pass to other clients, who are not asked about a reader.
  const bool is_ours = !is_pooled_ || is_writing;
  if (is_ours) home_ = pinned_settings();
  for (const auto& [name, value] : target.settings) {
    home_.emplace_back(name, name == "search_path" ? quoted_name(value) : value);
  }
  if (is_writing) {
    home_.emplace_back("lock_timeout", std::to_string(options_.lock_timeout.count()));
    home_.emplace_back("statement_timeout", std::to_string(options_.statement_timeout.count()));
  } else if (is_ours) {
    home_.emplace_back("default_transaction_read_only", "on");
  }
  if (!home_.empty()) run(set_settings_sql(home_, false));
  if (!target.role.empty()) run("SET ROLE " + quoted_name(target.role));
}

/// The schema where everything is that has none in its name, for the whole session. Without one that exists,
/// every CREATE TABLE ends in "no schema has been selected to create in".
void PostgresConnection::settle_in(const Target& target) {
  const bool is_ours = !is_pooled_ || options_.access == Access::read_write;
  const Row place = run(is_ours ? fmt::format("SELECT current_schema(), current_setting('role'), "
                                              "set_config('search_path', {}, false)",
                                              kResolvedPath)
                                : "SELECT current_schema()")
                        .rows.at(0);
  if (!place[0]) {
    std::string wanted = "its search_path";
    for (const auto& [name, value] : target.settings) {
      if (name == "search_path") wanted = fmt::format("schema '{}'", value);
    }
    throw Error(ErrorKind::configuration,
                fmt::format("{} does not exist in the database, or may not be used by this role", wanted),
                {.where = {}, .hint = "create the schema, or grant USAGE on it", .notes = {}});
  }
  if (!is_ours) return;
  std::erase_if(home_, [](const auto& setting) { return setting.first == "search_path"; });
  home_.emplace_back("search_path", place[2].value_or(""));
  home_.emplace_back("role", place[1].value_or("none"));
}

/// In transaction mode a session's lock and settings belong to whoever is next. A second client that is given
/// the process which served us a moment ago proves that mode.
bool PostgresConnection::passes_sessions_on() {
  if (!is_pooled_) return false;
  const std::string ours = run("SELECT pg_backend_pid()").rows.at(0).at(0).value_or("");
  std::string theirs;
  try {
    const std::unique_ptr<Driver> other = open_driver(address_.text);
    other->execute("BEGIN", {});
    theirs = other->execute("SELECT pg_backend_pid()", {}).rows.at(0).at(0).value_or("");
    other->execute("ROLLBACK", {});
  } catch (const DriverFailure&) {
    return false;  // no second slot: each client has a process of its own
  }
  return ours == theirs;
}

std::vector<ServerFault> PostgresConnection::faults(const std::vector<TableName>& tables) {
  std::vector<ServerFault> found = server_faults(*this, tables);
  if (passes_sessions_on()) {
    found.push_back({.stops_metaxy = false,
                     .message = fmt::format("{}: `upgrade` refuses to run there", kTransactionPool),
                     .fix = std::string(kWayRoundPool)});
  }
  return found;
}

std::int64_t PostgresConnection::execute_alone(std::string_view sql) {
  // It waits for transactions that were there before, which keeps nobody else waiting; a timeout would leave
  // an invalid index behind.
  run("SELECT set_config('lock_timeout', '0', false), set_config('statement_timeout', '0', false)");
  if (const std::optional<std::string> left = left_over_index(*this, sql)) {
    run("DROP INDEX CONCURRENTLY " + *left);
  }
  try {
    const std::int64_t changed = run(sql).changed;
    set_timeouts();
    return changed;
  } catch (const StatementFailed&) {
    try {
      set_timeouts();
    } catch (const Error&) {
      // A cancel that is said again: what failed before counts.
    }
    throw;
  }
}

std::string PostgresConnection::holder(std::string_view key) {
  const std::vector<Cell> parameters = {std::string(key)};
  const std::vector<Row> rows = query(
      fmt::format(
          "SELECT l.pid, a.usename, coalesce(a.client_hostname, host(a.client_addr), 'this host'), "
          "a.application_name FROM pg_catalog.pg_locks l "
          "LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid "
          "WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted "
          "AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) "
          "AND ((l.classid::bigint << 32) | l.objid::bigint) = {}",
          lock_number("?::text")),
      parameters);
  if (rows.empty()) return {};
  const Row& row = rows.front();
  return fmt::format("pid {} (user {}, host {}, {})", row[0].value_or("?"), row[1].value_or("?"),
                     row[2].value_or("?"), row[3].value_or("?"));
}

/// Asked again and again outside of any transaction: who waits inside of one is in the way of CREATE INDEX
/// CONCURRENTLY (dialects/locks.md 1).
void PostgresConnection::lock(std::string_view key, milliseconds wait,
                              const std::function<void(const std::string& holder)>& waiting) {
  const std::string sql = fmt::format("SELECT pg_try_advisory_lock({})", lock_number("?::text"));
  const std::vector<Cell> parameters = {std::string(key)};
  const SteadyClock::time_point end = SteadyClock::now() + wait;
  SteadyClock::time_point reported{};
  milliseconds pause = kFirstPause;
  while (query(sql, parameters).at(0).at(0) != "t") {
    const SteadyClock::time_point now = SteadyClock::now();
    std::string who = holder(key);
    if (who.empty()) who = "another run";  // which ended just now
    if (now >= end) {
      throw Error(
          ErrorKind::lock, fmt::format("another run holds the lock: {}", who),
          {.where = {},
           .hint = "wait for it to end, or raise lock_wait; pg_terminate_backend() ends one that hangs",
           .notes = {}});
    }
    if (now - reported >= kReportInterval && waiting) {
      reported = now;
      waiting(who);
    }
    std::this_thread::sleep_for(std::min<SteadyClock::duration>(pause, end - now));
    pause = std::min(pause * 2, kLongestPause);
  }
}

}  // namespace

std::unique_ptr<Connection> connect(const Target& target, const ConnectOptions& options) {
  return std::make_unique<PostgresConnection>(target, options);
}

}  // namespace metaxy::migrate::postgresql
