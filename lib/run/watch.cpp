#include "run/watch.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>

#include "base/stop_signals.hpp"

namespace metaxy::migrate {

namespace {

/// How long the thread sleeps between looks at the heartbeat's clock, in milliseconds.
constexpr int kLookMillis = 500;

}  // namespace

ErrorKind stopped_by(int signal) { return signal == SIGINT ? ErrorKind::interrupted : ErrorKind::terminated; }

struct Watch::Task {
  std::mutex mutex;
  std::string what;
  std::chrono::steady_clock::time_point since;
  std::chrono::steady_clock::time_point last_beat;
  sigset_t previous_mask{};
  int signals = -1;
  int end = -1;
};

Watch::Watch(Connection& connection, Observer& observer, std::chrono::seconds heartbeat)
    : connection_(connection), observer_(observer), heartbeat_(heartbeat), task_(std::make_unique<Task>()) {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, &task_->previous_mask);
  task_->signals = signalfd(-1, &set, SFD_CLOEXEC);
  task_->end = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { watch(); });
}

Watch::~Watch() {
  const std::uint64_t one = 1;
  // An eventfd takes 8 bytes at once or fails for good, and then the thread would never end.
  if (write(task_->end, &one, sizeof one) != sizeof one) {
    std::terminate();
  }
  thread_.join();
  close(task_->signals);
  close(task_->end);
  pthread_sigmask(SIG_SETMASK, &task_->previous_mask, nullptr);
}

void Watch::set_task(const std::string& what) {
  const std::lock_guard<std::mutex> lock(task_->mutex);
  task_->what = what;
  task_->since = std::chrono::steady_clock::now();
  task_->last_beat = task_->since;
}

void Watch::throw_if_stopped() const {
  const int signal = signal_.load();
  if (signal != 0) {
    throw Error(stopped_by(signal), signal == SIGINT ? "interrupted" : "terminated");
  }
}

void Watch::stop(int signal) {
  if (signal_.exchange(signal) != 0) {
    // The second one: the database rolls back what was not committed when it is opened next.
    _exit(exit_code(stopped_by(signal)));
  }
  interrupt();
}

void Watch::let_finish() {
  const std::lock_guard<std::mutex> lock(interrupt_mutex_);
  is_finishing_ = true;
}

void Watch::interrupt() {
  const std::lock_guard<std::mutex> lock(interrupt_mutex_);
  if (!is_finishing_) connection_.interrupt();
}

void Watch::watch() {
  std::array<pollfd, 2> waits{pollfd{.fd = task_->signals, .events = POLLIN, .revents = 0},
                              pollfd{.fd = task_->end, .events = POLLIN, .revents = 0}};
  for (;;) {
    poll(waits.data(), waits.size(), kLookMillis);
    signalfd_siginfo info{};
    if ((waits[0].revents & POLLIN) != 0 && read(task_->signals, &info, sizeof info) == sizeof info) {
      stop(static_cast<int>(info.ssi_signo));
    }
    if (waits[1].revents != 0) {
      return;
    }
    if (signal_ != 0) {
      // An interrupt between two statements is lost, so it is said again until the run has ended.
      interrupt();
    }
    beat();
  }
}

void Watch::beat() {
  if (heartbeat_ == std::chrono::seconds::zero()) {
    return;
  }
  Heartbeat event;
  {
    const std::lock_guard<std::mutex> lock(task_->mutex);
    const auto now = std::chrono::steady_clock::now();
    if (task_->what.empty() || now - task_->last_beat < heartbeat_) {
      return;
    }
    task_->last_beat = now;
    event.what = task_->what;
    event.elapsed = std::chrono::duration_cast<std::chrono::seconds>(now - task_->since);
  }
  event.percent = connection_.progress();
  observer_.on(event);
}

}  // namespace metaxy::migrate
