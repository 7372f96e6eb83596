#pragma once
// One of the four doors for I/O: what the engine tells while it works. The command line prints it to stderr;
// tests record it.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>

#include "revision/script.hpp"

namespace metaxy::migrate {

struct LockWaiting {
  std::string holder;
};
struct BackupMade {
  std::string path;
};
struct RunStarted {
  std::string environment;
  Direction direction = Direction::upgrade;
  std::size_t revisions = 0;
};
struct RevisionStarted {
  std::string revision;
  std::string message;
  Direction direction = Direction::upgrade;
  /// From 1.
  std::size_t number = 0;
  std::size_t of = 0;
};
struct StatementStarted {
  std::string sql;
  std::string summary;
  std::size_t line = 0;
};
struct StatementFinished {
  std::string sql;
  std::chrono::microseconds elapsed{};
};
/// A statement left out, because what it makes is there already (`-- adopt:`) or a person said so.
struct StatementSkipped {
  std::string sql;
  std::string reason;
};
struct RevisionFinished {
  std::string revision;
  std::string message;
  Direction direction = Direction::upgrade;
  std::chrono::microseconds elapsed{};
};
/// Long work goes on; about every ten seconds.
struct Heartbeat {
  std::string what;
  std::chrono::seconds elapsed{};
  /// 0..100 where the database tells.
  std::optional<double> percent;
};
/// A statement or query that the database answered (`-d sql`, `-d stats`), failed ones too.
struct StatementTraced {
  std::string sql;
  std::chrono::microseconds elapsed{};
};
/// A part of the command that is not the database's (`-d stats`).
struct PhaseFinished {
  std::string phase;
  std::chrono::microseconds elapsed{};
};
/// Why a difference is one (`-d explain`).
struct Explained {
  std::string text;
};
struct Notice {
  std::string text;
};
struct Warning {
  std::string text;
};
/// What only somebody who looks for a fault wants to read (`-v`); may have several lines.
struct Detail {
  std::string text;
};

using Event = std::variant<LockWaiting, BackupMade, RunStarted, RevisionStarted, StatementStarted,
                           StatementFinished, StatementSkipped, RevisionFinished, Heartbeat, StatementTraced,
                           PhaseFinished, Explained, Notice, Warning, Detail>;

/// Heartbeats come from another thread than the rest: `on` must be safe to call from two threads at once.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on(const Event& event) = 0;
};

}  // namespace metaxy::migrate
