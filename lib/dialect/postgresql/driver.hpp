#pragma once
// What the core asks of the module that links libpqxx and libpq. The module is loaded when a PostgreSQL store
// is first connected to, because linking these libraries costs milliseconds at every start of the program
// (decision 18). It knows nothing of migrations: statements go in, rows and failures come out.

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/connection.hpp"

namespace metaxy::migrate::postgresql {

/// A statement failed, or the connection did. `what()` is all that the server and libpq say; it may hold what
/// must not be printed.
class DriverFailure : public std::runtime_error {
 public:
  DriverFailure(const std::string& words, std::string state, bool is_lost)
      : std::runtime_error(words), sqlstate(std::move(state)), is_connection_lost(is_lost) {}

  std::string sqlstate;
  bool is_connection_lost = false;
};

struct DriverResult {
  std::vector<Row> rows;
  std::int64_t changed = 0;
};

enum class Answer { done, skipped, mark };

/// One connection. Everything throws DriverFailure; after one that lost the connection nothing but the
/// destructor may be called. Not thread-safe, but for `cancel`.
class Driver {
 public:
  virtual ~Driver() = default;
  /// Runs one statement; parameters are $1, $2 and so on. Only when every answer was received.
  virtual DriverResult execute(std::string_view sql, std::span<const Cell> parameters) = 0;

  /// Sends a statement and does not wait until it has run; its answer is one of those that `receive` gets.
  virtual void send(std::string_view sql) = 0;
  /// Sends a mark, which is answered too. When a statement fails, those between it and the mark are skipped.
  virtual void send_mark() = 0;
  /// Waits for the oldest answer that was not received yet. Throws DriverFailure where it is a failure.
  virtual Answer receive() = 0;

  /// Asks the server to stop the statement that runs now.
  virtual void cancel() noexcept = 0;
  /// The process that serves this connection as the connection's other end named it.
  virtual int backend() const = 0;
};

/// The module's one entry; `connection` is a URL or a string of libpq. Ownership passes to the caller.
using OpenDriver = Driver* (*)(const std::string& connection);
inline constexpr const char* kOpenDriverSymbol = "metaxy_migrate_postgresql_open";
/// The version of the program that the module belongs to.
using DriverVersion = const char* (*)();
inline constexpr const char* kDriverVersionSymbol = "metaxy_migrate_postgresql_version";

}  // namespace metaxy::migrate::postgresql
