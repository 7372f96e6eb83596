#pragma once
// The C libraries of the databases with nothing around them: what the program is measured against.

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace metaxy::migrate::bench {

class RawDatabase {
 public:
  /// The values of one row as text, each followed by '|'.
  using TakeRow = std::function<void(std::string line)>;

  virtual ~RawDatabase() = default;
  /// Runs one statement and drops its rows.
  virtual void run(const std::string& sql) = 0;
  /// The same for one of many statements: where the library can, without waiting for each.
  virtual void run_soon(const std::string& sql) { run(sql); }
  virtual void settle() {}
  /// Runs a query whose columns are text.
  virtual void read(const char* sql, const TakeRow& take) = 0;
  /// The catalog: columns, indexes, keys and checks of all tables.
  virtual std::vector<const char*> catalog_queries() const = 0;
  /// What must be set around the COMMIT of a transaction with an ALTER in it, before and after; empty:
  /// nothing.
  virtual std::vector<std::string> around_commit_of_alter() const { return {}; }
};

/// "sqlite", "duckdb" or "postgresql". DuckDB's library is the one that METAXY_MIGRATE_DUCKDB_LIBRARY names,
/// as for the program; the path of a server's database is its URL.
std::unique_ptr<RawDatabase> open_raw(const std::string& kind, const char* path);
std::unique_ptr<RawDatabase> open_raw_postgresql(const char* url);

}  // namespace metaxy::migrate::bench
