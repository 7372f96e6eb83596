#include "raw_database.hpp"

#include <dlfcn.h>
#include <duckdb.h>
#include <sqlite3.h>

#include <cstdlib>
#include <cstring>

#include "raw_scripts.hpp"

namespace metaxy::migrate::bench {

namespace {

class RawSqlite final : public RawDatabase {
 public:
  explicit RawSqlite(const char* path) {
    if (sqlite3_open(path, &handle_) != SQLITE_OK) fail(sqlite3_errmsg(handle_));
    // As a run of ours has them (dialects/rebuild.md): they change nothing where there are no foreign keys.
    run("PRAGMA foreign_keys=OFF");
    run("PRAGMA legacy_alter_table=ON");
  }
  ~RawSqlite() override { sqlite3_close(handle_); }
  RawSqlite(const RawSqlite&) = delete;
  RawSqlite& operator=(const RawSqlite&) = delete;

  void run(const std::string& sql) override {
    sqlite3_stmt* statement = prepared(sql.c_str(), sql.size());
    int code = sqlite3_step(statement);
    while (code == SQLITE_ROW) code = sqlite3_step(statement);
    if (code != SQLITE_DONE) fail(std::string(sqlite3_errmsg(handle_)) + "\n" + sql);
    sqlite3_finalize(statement);
  }

  void read(const char* sql, const TakeRow& take) override {
    sqlite3_stmt* statement = prepared(sql, std::strlen(sql));
    const int columns = sqlite3_column_count(statement);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      std::string line;
      for (int i = 0; i < columns; ++i) {
        const unsigned char* text = sqlite3_column_text(statement, i);
        if (text != nullptr) line += reinterpret_cast<const char*>(text);
        line += '|';
      }
      take(std::move(line));
    }
    sqlite3_finalize(statement);
  }

  std::vector<const char*> catalog_queries() const override {
    return {
        "SELECT 'column', m.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk, c.hidden "
        "FROM sqlite_schema m, pragma_table_xinfo(m.name) c WHERE m.type = 'table'",
        "SELECT 'index', m.name, l.name, l.\"unique\", l.origin, l.partial, i.seqno, i.name "
        "FROM sqlite_schema m, pragma_index_list(m.name) l, pragma_index_info(l.name) i WHERE m.type = "
        "'table'",
        "SELECT 'key', m.name, k.id, k.seq, k.\"table\", k.\"from\", k.\"to\" "
        "FROM sqlite_schema m, pragma_foreign_key_list(m.name) k WHERE m.type = 'table'",
        "SELECT 'check', name, sql FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%CHECK%'"};
  }

 private:
  /// The size counts the NUL at the end: SQLite copies a text that does not end where its size says.
  sqlite3_stmt* prepared(const char* sql, std::size_t size) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle_, sql, static_cast<int>(size) + 1, &statement, nullptr) != SQLITE_OK) {
      fail(std::string(sqlite3_errmsg(handle_)) + "\n" + sql);
    }
    return statement;
  }

  sqlite3* handle_ = nullptr;
};

class RawDuckdb final : public RawDatabase {
 public:
  explicit RawDuckdb(const char* path) {
    const char* library = std::getenv("METAXY_MIGRATE_DUCKDB_LIBRARY");
    void* module = dlopen(library != nullptr ? library : "libduckdb.so", RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) fail(dlerror());
    load(module, "duckdb_open", open_);
    load(module, "duckdb_connect", connect_);
    load(module, "duckdb_query", query_);
    load(module, "duckdb_result_error", error_);
    load(module, "duckdb_destroy_result", destroy_);
    load(module, "duckdb_fetch_chunk", fetch_);
    load(module, "duckdb_destroy_data_chunk", drop_);
    load(module, "duckdb_data_chunk_get_size", size_);
    load(module, "duckdb_data_chunk_get_column_count", columns_);
    load(module, "duckdb_data_chunk_get_vector", vector_);
    load(module, "duckdb_vector_get_data", data_);
    load(module, "duckdb_vector_get_validity", validity_);
    load(module, "duckdb_disconnect", disconnect_);
    load(module, "duckdb_close", close_);
    if (open_(path, &database_) == DuckDBError) fail("cannot open");
    if (connect_(database_, &connection_) == DuckDBError) fail("cannot connect");
  }
  ~RawDuckdb() override {
    disconnect_(&connection_);
    close_(&database_);
  }
  RawDuckdb(const RawDuckdb&) = delete;
  RawDuckdb& operator=(const RawDuckdb&) = delete;

