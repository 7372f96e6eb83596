#include "dialect/duckdb/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/duckdb/connection.hpp"
#include "dialect/duckdb/database.hpp"
#include "dialect/duckdb/quoting.hpp"

namespace metaxy::migrate::duckdb {
namespace {

Error failed(const std::string& message, std::vector<std::string> notes = {}, std::string hint = {}) {
  return {ErrorKind::failure, message, {.where = {}, .hint = std::move(hint), .notes = std::move(notes)}};
}

/// An open file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  void reset() { close(std::exchange(number_, -1)); }

 private:
  int number_;
};

std::string all_of(const Descriptor& input) {
  std::string text;
  std::array<char, 1024> piece{};
  while (true) {
    const ssize_t length = read(input.number(), piece.data(), piece.size());
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(length));
  }
}

/// Copies in a child process: opening and closing the database file in this one would drop DuckDB's lock on
/// it (decision 12).
void copy_in_child(const std::string& from, const std::string& to) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw failed(fmt::format("no pipe: {}", std::strerror(errno)));
  const Descriptor errors(ends[0]);
  Descriptor written(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, written.number(), STDERR_FILENO);
  std::array<std::string, 4> words = {"cp", "--", from, to};
  std::array<char*, 5> arguments = {words[0].data(), words[1].data(), words[2].data(), words[3].data(),
                                    nullptr};
  std::array<char*, 1> no_environment = {nullptr};
  pid_t child = 0;
  const int not_started =
      posix_spawnp(&child, "cp", &actions, nullptr, arguments.data(), no_environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (not_started != 0) throw failed(fmt::format("'cp' cannot be started: {}", std::strerror(not_started)));
  written.reset();
  const std::string words_of_child = all_of(errors);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  throw failed(fmt::format("'{}' cannot be copied to '{}'", from, to), {std::string(trimmed(words_of_child))},
               "free some space, or run with --backup=never");
}

void sync(const std::string& path, int flags) {
  const Descriptor file(open(path.c_str(), flags | O_CLOEXEC));
  if (file.number() < 0 || fsync(file.number()) != 0) {
    throw failed(fmt::format("'{}' cannot be synced to disk: {}", path, std::strerror(errno)));
  }
}

/// A finished copy takes its name; until then it has another one, which is removed when something fails.
class PartialFile {
 public:
  explicit PartialFile(std::string final_path) : final_(std::move(final_path)), path_(final_ + ".part") {}
  ~PartialFile() {
    if (!is_kept_) unlink(path_.c_str());
  }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const std::string& path() const { return path_; }
  void keep() {
    if (rename(path_.c_str(), final_.c_str()) != 0) {
      throw failed(fmt::format("'{}' cannot be renamed to '{}': {}", path_, final_, std::strerror(errno)));
    }
    is_kept_ = true;
  }

 private:
  std::string final_;
  std::string path_;
  bool is_kept_ = false;
};

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

/// Rows of every table of an attached database, as text: enough to see that nothing went missing.
std::map<std::string, std::string> row_counts(Connection& connection, const std::string& database) {
  std::map<std::string, std::string> counts;
  const std::vector<Cell> parameters = {database};
  for (const Row& row : connection.query("SELECT schema_name, table_name FROM duckdb_tables() "
                                         "WHERE database_name = ? AND NOT internal",
                                         parameters)) {
    const std::string name = quoted_name(*row[0]) + "." + quoted_name(*row[1]);
    counts[name] =
        *connection.query(fmt::format("SELECT count(*) FROM {}.{}", quoted_name(database), name))[0][0];
  }
  return counts;
}

constexpr const char* kAlias = "metaxy_migrate_recovered";

