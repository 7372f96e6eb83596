#include "dialect/duckdb/database.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "base/stop_signals.hpp"
#include "base/text.hpp"
#include "dialect/duckdb/torn_block.hpp"

namespace metaxy::migrate::duckdb {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Device and inode: the same file under any of its names.
using FileId = std::pair<dev_t, ino_t>;

std::mutex registry_mutex;
std::map<FileId, std::weak_ptr<Database>>& registry() {
  static std::map<FileId, std::weak_ptr<Database>> databases;
  return databases;
}

std::optional<FileId> id_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileId{status.st_dev, status.st_ino};
}

/// What this process has open under that name; the caller holds the mutex.
std::shared_ptr<Database> shared_handle(const std::string& path) {
  const std::optional<FileId> id = id_of(path);
  if (!id) return nullptr;
  const auto found = registry().find(*id);
  return found == registry().end() ? nullptr : found->second.lock();
}

bool is_memory(const std::string& path) { return path.empty() || path == ":memory:"; }

Error unusable(const std::string& path, std::string_view what, std::string hint) {
  return {ErrorKind::failure,
          fmt::format("database file '{}' {}", path, what),
          {.where = {}, .hint = std::move(hint), .notes = {}}};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

void check_missing(const std::string& path, const ConnectOptions& options) {
  if (wal_size(path) > 0) {
    // DuckDB would create an empty database and silently delete the log.
    throw unusable(path, "is missing, but its write-ahead log '" + path + ".wal' is there",
                   "put the database file back, or move the log away if it is not needed");
  }
  if (!options.may_create) {
    throw unusable(path, "does not exist",
                   "upgrade, stamp and ensure-version create it, elsewhere than beside the configuration "
                   "with --create; a "
                   "relative path is relative to the working directory");
  }
  const std::string folder = folder_of(path);
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    throw unusable(path, fmt::format("cannot be created: there is no folder '{}'", folder),
                   "create the folder first");
  }
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    throw unusable(path, fmt::format("cannot be created in '{}': {}", folder, std::strerror(errno)), {});
  }
}

void check_magic(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 16> head{};
  file.read(head.data(), head.size());
  const std::string_view bytes(head.data(), static_cast<std::size_t>(file.gcount()));
  if (bytes.substr(0, 15) == "SQLite format 3") {
    throw unusable(path, "is a SQLite database, not a DuckDB database",
                   "check the store's type and 'database'");
  }
  if (bytes.size() < 12 || bytes.substr(8, 4) != "DUCK") {
    throw unusable(path,
                   bytes.empty() ? "is empty: DuckDB does not open such a file" : "is not a DuckDB database",
                   bytes.empty() ? "delete it, so that it is created anew" : "check the store's 'database'");
  }
}

/// All that can be known without libduckdb. Never called while this process has the file open.
void check_file(const std::string& path, const ConnectOptions& options) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) throw unusable(path, fmt::format("cannot be opened: {}", std::strerror(errno)), {});
    check_missing(path, options);
    return;
  }
  if (S_ISDIR(status.st_mode)) throw unusable(path, "is a folder, not a DuckDB database", {});
  if (!S_ISREG(status.st_mode)) throw unusable(path, "is not a regular file", {});
  const bool is_writing = options.access == Access::read_write;
  if (access(path.c_str(), is_writing ? R_OK | W_OK : R_OK) != 0) {
    throw unusable(
        path,
        fmt::format("cannot be opened for {}: {}", is_writing ? "writing" : "reading", std::strerror(errno)),
        "check the file's owner and mode");
  }
  if (const std::string folder = folder_of(path); is_writing && access(folder.c_str(), W_OK | X_OK) != 0) {
    throw unusable(
        path,
        fmt::format("cannot be written: DuckDB keeps its write-ahead log beside it, and '{}' cannot "
                    "be written: {}",
                    folder, std::strerror(errno)),
        "give this user write permission for the folder");
  }
  check_magic(path);
}

/// Owns a configuration until the database is open.
class Configuration {
 public:
  Configuration() { library().create_config(&config_); }
  ~Configuration() { library().destroy_config(&config_); }
  Configuration(const Configuration&) = delete;
  Configuration& operator=(const Configuration&) = delete;

  void set(const std::string& name, const std::string& value) {
    if (library().set_config(config_, name.c_str(), value.c_str()) == DuckDBError) {
      throw Error(ErrorKind::configuration,
                  fmt::format("DuckDB does not take setting '{}' = '{}'", name, value),
                  {.where = {}, .hint = "check the store's 'config'", .notes = {}});
    }
  }
  duckdb_config handle() const { return config_; }

