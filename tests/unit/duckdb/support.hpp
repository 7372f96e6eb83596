#pragma once
// What the DuckDB tests share: databases in memory and in files of a test's own folder, short calls, and a
// child process that opens a database by our driver.

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "dialect/dialect.hpp"

namespace metaxy::migrate::testing {

/// A folder of its own for a test, removed with everything in it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path(std::string_view name) const { return (root_ / name).string(); }

 private:
  std::filesystem::path root_;
};

std::unique_ptr<Connection> in_memory();
/// Opened for writing, created when missing; waits for nobody.
std::unique_ptr<Connection> opened(const std::string& path);
std::unique_ptr<Connection> opened(const std::string& path, const ConnectOptions& options);

void run_all(Connection& connection, const std::vector<std::string>& statements);
/// Kind and text of the error that `act` throws.
struct Failure {
  ErrorKind kind = ErrorKind::usage;
  std::string text;
};
Failure failure_of(const std::function<void()>& act);

/// Rows as `a|b`, NULL as `NULL`.
std::vector<std::string> rows(Connection& connection, std::string_view sql);

void write_file(const std::string& path, std::string_view content);

/// duckdb_child (child.cpp) while it runs.
class Child {
 public:
  explicit Child(const std::vector<std::string>& arguments,
                 const std::map<std::string, std::string>& environment = {});
  /// Kills it if it still runs.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  /// Its next line of output; empty at the end.
  std::string line() const;
  /// Closes its input, reads all that is left of its output and waits for its end.
  std::string finish();
  void kill();

 private:
  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
};

/// Output of a whole run of duckdb_child.
std::string run_child(const std::vector<std::string>& arguments,
                      const std::map<std::string, std::string>& environment = {});

}  // namespace metaxy::migrate::testing
