#include "support/postgres_server.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

/// libpqxx 6.4 leaks a result of libpq's when the connection is lost while it runs a statement; the address
/// sanitizer asks for what to leave out by this name.
extern "C" const char* __lsan_default_suppressions() { return "leak:libpqxx\n"; }

namespace metaxy::migrate::test {

std::string server_url() {
  if (const char* url = std::getenv("MM_POSTGRES_URL")) {
    return url;
  }
  std::ifstream file(MM_POSTGRES_FILE);
  std::string line;
  if (!std::getline(file, line)) {
    throw std::runtime_error("no PostgreSQL server runs: run ctest, or scripts/with_postgres.sh run COMMAND");
  }
  return line;
}

std::string server_password() {
  const std::string url = server_url();
  const std::size_t colon = url.find(':', url.find("://") + 3);
  return url.substr(colon + 1, url.find('@') - colon - 1);
}

Target server_target() {
  Target target;
  target.location = Secret(server_url());
  return target;
}

ConnectOptions writing() {
  ConnectOptions options;
  options.access = Access::read_write;
  options.lock_wait = std::chrono::seconds{10};
  options.lock_timeout = std::chrono::seconds{10};
  return options;
}

ConnectOptions reading() { return {}; }

namespace {

/// A database for the process: CREATE INDEX CONCURRENTLY waits for the transactions of everybody else in its
/// database, and tests run beside each other.
class ProcessDatabase {
 public:
  ProcessDatabase() : name_(fmt::format("test_{}", getpid())) {
    on_server(fmt::format("CREATE DATABASE {}", name_));
  }
  ~ProcessDatabase() {
    try {
      on_server(fmt::format("DROP DATABASE {} WITH (FORCE)", name_));
    } catch (const std::exception&) {
      // The server goes with its data anyway.
    }
  }
  ProcessDatabase(const ProcessDatabase&) = delete;
  ProcessDatabase& operator=(const ProcessDatabase&) = delete;

  Target target() const {
    const std::string url = server_url();
    Target target;
    target.location = Secret(url.substr(0, url.rfind('/') + 1) + name_);
    return target;
  }

 private:
  static void on_server(const std::string& sql) {
    postgresql_dialect().connect(server_target(), writing())->execute(sql);
  }

  std::string name_;
};

Target process_target() {
  static const ProcessDatabase database;
  return database.target();
}

}  // namespace

TestSchema::TestSchema() {
  static std::atomic<int> number{0};
  name_ = fmt::format("test_{}", ++number);
  postgresql_dialect().connect(process_target(), writing())->execute(fmt::format("CREATE SCHEMA {}", name_));
}

TestSchema::~TestSchema() {
  try {
    postgresql_dialect()
        .connect(process_target(), writing())
        ->execute(fmt::format("DROP SCHEMA {} CASCADE", name_));
  } catch (const std::exception&) {
    // The server goes with its data anyway.
  }
}

Target TestSchema::target() const {
  Target target = process_target();
  target.settings.emplace_back("search_path", name_);
  return target;
}

std::unique_ptr<Connection> TestSchema::connected(const ConnectOptions& options) const {
  return postgresql_dialect().connect(target(), options);
}

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

Reflected reflected(Connection& connection) { return postgresql_dialect().reflect(connection, {}); }

void run_sections(Connection& connection, const std::vector<std::vector<Statement>>& sections) {
  for (const std::vector<Statement>& section : sections) {
    const bool is_transaction = postgresql_dialect().runs_in_transaction(section.front().text);
    if (is_transaction) connection.begin({});
    for (const Statement& statement : section) {
      connection.execute(statement.text);
    }
    if (is_transaction) connection.commit();
  }
}

}  // namespace metaxy::migrate::test
