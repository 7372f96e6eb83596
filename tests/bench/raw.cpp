// The limit that the program is measured against: the same statements through the C library of the database,
// with the same transactions, and the same files read, with nothing around it.
//
//   raw sqlite|duckdb run FILE STATEMENTS     one statement a line, also BEGIN and COMMIT
//   raw sqlite|duckdb noop FILE DIRECTORY     reads all scripts, selects the version rows
//   raw sqlite|duckdb catalog FILE            reads tables, columns, indexes and constraints
//   raw files DIRECTORY                       reads all scripts
//
// DuckDB is linked by dlopen like the program does it: METAXY_MIGRATE_DUCKDB_LIBRARY names the library.

#include <dlfcn.h>
#include <duckdb.h>
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace {

[[noreturn]] void fail(const std::string& what) {
  std::cerr << what << "\n";
  std::exit(1);
}

std::size_t read_scripts(const char* directory) {
  std::size_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::FILE* file = std::fopen(entry.path().c_str(), "r");
    if (file == nullptr) fail("cannot open " + entry.path().string());
    char buffer[65536];
    for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, file)) > 0;) bytes += got;
    std::fclose(file);
  }
  return bytes;
}

class Driver {
 public:
  virtual ~Driver() = default;
  virtual std::size_t run(const char* sql) = 0;
  virtual std::vector<const char*> catalog() const = 0;
};

class Sqlite final : public Driver {
 public:
  explicit Sqlite(const char* path) {
    if (sqlite3_open(path, &handle_) != SQLITE_OK) fail(sqlite3_errmsg(handle_));
    run("PRAGMA foreign_keys=OFF");
    run("PRAGMA legacy_alter_table=ON");
  }
  ~Sqlite() override { sqlite3_close(handle_); }
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  std::size_t run(const char* sql) override {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle_, sql, static_cast<int>(std::strlen(sql)) + 1, &statement, nullptr) !=
        SQLITE_OK) {
      fail(std::string(sqlite3_errmsg(handle_)) + "\n" + sql);
    }
    std::size_t rows = 0;
    int code = sqlite3_step(statement);
    for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const unsigned char* text = sqlite3_column_text(statement, i);
        rows += text != nullptr && text[0] != 0 ? 1 : 0;
      }
    }
    if (code != SQLITE_DONE) fail(std::string(sqlite3_errmsg(handle_)) + "\n" + sql);
    sqlite3_finalize(statement);
    return rows;
  }

  std::vector<const char*> catalog() const override {
    return {"SELECT type, name, tbl_name, sql FROM main.sqlite_schema",
            "SELECT m.name, x.cid, x.name, x.type, x.\"notnull\", x.dflt_value, x.pk, x.hidden FROM "
            "main.sqlite_schema m "
            "JOIN pragma_table_xinfo(m.name, 'main') x WHERE m.type = 'table'",
            "SELECT m.name, l.name, l.\"unique\", l.origin, l.partial, x.seqno, x.name, x.\"desc\" FROM "
            "main.sqlite_schema m "
            "JOIN pragma_index_list(m.name, 'main') l JOIN pragma_index_xinfo(l.name, 'main') x "
            "WHERE m.type = 'table' AND x.key = 1",
            "SELECT m.name, f.\"table\", f.\"from\", f.\"to\" FROM main.sqlite_schema m "
            "JOIN pragma_foreign_key_list(m.name, 'main') f WHERE m.type = 'table'"};
  }

 private:
  sqlite3* handle_ = nullptr;
};

class Duckdb final : public Driver {
 public:
  explicit Duckdb(const char* path) {
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
    load(module, "duckdb_disconnect", disconnect_);
    load(module, "duckdb_close", close_);
    if (open_(path, &database_) == DuckDBError) fail("cannot open");
    if (connect_(database_, &connection_) == DuckDBError) fail("cannot connect");
  }
  ~Duckdb() override {
    disconnect_(&connection_);
    close_(&database_);
  }
  Duckdb(const Duckdb&) = delete;
  Duckdb& operator=(const Duckdb&) = delete;

  std::size_t run(const char* sql) override {
    duckdb_result result{};
    if (query_(connection_, sql, &result) == DuckDBError) fail(std::string(error_(&result)) + "\n" + sql);
    std::size_t rows = 0;
    for (duckdb_data_chunk chunk = fetch_(result); chunk != nullptr; chunk = fetch_(result)) {
      rows += size_(chunk);
      drop_(&chunk);
    }
    destroy_(&result);
    return rows;
  }

  std::vector<const char*> catalog() const override {
    return {"SELECT schema_name, table_name, comment, sql FROM duckdb_tables() WHERE NOT internal",
            "SELECT schema_name, table_name, column_name, data_type, is_nullable::VARCHAR, column_default, "
            "comment "
            "FROM duckdb_columns() WHERE NOT internal",
            "SELECT schema_name, table_name, constraint_type, expression, "
            "to_json(constraint_column_names)::VARCHAR "
            "FROM duckdb_constraints()",
            "SELECT schema_name, table_name, index_name, is_unique::VARCHAR, expressions, sql FROM "
            "duckdb_indexes()"};
  }

 private:
  template <class F>
  static void load(void* module, const char* name, F& function) {
    void* symbol = dlsym(module, name);
    if (symbol == nullptr) fail(name);
    std::memcpy(&function, &symbol, sizeof function);
  }

  decltype(&duckdb_open) open_ = nullptr;
  decltype(&duckdb_connect) connect_ = nullptr;
  decltype(&duckdb_query) query_ = nullptr;
  decltype(&duckdb_result_error) error_ = nullptr;
  decltype(&duckdb_destroy_result) destroy_ = nullptr;
  decltype(&duckdb_fetch_chunk) fetch_ = nullptr;
  decltype(&duckdb_destroy_data_chunk) drop_ = nullptr;
  decltype(&duckdb_data_chunk_get_size) size_ = nullptr;
  decltype(&duckdb_disconnect) disconnect_ = nullptr;
  decltype(&duckdb_close) close_ = nullptr;
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

void run_lines(Driver& driver, const char* path) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    driver.run(line.c_str());
  }
}

int act(Driver& driver, const std::string& what, char** arguments) {
  if (what == "run") {
    run_lines(driver, arguments[4]);
  } else if (what == "noop") {
    std::cout << read_scripts(arguments[4]) << " bytes, "
              << driver.run("SELECT version_num FROM metaxy_migrate_version") << " rows\n";
  } else {
    std::size_t rows = 0;
    for (const char* query : driver.catalog()) rows += driver.run(query);
    std::cout << rows << "\n";
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count >= 3 && std::string(arguments[1]) == "files") {
    std::cout << read_scripts(arguments[2]) << " bytes\n";
    return 0;
  }
  if (count < 4) fail("see the head of raw.cpp");
  if (std::string(arguments[1]) == "sqlite") {
    Sqlite driver(arguments[3]);
    return act(driver, arguments[2], arguments);
  }
  Duckdb driver(arguments[3]);
  return act(driver, arguments[2], arguments);
}
