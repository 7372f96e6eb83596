#include "dialect/duckdb/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <map>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/duckdb/connection.hpp"
#include "dialect/duckdb/database.hpp"
#include "dialect/duckdb/file_tools.hpp"
#include "dialect/duckdb/quoting.hpp"
#include "dialect/duckdb/torn_block.hpp"

namespace metaxy::migrate::duckdb {
namespace {

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
  if (wal_size(path) == 0) return;
  // The process was killed while it wrote the log's only transaction: there is nothing to replay, so nothing
  // is written into the file, and the log stays. A change makes DuckDB cut the broken end off first.
  connection->execute(fmt::format("ATTACH {} AS {}", literal(path), kAlias));
  const std::string table = fmt::format("{}.main.metaxy_migrate_recovery", kAlias);
  connection->begin({});
  connection->execute(fmt::format("CREATE TABLE {}(i INTEGER)", table));
  connection->execute(fmt::format("DROP TABLE {}", table));
  connection->commit();
  connection->execute(fmt::format("CHECKPOINT {}", kAlias));
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

enum class Trouble { log, block };

/// Why the file does not open. Throws when it opens, is held by somebody or is no DuckDB file.
Trouble trouble_with(const std::string& path) {
  if (is_open_here(path)) throw failed(fmt::format("'{}' is open in this process", path));
  try {
    opened(path, Access::read_write);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::failure && files().owns(path)) {
      if (!error.notes().empty() && torn_block(error.notes().front())) return Trouble::block;
      if (wal_size(path) > 0) return Trouble::log;
    }
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
    PartialFile part(to);
    copy_in_child(from, part.path());
    copy_mode(from, part.path());
    sync(part.path(), O_RDONLY);
    part.keep();
    sync(folder_of(to), O_RDONLY | O_DIRECTORY);
  }

  std::vector<std::string> side_files(const std::string& path) const override {
    return {path + ".wal", path + ".wal.checkpoint", path + ".wal.recovery"};
  }

  std::string recover(const std::string& path) const override {
    if (trouble_with(path) == Trouble::block) {
      std::string done = mend_torn_blocks(path);
      try {
        // Opened for writing, DuckDB replays the log if there is one.
        opened(path, Access::read_write);
        return done;
      } catch (const NeedsRecovery&) {
        return fmt::format("{}; {}", done, replay_log(path));
      }
    }
    return replay_log(path);
  }

 private:
  static std::string replay_log(const std::string& path) {
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
