#pragma once
// Opening a DuckDB database: what is looked at before libduckdb touches the file, the wait for another
// process that holds it, and DuckDB's refusals in words for people. One handle a process and file: two
// handles on one file lose tables, and any close() of the file in this process drops DuckDB's lock on it
// (dialect facts: locks, 3). Includes the vendor's header through library.hpp: only the driver's .cpp files
// may include this one.

#include <memory>
#include <string>
#include <string_view>

#include "dialect/dialect.hpp"
#include "dialect/duckdb/library.hpp"

namespace metaxy::migrate::duckdb {

/// An open database; closes with its last owner.
class Database {
 public:
  Database(std::string path, Access access, bool has_one_thread, duckdb_database handle)
      : path_(std::move(path)), access_(access), has_one_thread_(has_one_thread), handle_(handle) {}
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  duckdb_database handle() const { return handle_; }
  /// Empty for a database in memory.
  const std::string& path() const { return path_; }
  Access access() const { return access_; }
  /// It was opened with one thread, which nobody asked for; `RESET threads` gives it the usual ones.
  bool has_one_thread() const { return has_one_thread_; }

 private:
  std::string path_;
  Access access_;
  bool has_one_thread_;
  duckdb_database handle_;
};

/// Opens the database, or shares the handle that this process already has on the file. Throws as
/// Dialect::connect says.
std::shared_ptr<Database> open_database(const Target& target, const ConnectOptions& options);

/// Whether this process has the file open, so that nothing here may open and close it by itself.
bool is_open_here(const std::string& path);

/// DuckDB's message on one line, without its stack trace and without the statement's text, which callers show
/// themselves.
std::string cleaned(std::string_view message);

/// Size of the database's write-ahead log in bytes; 0 when there is none.
std::size_t wal_size(const std::string& path);

}  // namespace metaxy::migrate::duckdb
