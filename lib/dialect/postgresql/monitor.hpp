#pragma once
// Looks, over a connection of its own, at a statement that takes long: who is in its way, and how far it is.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace metaxy::migrate::postgresql {

/// How often it is said anew that somebody is in the way.
inline constexpr std::chrono::milliseconds kReportInterval{1000};

class Monitor {
 public:
  using Waiting = std::function<void(const std::string& holder)>;

  /// `connection` is what open_driver takes; it is opened only when a statement takes long. `waiting` is
  /// called from another thread, about once a second while somebody is in the way of the process `backend`.
  Monitor(std::string connection, int backend, Waiting waiting);
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  /// Around each statement.
  void statement_starts();
  void statement_ends();

  /// Who was seen in the way of the last statement; empty: nobody.
  std::string blocker() const;
  /// 0..100 of an index that is being built.
  std::optional<double> percent() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace metaxy::migrate::postgresql
