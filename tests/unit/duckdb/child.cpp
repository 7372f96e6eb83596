// A process of its own that opens a database by our driver: duckdb_child ACTION FILE [SQL...]
//   run    runs the statements and prints the rows of each as `a|b`
//   hold   the same, prints "ready", and keeps the database open until its input ends
//   crash  the same as run, then ends by SIGKILL: nothing is closed or flushed by DuckDB
// An error is printed as "error: ..." and ends it with 1.

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "dialect/duckdb/connection.hpp"

namespace {

using namespace metaxy::migrate;

/// BEGIN and COMMIT go the way that the runner takes.
void run(Connection& connection, std::string_view sql) {
  if (sql == "BEGIN") return connection.begin({});
  if (sql == "COMMIT") return connection.commit();
  if (!sql.starts_with("SELECT")) {
    connection.execute(sql);
    return;
  }
  for (const Row& row : connection.query(sql)) {
    std::string line;
    for (const Cell& cell : row) line += (&cell == &row.front() ? "" : "|") + cell.value_or("NULL");
    fmt::print("{}\n", line);
  }
}

int act(std::string_view action, const std::vector<std::string>& arguments) {
  Target target;
  target.location = Secret(arguments.at(0));
  ConnectOptions options;
  options.access = Access::read_write;
  options.may_create = true;
  options.lock_wait = std::chrono::milliseconds(0);
  const std::unique_ptr<Connection> connection = duckdb::connect(target, options);
  for (std::size_t i = 1; i < arguments.size(); ++i) run(*connection, arguments[i]);
  std::fflush(stdout);
  if (action == "crash") raise(SIGKILL);
  if (action == "hold") {
    fmt::print("ready\n");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  try {
    return act(words[1], {words + 2, words + count});
  } catch (const Error& error) {
    fmt::print("error: {}\n", error.what());
    return 1;
  }
}
