// Runs SQL on a database file through the dialect's own connection and prints the rows, for tests that look
// at what the program left: dbsql DIALECT FILE [--write] < statements.sql. Cells are separated by tabs, NULL
// is \N.

#include <fmt/format.h>

#include <iostream>
#include <iterator>
#include <string>

#include "base/error.hpp"
#include "dialect/registry.hpp"

int main(int argc, char** argv) {
  using namespace metaxy::migrate;
  if (argc < 3) {
    std::cerr << "dbsql DIALECT FILE [--write]\n";
    return 2;
  }
  const bool is_writing = argc > 3 && std::string(argv[3]) == "--write";
  const std::string sql{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  try {
    const Dialect* dialect = find_dialect(argv[1]);
    if (dialect == nullptr) {
      std::cerr << "no such dialect\n";
      return 2;
    }
    Target target;
    target.location = Secret(argv[2]);
    const std::unique_ptr<Connection> connection =
        dialect->connect(target, {.access = is_writing ? Access::read_write : Access::read_only,
                                  .may_create = is_writing,
                                  .lock_wait = std::chrono::seconds(10),
                                  .waiting = {}});
    for (const Statement& statement : split_statements(sql, dialect->splitter_options())) {
      for (const Row& row : connection->query(statement.text)) {
        std::string line;
        for (const Cell& cell : row) {
          line += (line.empty() ? "" : "\t") + cell.value_or("\\N");
        }
        std::cout << line << "\n";
      }
    }
    if (is_writing) {
      connection->finish_run();
    }
  } catch (const Error& error) {
    std::cerr << describe(error) << "\n";
    return 1;
  }
  return 0;
}
