#include "unit/sqlite/database.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace metaxy::migrate::test {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "metaxy-migrate-test.XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("no temporary directory");
  }
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

ConnectOptions writing(std::chrono::milliseconds lock_wait) {
  ConnectOptions options;
  options.access = Access::read_write;
  options.may_create = true;
  options.lock_wait = lock_wait;
  return options;
}

ConnectOptions reading() {
  ConnectOptions options;
  options.access = Access::read_only;
  options.lock_wait = std::chrono::milliseconds{0};
  return options;
}

std::unique_ptr<Connection> connected(const std::string& path, const ConnectOptions& options) {
  Target target;
  target.location = Secret(path);
  return sqlite_dialect().connect(target, options);
}

std::unique_ptr<Connection> in_memory() { return connected(":memory:"); }

void run(Connection& connection, const std::vector<std::string>& statements) {
  for (const std::string& statement : statements) {
    connection.execute(statement);
  }
}

std::vector<std::string> rows(Connection& connection, std::string_view sql) {
  std::vector<std::string> result;
  for (const Row& row : connection.query(sql)) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += (i == 0 ? "" : "|") + row[i].value_or("NULL");
    }
    result.push_back(line);
  }
  return result;
}

std::string value(Connection& connection, std::string_view sql) { return rows(connection, sql).at(0); }

std::string by_shell(const std::string& path, const std::string& sql) {
  const std::string script = path + ".sql";
  std::ofstream(script) << sql;
  std::FILE* const shell = popen(("sqlite3 -bail '" + path + "' < '" + script + "' 2>&1").c_str(), "r");
  if (shell == nullptr) {
    throw std::runtime_error("no shell");
  }
  std::string printed;
  std::array<char, 4096> chunk{};
  while (const std::size_t size = std::fread(chunk.data(), 1, chunk.size(), shell)) {
    printed.append(chunk.data(), size);
  }
  pclose(shell);
  return printed;
}

Schema reflected(Connection& connection) { return sqlite_dialect().reflect(connection, {}).schema; }

}  // namespace metaxy::migrate::test
