#pragma once
// Watches a run from a second thread: Ctrl-C and SIGTERM stop it at the next safe place, the second one ends
// the process at once, and long statements give a sign of life.

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "dialect/connection.hpp"
#include "run/events.hpp"

namespace metaxy::migrate {

/// The kind of failure that SIGINT or SIGTERM is.
ErrorKind stopped_by(int signal);

/// Blocks SIGINT and SIGTERM in the calling thread and takes them in its own while it lives.
class Watch {
 public:
  /// References must outlive it. `heartbeat` zero: none.
  Watch(Connection& connection, Observer& observer, std::chrono::seconds heartbeat);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// What is being done now, for the heartbeat; empty: nothing long.
  void set_task(const std::string& what);

  /// 0, or the signal that came.
  int signal() const { return signal_.load(); }
  /// Throws Error(interrupted|terminated) once a signal came.
  void throw_if_stopped() const;
  /// What is left must be done whatever comes, and is short: from now on the first signal is noted and stops
  /// nothing. Waits for an interrupt that is on its way.
  void let_finish();

 private:
  void watch();
  void stop(int signal);
  void interrupt();
  void beat();

  Connection& connection_;
  Observer& observer_;
  std::chrono::seconds heartbeat_;
  std::atomic<int> signal_{0};
  /// Held while a statement is being interrupted: what comes after let_finish() must not be hit by it.
  std::mutex interrupt_mutex_;
  bool is_finishing_ = false;
  struct Task;
  std::unique_ptr<Task> task_;
  std::thread thread_;
};

}  // namespace metaxy::migrate