  void run(const std::string& sql) override {
    duckdb_result result{};
    if (query_(connection_, sql.c_str(), &result) == DuckDBError)
      fail(std::string(error_(&result)) + "\n" + sql);
    destroy_(&result);
  }

  void read(const char* sql, const TakeRow& take) override {
    duckdb_result result{};
    if (query_(connection_, sql, &result) == DuckDBError) fail(std::string(error_(&result)) + "\n" + sql);
    for (duckdb_data_chunk chunk = fetch_(result); chunk != nullptr; chunk = fetch_(result)) {
      const idx_t columns = columns_(chunk);
      for (idx_t row = 0; row < size_(chunk); ++row) {
        std::string line;
        for (idx_t column = 0; column < columns; ++column) {
          append(vector_(chunk, column), row, line);
          line += '|';
        }
        take(std::move(line));
      }
      drop_(&chunk);
    }
    destroy_(&result);
  }

  std::vector<const char*> catalog_queries() const override {
    return {
        "SELECT 'column', schema_name, table_name, column_name, data_type, is_nullable::VARCHAR, "
        "column_default, "
        "column_index::VARCHAR FROM duckdb_columns() WHERE NOT internal",
        "SELECT 'index', schema_name, table_name, index_name, is_unique::VARCHAR, expressions, sql "
        "FROM duckdb_indexes()",
        "SELECT 'key', schema_name, table_name, constraint_type, constraint_text, "
        "array_to_string(constraint_column_names, ','), expression FROM duckdb_constraints()"};
  }

  std::vector<std::string> around_commit_of_alter() const override {
    return {"SET checkpoint_threshold = '0b'", "RESET checkpoint_threshold"};
  }

 private:
  template <class F>
  static void load(void* module, const char* name, F& function) {
    void* symbol = dlsym(module, name);
    if (symbol == nullptr) fail(name);
    std::memcpy(&function, &symbol, sizeof function);
  }

  void append(duckdb_vector vector, idx_t row, std::string& line) const {
    const std::uint64_t* validity = validity_(vector);
    if (validity != nullptr && ((validity[row / 64] >> (row % 64)) & 1U) == 0) return;
    const duckdb_string_t& value = static_cast<const duckdb_string_t*>(data_(vector))[row];
    const std::uint32_t length = value.value.inlined.length;
    line.append(
        length <= sizeof value.value.inlined.inlined ? value.value.inlined.inlined : value.value.pointer.ptr,
        length);
  }

  decltype(&duckdb_open) open_ = nullptr;
  decltype(&duckdb_connect) connect_ = nullptr;
  decltype(&duckdb_query) query_ = nullptr;
  decltype(&duckdb_result_error) error_ = nullptr;
  decltype(&duckdb_destroy_result) destroy_ = nullptr;
  decltype(&duckdb_fetch_chunk) fetch_ = nullptr;
  decltype(&duckdb_destroy_data_chunk) drop_ = nullptr;
  decltype(&duckdb_data_chunk_get_size) size_ = nullptr;
  decltype(&duckdb_data_chunk_get_column_count) columns_ = nullptr;
  decltype(&duckdb_data_chunk_get_vector) vector_ = nullptr;
  decltype(&duckdb_vector_get_data) data_ = nullptr;
  decltype(&duckdb_vector_get_validity) validity_ = nullptr;
  decltype(&duckdb_disconnect) disconnect_ = nullptr;
  decltype(&duckdb_close) close_ = nullptr;
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

}  // namespace

std::unique_ptr<RawDatabase> open_raw(const std::string& kind, const char* path) {
  if (kind == "sqlite") return std::make_unique<RawSqlite>(path);
  if (kind == "duckdb") return std::make_unique<RawDuckdb>(path);
  if (kind == "postgresql") return open_raw_postgresql(path);
  fail("no such database: " + kind);
}

}  // namespace metaxy::migrate::bench
