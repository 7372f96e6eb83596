// The limit that the program is measured against: the same statements through the C library of the database,
// in the same transactions, from the same files, with one version row a revision and nothing else: no lexer,
// no hashes, no log.
//
//   raw heads|history DIRECTORY                             reads all scripts, sorts them, prints
//   raw offline DIRECTORY                                   the same, and prints the upgrade as SQL
//   raw KIND nothing FILE DIRECTORY                         the same, and selects the version rows
//   raw KIND upgrade|downgrade FILE DIRECTORY each|one      runs all scripts, a transaction each or one for
//   all raw KIND statements FILE STATEMENTS                     one transaction, one statement a line raw
//   KIND fill FILE STATEMENTS                           no transaction, one statement a line raw KIND check
//   FILE SNAPSHOT                            reads the catalog and compares its sorted lines with those of
//                                                           SNAPSHOT, which is written if it is not there
//
// KIND is sqlite, duckdb or postgresql. METAXY_MIGRATE_DUCKDB_LIBRARY names the library of DuckDB; the FILE
// of PostgreSQL is its URL.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "raw_database.hpp"
#include "raw_scripts.hpp"

namespace metaxy::migrate::bench {

namespace {

constexpr const char* kUsage = "see the head of raw.cpp";
constexpr const char* kCreateVersions =
    "CREATE TABLE IF NOT EXISTS metaxy_migrate_version (version_num VARCHAR NOT NULL)";
constexpr const char* kSelectVersions = "SELECT version_num FROM metaxy_migrate_version";

std::string move_version(const std::string& from, const std::string& to);

void print_run(const RawGraph& graph) {
  std::string text = std::string(kCreateVersions) + ";\nBEGIN;\n";
  std::string current;
  for (const std::size_t at : graph.order) {
    const RawScript& script = graph.scripts[at];
    const std::string next(script.revision);
    text.append(script.upgrade()).append(move_version(current, next)).append(";\n");
    current = next;
  }
  text += "COMMIT;\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void print_graph(const std::string& what, const char* directory) {
  const RawGraph graph = load_graph(directory);
  if (what == "offline") {
    print_run(graph);
    return;
  }
  if (what == "heads") {
    for (const RawScript& script : graph.scripts) {
      if (script.child_count == 0)
        std::printf("%.*s (head)\n", static_cast<int>(script.revision.size()), script.revision.data());
    }
    return;
  }
  for (auto at = graph.order.rbegin(); at != graph.order.rend(); ++at) {
    const RawScript& script = graph.scripts[*at];
    std::string line;
    for (const std::string_view parent : script.down_revisions)
      line.append(line.empty() ? "" : ", ").append(parent);
    line.append(line.empty() ? "<base>" : "")
        .append(" -> ")
        .append(script.revision)
        .append(", ")
        .append(script.name);
    std::puts(line.c_str());
  }
}

void look(RawDatabase& database, const char* directory) {
  const RawGraph graph = load_graph(directory);
  std::size_t rows = 0;
  database.read(kSelectVersions, [&rows](const std::string&) { ++rows; });
  std::printf("%zu scripts, %zu rows\n", graph.scripts.size(), rows);
}

/// The statement that moves the version row; empty: no row.
std::string move_version(const std::string& from, const std::string& to) {
  if (from.empty()) return "INSERT INTO metaxy_migrate_version (version_num) VALUES ('" + to + "')";
  if (to.empty()) return "DELETE FROM metaxy_migrate_version WHERE version_num = '" + from + "'";
  return "UPDATE metaxy_migrate_version SET version_num = '" + to + "' WHERE version_num = '" + from + "'";
}

void run_scripts(RawDatabase& database, const char* directory, bool is_upgrade, bool is_one) {
  const RawGraph graph = load_graph(directory);
  database.run(kCreateVersions);
  std::string current;
  database.read(kSelectVersions, [&current](std::string line) {
    line.pop_back();
    current = std::move(line);
  });
  if (is_one) database.run("BEGIN");
  for (std::size_t i = 0; i < graph.order.size(); ++i) {
    const RawScript& script = graph.scripts[graph.order[is_upgrade ? i : graph.order.size() - 1 - i]];
    if (!is_one) database.run("BEGIN");
    for (const std::string& sql : statements_of(is_upgrade ? script.upgrade() : script.downgrade()))
      database.run(sql);
    std::string next(script.revision);
    if (!is_upgrade) next = script.down_revisions.empty() ? "" : script.down_revisions.front();
    database.run(move_version(current, next));
    current = next;
    if (!is_one) database.run("COMMIT");
  }
  if (is_one) database.run("COMMIT");
}

void run_lines(RawDatabase& database, const char* path, bool is_transaction) {
  std::ifstream file(path);
  std::vector<char> buffer(std::size_t{1} << 18U);
  file.rdbuf()->pubsetbuf(buffer.data(), static_cast<std::streamsize>(buffer.size()));
  bool has_alter = false;
  if (is_transaction) database.run("BEGIN");
  for (std::string line; std::getline(file, line);) {
    database.run_soon(line);
    has_alter = has_alter || line.starts_with("ALTER");
  }
  database.settle();
  if (!is_transaction) return;
  const std::vector<std::string> around =
      has_alter ? database.around_commit_of_alter() : std::vector<std::string>{};
  if (!around.empty()) database.run(around.front());
  database.run("COMMIT");
  if (!around.empty()) database.run(around.back());
}

void check(RawDatabase& database, const char* snapshot) {
  std::vector<std::string> lines;
  for (const char* query : database.catalog_queries()) {
    database.read(query, [&lines](std::string line) { lines.push_back(std::move(line)); });
  }
  std::sort(lines.begin(), lines.end());
  if (access(snapshot, F_OK) != 0) {
    std::ofstream file(snapshot);
    for (const std::string& line : lines) file << line << "\n";
    return;
  }
  const std::string text = read_file(snapshot);
  std::size_t at = 0;
  std::size_t same = 0;
  for (const std::string& line : lines) {
    if (text.compare(at, line.size(), line) == 0) ++same;
    at += line.size() + 1;
  }
  std::printf("%zu lines, %zu the same\n", lines.size(), same);
}

void act(RawDatabase& database, const std::string& what, int count, char** arguments) {
  if (what == "nothing") {
    look(database, arguments[0]);
  } else if ((what == "upgrade" || what == "downgrade") && count == 2) {
    run_scripts(database, arguments[0], what == "upgrade", std::strcmp(arguments[1], "one") == 0);
  } else if (what == "statements" || what == "fill") {
    run_lines(database, arguments[0], what == "statements");
  } else if (what == "check") {
    check(database, arguments[0]);
  } else {
    fail(kUsage);
  }
}

int run(int count, char** arguments) {
  if (count == 3) {
    print_graph(arguments[1], arguments[2]);
    return 0;
  }
  if (count < 5) fail(kUsage);
  const std::unique_ptr<RawDatabase> database = open_raw(arguments[1], arguments[3]);
  act(*database, arguments[2], count - 4, arguments + 4);
  return 0;
}

}  // namespace

}  // namespace metaxy::migrate::bench

int main(int count, char** arguments) { return metaxy::migrate::bench::run(count, arguments); }
