// How a database file is found fit to be opened. What SQLite calls "unable to open database file" is told
// apart here.

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/links.hpp"
#include "dialect/sqlite/driver.hpp"
#include "dialect/sqlite/file.hpp"
#include "dialect/sqlite/quoting.hpp"

namespace metaxy::migrate::sqlite {

namespace {

[[noreturn]] void cannot_open(const std::string& path, const std::string& why, std::string hint) {
  throw Error(ErrorKind::failure, fmt::format("cannot open database '{}': {}", masked(path), why),
              {.where = std::nullopt, .hint = std::move(hint), .notes = {}});
}

/// A database that has a log holds a page at least, of this size at least.
constexpr off_t kPage = 512;

/// SQLite has it beside the file that a link leads to.
std::string log_of(const std::string& path) { return behind_links(path) + "-wal"; }

bool has_log(const std::string& path) {
  struct stat info {};
  return stat(log_of(path).c_str(), &info) == 0 && info.st_size > 0;
}

/// What is in the way, found before SQLite says "unable to open database file" to everything.
void check_path(const std::string& path, const ConnectOptions& options) {
  struct stat info {};
  const bool is_there = stat(path.c_str(), &info) == 0;
  if (!is_there && errno != ENOENT) {
    cannot_open(path, std::generic_category().message(errno), "");
  }
  if ((!is_there || (S_ISREG(info.st_mode) && info.st_size < kPage)) && has_log(path)) {
    // SQLite would delete the log, and with it what was committed.
    cannot_open(path,
                fmt::format("it is {}, but its write-ahead log '{}' is there",
                            is_there ? "cut off" : "missing", log_of(path)),
                "put the database file back, or move the log away if it is not needed");
  }
  if (!is_there) {
    if (!options.may_create || options.access == Access::read_only) {
      cannot_open(path, "the file does not exist",
                  "upgrade, stamp and ensure-version create it, elsewhere than beside the configuration with "
                  "--create; a "
                  "relative path is relative to the working directory");
    }
    const std::string directory = directory_of(path);
    if (stat(directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
      cannot_open(path, fmt::format("its directory '{}' does not exist", directory),
                  "create the directory first");
    }
    if (access(directory.c_str(), W_OK | X_OK) != 0) {
      cannot_open(path, fmt::format("no permission to create it in '{}'", directory),
                  "give this user write permission for the directory");
    }
    return;
  }
  if (S_ISDIR(info.st_mode)) {
    cannot_open(path, "it is a directory", "");
  }
  if (!S_ISREG(info.st_mode)) {
    cannot_open(path, "it is not a regular file", "");
  }
  if (access(path.c_str(), R_OK) != 0) {
    cannot_open(path, "no permission to read it", "");
  }
  if (options.access == Access::read_write && access(path.c_str(), W_OK) != 0) {
    cannot_open(path, "no permission to write it", "");
  }
}

bool is_duckdb_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(12, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  return head.substr(8) == "DUCK";
}

/// Makes SQLite read the file, which it puts off until it must. Returns false when the file must be written
/// first: a killed process left a journal, which a connection that may only read cannot roll back.
bool reads(Connection& connection, const std::string& path) {
  try {
    connection.query("PRAGMA main.schema_version");
    return true;
  } catch (const StatementFailed& failure) {
    const std::string_view words = failure.what();
    if (words == "attempt to write a readonly database" || words == "unable to open database file") {
      return false;
    }
    if (words == "file is not a database") {
      // SQLite holds no lock on a file that it could not read: opening it once more is safe here.
      cannot_open(path, is_duckdb_file(path) ? "it is a DuckDB database" : "it is not a SQLite database",
                  "check the store's type and path");
    }
    cannot_open(path, failure.what(), "");
  }
}

/// Metaxy's settings are PRAGMAs here. How long to wait for a lock is `lock_wait`, not `busy_timeout`.
void apply_settings(Connection& connection,
                    const std::vector<std::pair<std::string, std::string>>& settings) {
  for (const auto& [name, value] : settings) {
    const Cell parameter = lower(name);
    if (connection.query("SELECT 1 FROM pragma_pragma_list WHERE name = ?", std::span(&parameter, 1))
            .empty()) {
      throw Error(ErrorKind::configuration, fmt::format("SQLite knows no setting '{}'", name),
                  {.where = std::nullopt,
                   .hint = "settings are PRAGMAs: https://www.sqlite.org/pragma.html",
                   .notes = {}});
    }
    if (parameter != "busy_timeout") {
      connection.query(fmt::format("PRAGMA {} = {}", quoted_name(name), literal(value)));
    }
  }
}

/// Rolls a journal back that a connection for reading only must not touch; false when this user may not
/// either.
bool rolls_back_journal(const std::string& path, const ConnectOptions& options) {
  return access(path.c_str(), W_OK) == 0 &&
         reads(*open_connection(path, OpenMode::read_write, options), path);
}

/// A transaction needs a journal beside the file, unless the settings keep it elsewhere. Found out now, not
/// by the first statement of a script, which is not to blame.
void check_directory(Connection& connection, const std::string& path) {
  const std::string directory = directory_of(behind_links(path));
  if (access(directory.c_str(), W_OK | X_OK) == 0) {
    return;
  }
  try {
    const std::string version = connection.query("PRAGMA main.user_version").at(0).at(0).value_or("0");
    connection.begin({});
    connection.query("PRAGMA main.user_version = " + version);
    connection.rollback();
  } catch (const StatementFailed&) {
    connection.rollback();
    cannot_open(path,
                fmt::format("no permission to write in its directory '{}', where SQLite keeps the journal of "
                            "a transaction",
                            directory),
                "give this user write permission for the directory");
  }
}

std::unique_ptr<Connection> readable_connection(const std::string& path, OpenMode mode,
                                                const ConnectOptions& options) {
  std::unique_ptr<Connection> connection = open_connection(path, mode, options);
  if (reads(*connection, path)) {
    return connection;
  }
  if (mode == OpenMode::read_only && rolls_back_journal(path, options)) {
    connection = open_connection(path, mode, options);
    if (reads(*connection, path)) {
      return connection;
    }
  }
  cannot_open(path,
              "SQLite cannot write beside it, and must, to roll back what a killed process left or to read a "
              "database in WAL mode",
              "give this user write permission for the file and its directory");
}

}  // namespace

std::unique_ptr<Connection> open(const Target& target, const ConnectOptions& options) {
  const std::string& path = target.location.reveal();
  if (path.empty()) {
    throw Error(ErrorKind::configuration, "the store names no database file");
  }
  OpenMode mode = options.access == Access::read_only ? OpenMode::read_only : OpenMode::read_write;
  if (path == ":memory:" || (mode == OpenMode::read_write && options.may_create)) {
    mode = OpenMode::create;
  }
  if (path != ":memory:") {
    check_path(path, options);
  }
  std::unique_ptr<Connection> connection = readable_connection(path, mode, options);
  apply_settings(*connection, target.settings);
  if (path != ":memory:" && options.access == Access::read_write) {
    check_directory(*connection, path);
  }
  return connection;
}

}  // namespace metaxy::migrate::sqlite
