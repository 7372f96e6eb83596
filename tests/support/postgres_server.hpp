#pragma once
// The throw-away server of the tests (scripts/with_postgres.sh), a schema of its own for each test, and short
// words for what the tests say often. Without a server the tests fail.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/postgresql/postgresql.hpp"

namespace metaxy::migrate::test {

/// URL of the server's first database, as its superuser. Throws where no server runs.
std::string server_url();
/// The password in it, which nothing may ever print.
std::string server_password();

Target server_target();
ConnectOptions writing();
ConnectOptions reading();

/// A schema that goes with the test; connections to it find their tables there.
class TestSchema {
 public:
  TestSchema();
  ~TestSchema();
  TestSchema(const TestSchema&) = delete;
  TestSchema& operator=(const TestSchema&) = delete;

  const std::string& name() const { return name_; }
  Target target() const;
  std::unique_ptr<Connection> connected(const ConnectOptions& options = writing()) const;

 private:
  std::string name_;
};

/// Runs statements one by one.
void run(Connection& connection, const std::vector<std::string>& statements);
/// All rows, cells joined by '|', NULL as "NULL", one string a row.
std::vector<std::string> rows(Connection& connection, std::string_view sql);
/// The only cell of the only row.
std::string value(Connection& connection, std::string_view sql);

Reflected reflected(Connection& connection);

/// Runs rendered sections as the runner does: each in a transaction, unless its statements cannot.
void run_sections(Connection& connection, const std::vector<std::vector<Statement>>& sections);

}  // namespace metaxy::migrate::test
