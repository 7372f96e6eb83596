#include "dialect/sqlite/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/links.hpp"
#include "dialect/sqlite/driver.hpp"

namespace metaxy::migrate::sqlite {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::failure, fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

void sync(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool is_synced = file >= 0 && fsync(file) == 0;
  const int error = errno;
  if (file >= 0) {
    close(file);
  }
  if (!is_synced) {
    errno = error;
    fail(fmt::format("cannot write '{}' to disk", path));
  }
}

/// BEGIN IMMEDIATE for the time of a copy, where the caller has none.
class WriteLock {
 public:
  explicit WriteLock(Connection& connection)
      : connection_(connection), is_ours_(!connection.is_in_transaction()) {
    if (is_ours_) {
      connection_.begin({});
    }
  }
  ~WriteLock() {
    if (is_ours_) {
      connection_.rollback();
    }
  }
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;

 private:
  Connection& connection_;
  bool is_ours_;
};

/// "ok" alone where the database is whole.
std::vector<std::string> integrity_findings(Connection& connection) {
  std::vector<std::string> findings;
  try {
    for (const Row& row : connection.query("PRAGMA main.integrity_check(10)")) {
      findings.push_back(row.front().value_or(""));
    }
  } catch (const StatementFailed& failed) {
    findings.emplace_back(failed.what());
  }
  return findings;
}

/// SQLite leaves a journal where the disk was too full to roll back.
void remove_copy(const std::string& path) {
  std::remove(path.c_str());
  std::remove((path + "-journal").c_str());
}

/// Gives a whole copy the mode of `original`, and its name, for good.
void take_name(const std::string& partial, const std::string& name, const std::string& original) {
  struct stat info {};
  if (stat(original.c_str(), &info) != 0 || chmod(partial.c_str(), info.st_mode & 07777U) != 0) {
    fail(fmt::format("cannot give '{}' the mode of '{}'", partial, original));
  }
  sync(partial, O_RDONLY);
  if (std::rename(partial.c_str(), name.c_str()) != 0) {
    fail(fmt::format("cannot rename '{}' to '{}'", partial, name));
  }
  sync(directory_of(name), O_RDONLY | O_DIRECTORY);
}

bool has_content(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && info.st_size > 0;
}

}  // namespace

bool SqliteFiles::owns(const std::string& path) const {
  std::ifstream file(path, std::ios::binary);
  std::string head(kMagic.size(), '\0');
  return file.read(head.data(), static_cast<std::streamsize>(head.size())) && head == kMagic;
}

void SqliteFiles::back_up(Connection& connection, const std::string& from, const std::string& to) const {
  const std::string partial = to + ".partial";
  remove_copy(partial);
  try {
    const WriteLock lock(connection);
    copy_database(from, partial);
    take_name(partial, to, from);
  } catch (const Error&) {
    remove_copy(partial);
    throw;
  }
}

bool SqliteFiles::put_back(Connection& connection, const std::string& backup, const std::string& kept) const {
  const std::string partial = kept + ".partial";
  bool is_done = false;
  bool is_kept = false;
  try {
    is_done = replace_content(connection, backup, partial, [&] {
      take_name(partial, kept, backup);
      is_kept = true;
    });
  } catch (const Error&) {
    remove_copy(is_kept ? kept : partial);
    throw;
  }
  if (!is_done) {
    remove_copy(is_kept ? kept : partial);
  }
  return is_done;
}

std::vector<std::string> SqliteFiles::side_files(const std::string& path) const {
  return {path + "-journal", path + "-wal", path + "-shm"};
}

std::string SqliteFiles::recover(const std::string& path) const {
  const bool has_journal = has_content(behind_links(path) + "-journal");
  const bool has_wal = has_content(behind_links(path) + "-wal");
  Target target;
  target.location = Secret(path);
  ConnectOptions options;
  options.access = Access::read_write;
  const std::unique_ptr<Connection> connection = sqlite::open(target, options);
  std::vector<std::string> damage = integrity_findings(*connection);
  if (damage.size() != 1 || damage.front() != "ok") {
    throw Error(
        ErrorKind::failure, fmt::format("database '{}' is damaged", path),
        {.where = std::nullopt,
         .hint = "put a backup back with `restore`, or save what can be read with `sqlite3 FILE .recover`",
         .notes = std::move(damage)});
  }
  if (has_wal) {
    connection->query("PRAGMA main.wal_checkpoint(TRUNCATE)");
  }
  if (!has_journal && !has_wal) {
    throw Error(ErrorKind::failure,
                fmt::format("database '{}' opens and is whole: there is nothing to recover", path));
  }
  return fmt::format("{} what a killed process left of '{}'; the database is whole",
                     has_journal ? "rolled back" : "took over", path);
}

}  // namespace metaxy::migrate::sqlite
