#include "dialect/postgresql/monitor.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/stop_signals.hpp"
#include "base/text.hpp"
#include "dialect/postgresql/library.hpp"

namespace metaxy::migrate::postgresql {

namespace {

using SteadyClock = std::chrono::steady_clock;

/// A statement that is done sooner is not looked at.
constexpr std::chrono::milliseconds kPatience{150};
constexpr std::chrono::milliseconds kInterval{100};

/// pid, user, host, application, state, statement of one process that keeps ours ($1) waiting.
constexpr std::string_view kBlocker =
    "SELECT a.pid, a.usename, coalesce(host(a.client_addr), 'local'), a.application_name, a.state, "
    "left(a.query, 200) FROM unnest(pg_blocking_pids($1::int)) AS b(pid) "
    "JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid ORDER BY a.pid LIMIT 1";
constexpr std::string_view kPercent =
    "SELECT 100.0 * blocks_done / nullif(blocks_total, 0) FROM pg_catalog.pg_stat_progress_create_index "
    "WHERE pid = $1::int";

std::string described(const Row& row) {
  const auto text = [&row](std::size_t i) { return row[i].value_or("?"); };
  const std::string application = text(3).empty() ? "" : ", " + text(3);
  std::string query = replace_all(text(5), "\n", " ");
  return fmt::format("pid {} (user {}, host {}{}, {}): {}", text(0), text(1), text(2), application, text(4),
                     query);
}

}  // namespace

struct Monitor::State {
  std::string connection;
  int backend = 0;
  Waiting waiting;
  mutable std::mutex mutex;
  std::condition_variable wake;
  bool is_ended = false;
  bool is_running = false;
  std::uint64_t statement = 0;
  SteadyClock::time_point since;
  std::string blocker;
  std::optional<double> percent;
  std::unique_ptr<Driver> driver;
  std::thread thread;

  void run();
  void look(std::uint64_t which, SteadyClock::time_point& reported);
};

void Monitor::State::run() {
  SteadyClock::time_point reported{};
  std::unique_lock<std::mutex> lock(mutex);
  while (!is_ended) {
    const std::uint64_t which = statement;
    if (is_running && SteadyClock::now() - since >= kPatience) {
      lock.unlock();
      look(which, reported);
      lock.lock();
    }
    wake.wait_for(lock, kInterval, [this] { return is_ended; });
  }
}

void Monitor::State::look(std::uint64_t which, SteadyClock::time_point& reported) {
  std::string found;
  std::optional<double> done;
  try {
    if (!driver) driver = open_driver(connection);
    const std::vector<Cell> parameters = {std::to_string(backend)};
    const DriverResult blockers = driver->execute(kBlocker, parameters);
    if (!blockers.rows.empty()) found = described(blockers.rows.front());
    const DriverResult progress = driver->execute(kPercent, parameters);
    if (!progress.rows.empty() && progress.rows.front().front())
      done = std::stod(*progress.rows.front().front());
  } catch (const std::exception&) {
    // No free slot, or the server is gone: the statement itself will tell.
    driver.reset();
    return;
  }
  {
    const std::lock_guard<std::mutex> guard(mutex);
    if (which != statement) return;
    if (!found.empty()) blocker = found;
    percent = done;
  }
  if (!found.empty() && waiting && SteadyClock::now() - reported >= kReportInterval) {
    reported = SteadyClock::now();
    waiting(found);
  }
}

Monitor::Monitor(std::string connection, int backend, Waiting waiting) : state_(std::make_unique<State>()) {
  state_->connection = std::move(connection);
  state_->backend = backend;
  state_->waiting = std::move(waiting);
  const StopSignalsBlocked blocked;
  state_->thread = std::thread([this] { state_->run(); });
}

Monitor::~Monitor() {
  {
    const std::lock_guard<std::mutex> guard(state_->mutex);
    state_->is_ended = true;
  }
  state_->wake.notify_all();
  state_->thread.join();
}

void Monitor::statement_starts() {
  const std::lock_guard<std::mutex> guard(state_->mutex);
  ++state_->statement;
  state_->since = SteadyClock::now();
  state_->blocker.clear();
  state_->percent.reset();
  // The thread looks by itself from time to time; waking it would cost more than most statements.
  state_->is_running = true;
}

void Monitor::statement_ends() {
  const std::lock_guard<std::mutex> guard(state_->mutex);
  state_->is_running = false;
}

std::string Monitor::blocker() const {
  const std::lock_guard<std::mutex> guard(state_->mutex);
  return state_->blocker;
}

std::optional<double> Monitor::percent() const {
  const std::lock_guard<std::mutex> guard(state_->mutex);
  return state_->percent;
}

}  // namespace metaxy::migrate::postgresql