 private:
  duckdb_config config_ = nullptr;
};

bool sets_threads(const Target& target) {
  return std::any_of(target.settings.begin(), target.settings.end(), [](const auto& setting) {
    return equal_ignoring_case(setting.first, "threads") ||
           equal_ignoring_case(setting.first, "worker_threads");
  });
}

void configure(Configuration& config, const Target& target, const ConnectOptions& options) {
  for (const auto& [name, value] : target.settings) {
    // The session's zone is always UTC, as it is for Metaxy's own reads and writes; DuckDB refuses it before
    // opening.
    if (!equal_ignoring_case(name, "timezone")) config.set(name, value);
  }
  if (!is_memory(target.location.reveal())) {
    config.set("access_mode", options.access == Access::read_only ? "READ_ONLY" : "READ_WRITE");
  }
  if (!sets_threads(target)) config.set("threads", "1");
  config.set("autoinstall_known_extensions", "false");
  config.set("autoload_known_extensions", "false");
}

/// "pid 4517 (python3.11)" from `Conflicting lock is held in /usr/bin/python3.11 (PID 4517)`.
std::string holder_in(std::string_view message) {
  constexpr std::string_view kPid = "(PID ";
  const std::size_t at = message.find(kPid);
  if (at == std::string_view::npos) return "another process";
  long pid = 0;
  const std::string_view digits = message.substr(at + kPid.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), pid);
  std::string name;
  std::getline(std::ifstream(fmt::format("/proc/{}/comm", pid)), name);
  if (name.empty()) {
    const std::string_view program = trimmed(message.substr(0, at));
    name = program.substr(program.find_last_of("/ ") + 1);
  }
  return fmt::format("pid {} ({})", pid, name);
}

/// Sleeps between attempts to open a file that another process holds, ever longer, and says so about once a
/// second.
class LockWait {
 public:
  LockWait(const std::string& path, const ConnectOptions& options) : path_(path), options_(options) {}

  /// Throws Error(lock) when the time is up.
  void pause(std::string_view message) {
    const std::string holder = holder_in(message);
    const auto now = steady_clock::now();
    if (now - start_ >= options_.lock_wait) {
      throw Error(
          ErrorKind::lock, fmt::format("database '{}' is held by {}", path_, holder),
          {.where = {},
           .hint =
               "DuckDB lets one process at a time open a database for writing: close the other one, or wait "
               "longer with 'lock_wait'",
           .notes = {fmt::format("waited {:.1f} s", std::chrono::duration<double>(now - start_).count())}});
    }
    if (options_.waiting && now >= next_notice_) {
      options_.waiting(holder);
      next_notice_ = now + std::chrono::seconds(1);
    }
    const auto left = std::chrono::duration_cast<milliseconds>(options_.lock_wait - (now - start_));
    std::this_thread::sleep_for(std::min(delay_, std::max(left, milliseconds(1))));
    delay_ = std::min(delay_ * 2, milliseconds(250));
  }