/// What the file holds when its log is replayed in memory only; changes nothing on disk.
std::map<std::string, std::string> content_of(const std::string& path) {
  Target memory;
  memory.location = Secret(":memory:");
  const std::unique_ptr<Connection> connection = connect(memory, {});
  try {
    connection->execute(fmt::format("ATTACH {} AS {} (READ_ONLY)", literal(path), kAlias));
    return row_counts(*connection, kAlias);
  } catch (const StatementFailed& failure) {
    throw failed(fmt::format("'{}' cannot be recovered: its write-ahead log cannot be replayed", path),
                 {failure.what()}, "'metaxy-migrate restore' puts a backup back");
  }
}

/// Attached to a database in memory, a file replays logs that it does not when opened by itself; detaching it
/// writes them into the file (dialect facts: matrix, 5).
void replay(const std::string& path) {
  Target memory;
  memory.location = Secret(":memory:");
  const std::unique_ptr<Connection> connection = connect(memory, {});
  connection->execute(fmt::format("ATTACH {} AS {}", literal(path), kAlias));
  connection->execute(fmt::format("DETACH {}", kAlias));
}

std::unique_ptr<Connection> opened(const std::string& path, Access access) {
  Target target;
  target.location = Secret(path);
  ConnectOptions options;
  options.access = access;
  options.lock_wait = std::chrono::milliseconds(0);
  return connect(target, options);
}

/// Throws when the file opens by itself, is held by somebody or is no DuckDB file.
void require_broken(const std::string& path) {
  if (is_open_here(path)) throw failed(fmt::format("'{}' is open in this process", path));
  try {
    opened(path, Access::read_write);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::failure && wal_size(path) > 0 && files().owns(path)) return;
    throw;
  }
  throw failed(fmt::format("'{}' opens: there is nothing to recover", path));
}

class DuckdbFiles final : public FileDatabase {
 public:
  bool owns(const std::string& path) const override {
    // The file must not be opened and closed here while the library has it open.
    if (is_open_here(path)) return true;
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 12> head{};
    return file.number() >= 0 && read(file.number(), head.data(), head.size()) == ssize_t{head.size()} &&
           std::string_view(head.data() + 8, 4) == "DUCK";
  }

  void back_up(Connection& connection, const std::string& from, const std::string& to) const override {
    if (access(to.c_str(), F_OK) == 0) throw failed(fmt::format("'{}' is there already", to));
    connection.execute("CHECKPOINT");
    if (wal_size(from) > 0) {
      throw failed(fmt::format("'{}' cannot be copied: its write-ahead log is in use", from));
    }
    struct stat original {};
    if (stat(from.c_str(), &original) != 0) {
      throw failed(fmt::format("'{}' cannot be copied: {}", from, std::strerror(errno)));
    }
    PartialFile part(to);
    copy_in_child(from, part.path());
    if (chmod(part.path().c_str(), original.st_mode & 07777) != 0) {
      throw failed(fmt::format("the mode of '{}' cannot be set: {}", to, std::strerror(errno)));
    }
    sync(part.path(), O_RDONLY);
    part.keep();
    sync(folder_of(to), O_RDONLY | O_DIRECTORY);
  }

  std::vector<std::string> side_files(const std::string& path) const override {
    return {path + ".wal", path + ".wal.checkpoint", path + ".wal.recovery"};
  }

  std::string recover(const std::string& path) const override {
    require_broken(path);
    const std::map<std::string, std::string> expected = content_of(path);
    replay(path);
    const std::unique_ptr<Connection> healed = opened(path, Access::read_only);
    const std::string database = *healed->query("SELECT current_database()")[0][0];
    if (wal_size(path) > 0 || row_counts(*healed, database) != expected) {
      throw failed(fmt::format("'{}' opens again, but does not hold what its log says", path), {},
                   "'metaxy-migrate restore' puts a backup back");
    }
    return fmt::format("replayed the write-ahead log into '{}': {} are there with all their rows", path,
                       counted(expected.size(), "table"));
  }
};

}  // namespace

const FileDatabase& files() {
  static const DuckdbFiles files;
  return files;
}

}  // namespace metaxy::migrate::duckdb
