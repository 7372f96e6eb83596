#pragma once
// SIGINT and SIGTERM: what stops a run. A run takes them in a thread of its own (run/watch.hpp), which works
// only if every other thread blocks them.

#include <csignal>

namespace metaxy::migrate {

/// SIGINT and SIGTERM.
sigset_t stop_signals();

/// Blocks them in the calling thread while it lives. A thread that is started meanwhile, by us or by a
/// database's library, blocks them for ever; what arrives meanwhile is delivered afterwards.
class StopSignalsBlocked {
 public:
  StopSignalsBlocked();
  ~StopSignalsBlocked();
  StopSignalsBlocked(const StopSignalsBlocked&) = delete;
  StopSignalsBlocked& operator=(const StopSignalsBlocked&) = delete;

  /// What was blocked before.
  const sigset_t& previous() const { return previous_; }

 private:
  sigset_t previous_{};
};

}  // namespace metaxy::migrate