 private:
  const std::string& path_;
  const ConnectOptions& options_;
  steady_clock::time_point start_ = steady_clock::now();
  steady_clock::time_point next_notice_ = start_;
  milliseconds delay_{10};
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// A process died between a commit and its checkpoint (dialect facts: matrix, 5).
NeedsRecovery not_replayable(const std::string& path, const std::string& message) {
  return {
      ErrorKind::failure,
      fmt::format("database '{}' was not closed cleanly, and DuckDB cannot replay its write-ahead log", path),
      {.where = {},
       .hint =
           "'metaxy-migrate recover' replays it in another way and closes the database properly; so does the "
           "next run that writes",
       .notes = {cleaned(message)}}};
}

/// A process died while it wrote into the file (torn_block.hpp).
NeedsRecovery half_written(const std::string& path, const std::string& message) {
  return {
      ErrorKind::failure,
      fmt::format("database '{}' is damaged: a block of it does not fit its checksum", path),
      {.where = {},
       .hint = "'metaxy-migrate recover' mends a block that a killed process left half written; so does the "
               "next run that writes",
       .notes = {cleaned(message)}}};
}

/// DuckDB's reason for not opening the file, with the way out.
Error refused(const std::string& path, const std::string& message) {
  const std::string words = cleaned(message);
  const ErrorDetail own_words{.where = {}, .hint = {}, .notes = {words}};
  if (contains(message, "were not recognized") || contains(message, "Parser Error") || is_memory(path)) {
    return {ErrorKind::configuration,
            fmt::format("DuckDB does not take the store's settings: {}", words),
            {.where = {}, .hint = "check the store's 'config'", .notes = {}}};
  }
  if (contains(message, "version number")) {
    return {ErrorKind::failure,
            fmt::format("database '{}' is of another DuckDB version", path),
            {.where = {},
             .hint = fmt::format("this program uses DuckDB {} ('{}')", library().version, library().path),
             .notes = {words}}};
  }
  if (contains(message, "Corrupt database") || contains(message, "checksum") ||
      contains(message, "Could not read enough bytes")) {
    return {ErrorKind::failure,
            fmt::format("database '{}' is damaged", path),
            {.where = {}, .hint = "'metaxy-migrate restore' puts a backup back", .notes = {words}}};
  }
  return {ErrorKind::failure, fmt::format("database '{}' cannot be opened", path), own_words};
}

/// With the threads that the configuration asks for.
duckdb_state try_to_open(const char* name, const Configuration& config, duckdb_database& handle,
                         char*& message) {
  const StopSignalsBlocked blocked;
  return library().open_ext(name, &handle, config.handle(), &message);
}

duckdb_database open_handle(const std::string& path, const Configuration& config,
                            const ConnectOptions& options) {
  LockWait wait(path, options);
  while (true) {
    duckdb_database handle = nullptr;
    char* text = nullptr;
    const char* name = is_memory(path) ? nullptr : path.c_str();
    if (try_to_open(name, config, handle, text) == DuckDBSuccess) return handle;
    const std::string message = text != nullptr ? text : "";
    library().free(text);
    library().close(&handle);
    if (torn_block(message)) throw half_written(path, message);
    if (contains(message, "replaying WAL")) throw not_replayable(path, message);
    if (!contains(message, "Could not set lock on file")) throw refused(path, message);
    wait.pause(message);
  }
}

std::string absolute(const std::string& path) {
  std::array<char, 4096> folder{};
  if (path.front() == '/' || getcwd(folder.data(), folder.size()) == nullptr) return path;
  return fmt::format("{}/{}", folder.data(), path);
}

std::shared_ptr<Database> open_file(const Target& target, const ConnectOptions& options) {
  const std::string& path = target.location.reveal();
  const std::lock_guard guard(registry_mutex);
  if (std::shared_ptr<Database> shared = shared_handle(path)) {
    if (options.access == Access::read_write && shared->access() == Access::read_only) {
      throw Error(ErrorKind::failure,
                  fmt::format("database '{}' is already open here, for reading only", path));
    }
    return shared;
  }
  check_file(path, options);
  Configuration config;
  configure(config, target, options);
  auto database = std::make_shared<Database>(absolute(path), options.access, !sets_threads(target),
                                             open_handle(path, config, options));
  if (const std::optional<FileId> id = id_of(path)) registry()[*id] = database;
  return database;
}

}  // namespace

Database::~Database() { library().close(&handle_); }

std::shared_ptr<Database> open_database(const Target& target, const ConnectOptions& options) {
  const std::string& path = target.location.reveal();
  if (path.starts_with("md:") || path.starts_with("motherduck:")) {
    throw Error(ErrorKind::configuration, "MotherDuck databases are not supported yet",
                {.where = {}, .hint = "use a DuckDB file, or a PostgreSQL store", .notes = {}});
  }
  if (!is_memory(path)) return open_file(target, options);
  Configuration config;
  configure(config, target, options);
  return std::make_shared<Database>("", Access::read_write, !sets_threads(target),
                                    open_handle(path, config, options));
}

bool is_open_here(const std::string& path) {
  const std::lock_guard guard(registry_mutex);
  return shared_handle(path) != nullptr;
}

std::string cleaned(std::string_view message) {
  for (const std::string_view end : {"\n\nLINE ", "\nLINE ", "\nStack Trace", "\n\nStack Trace",
                                     "\nThis error signals an assertion failure"}) {
    message = message.substr(0, message.find(end));
  }
  return replace_all(replace_all(std::string(trimmed(message)), "\n\n", " "), "\n", " ");
}

std::size_t wal_size(const std::string& path) {
  struct stat status {};
  return stat((path + ".wal").c_str(), &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

}  // namespace metaxy::migrate::duckdb
