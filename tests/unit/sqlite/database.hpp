#pragma once
// A database file of its own for one test, and short words for what the tests say often.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/sqlite/sqlite.hpp"

namespace metaxy::migrate::test {

/// A directory that goes with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string path(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

ConnectOptions writing(std::chrono::milliseconds lock_wait = std::chrono::milliseconds{0});
ConnectOptions reading();
std::unique_ptr<Connection> connected(const std::string& path, const ConnectOptions& options = writing());
/// An empty database in memory.
std::unique_ptr<Connection> in_memory();

/// Runs statements one by one.
void run(Connection& connection, const std::vector<std::string>& statements);
/// All rows, cells joined by '|', NULL as "NULL", one string a row.
std::vector<std::string> rows(Connection& connection, std::string_view sql);
/// The only cell of the only row.
std::string value(Connection& connection, std::string_view sql);

/// What SQLite's own shell prints: it takes texts in double quotes, which our connections do not.
std::string by_shell(const std::string& path, const std::string& sql);

Schema reflected(Connection& connection);

}  // namespace metaxy::migrate::test
