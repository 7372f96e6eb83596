#include "dialect/duckdb/result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "dialect/duckdb/database.hpp"
#include "dialect/duckdb/quoting.hpp"

namespace metaxy::migrate::duckdb {
namespace {

/// A result that frees itself.
class Result {
 public:
  explicit Result(const Library& library) : library_(library) {}
  ~Result() { library_.destroy_result(&result_); }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;

  duckdb_result* get() { return &result_; }

 private:
  const Library& library_;
  duckdb_result result_{};
};

/// What DuckDB says where one transaction first changed rows of a table and then the table itself (dialect
/// facts: matrix, 4.1 and 4.2). It speaks of another transaction, and there is none: its file is locked.
constexpr std::array<std::string_view, 2> kRowsBeforeTable = {
    "but another transaction has altered this table", "Cannot create index with outstanding updates"};

[[noreturn]] void fail(const char* message, std::string_view sql) {
  const std::string text = cleaned(message != nullptr ? message : "unknown error");
  ErrorDetail detail;
  if (std::any_of(kRowsBeforeTable.begin(), kRowsBeforeTable.end(),
                  [&](std::string_view part) { return text.find(part) != std::string::npos; })) {
    detail.hint =
        "DuckDB cannot change rows of a table and then the table itself in one transaction: put the "
        "statement "
        "that changes rows below those that alter the table, or above them into a section of its own";
  }
  throw StatementFailed(text, std::string(sql), {}, std::move(detail));
}

/// A prepared statement that frees itself.
class Prepared {
 public:
  Prepared(const Library& library, duckdb_connection connection, std::string_view sql)
      : library_(library), sql_(sql) {
    if (library_.prepare(connection, sql_.c_str(), &statement_) == DuckDBSuccess) return;
    const std::string message = library_.prepare_error(statement_);
    library_.destroy_prepare(&statement_);
    fail(message.c_str(), sql_);
  }
  ~Prepared() { library_.destroy_prepare(&statement_); }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

  void bind(std::span<const Cell> parameters) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const Cell& value = parameters[i];
      const duckdb_state state =
          value ? library_.bind_varchar_length(statement_, i + 1, value->data(), value->size())
                : library_.bind_null(statement_, i + 1);
      if (state == DuckDBError) fail(library_.prepare_error(statement_), sql_);
    }
  }
  void execute(Result& result) {
    if (library_.execute_prepared(statement_, result.get()) == DuckDBError) {
      fail(library_.result_error(result.get()), sql_);
    }
  }
  duckdb_prepared_statement get() const { return statement_; }

 private:
  const Library& library_;
  std::string sql_;
  duckdb_prepared_statement statement_ = nullptr;
};

/// Appends one value as text.
using Reader = void (*)(const void* data, idx_t row, std::string& text);

template <class Number>
void read_number(const void* data, idx_t row, std::string& text) {
  fmt::format_to(std::back_inserter(text), "{}", static_cast<const Number*>(data)[row]);
}

void read_text(const void* data, idx_t row, std::string& text) {
  const duckdb_string_t& value = static_cast<const duckdb_string_t*>(data)[row];
  // Short strings stand in the value itself; duckdb_string_t_data would be a call for every cell.
  const std::uint32_t length = value.value.inlined.length;
  text.append(
      length <= sizeof value.value.inlined.inlined ? value.value.inlined.inlined : value.value.pointer.ptr,
      length);
}

/// nullptr for a type whose text only DuckDB itself can make.
Reader reader_of(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_VARCHAR:
      return read_text;
    case DUCKDB_TYPE_BOOLEAN:
      return read_number<bool>;
    case DUCKDB_TYPE_TINYINT:
      return read_number<std::int8_t>;
    case DUCKDB_TYPE_SMALLINT:
      return read_number<std::int16_t>;
    case DUCKDB_TYPE_INTEGER:
      return read_number<std::int32_t>;
    case DUCKDB_TYPE_BIGINT:
      return read_number<std::int64_t>;
    case DUCKDB_TYPE_UTINYINT:
      return read_number<std::uint8_t>;
    case DUCKDB_TYPE_USMALLINT:
      return read_number<std::uint16_t>;
    case DUCKDB_TYPE_UINTEGER:
      return read_number<std::uint32_t>;
    case DUCKDB_TYPE_UBIGINT:
      return read_number<std::uint64_t>;
    default:
      return nullptr;
  }
}

void append_chunk(const Library& library, duckdb_data_chunk chunk, std::span<const Reader> readers,
                  std::vector<Row>& rows) {
  const idx_t size = library.data_chunk_get_size(chunk);
  const std::size_t first = rows.size();
  rows.resize(first + size, Row(readers.size()));
  for (std::size_t column = 0; column < readers.size(); ++column) {
    duckdb_vector vector = library.data_chunk_get_vector(chunk, column);
    const void* data = library.vector_get_data(vector);
    const std::uint64_t* validity = library.vector_get_validity(vector);
    for (idx_t row = 0; row < size; ++row) {
      const bool is_null = validity != nullptr && ((validity[row / 64] >> (row % 64)) & 1U) == 0;
      if (!is_null) readers[column](data, row, rows[first + row][column].emplace());
    }
  }
}

std::vector<Row> fetch(const Library& library, Result& result, std::string_view sql) {
  std::vector<Reader> readers(library.column_count(result.get()));
  for (std::size_t i = 0; i < readers.size(); ++i) {
    readers[i] = reader_of(library.column_type(result.get(), i));
    if (readers[i] == nullptr) {
      throw StatementFailed(fmt::format("column {} of the result is neither text nor a whole number", i + 1),
                            std::string(sql));
    }
  }
  std::vector<Row> rows;
  while (duckdb_data_chunk chunk = library.fetch_chunk(*result.get())) {
    append_chunk(library, chunk, readers, rows);
    library.destroy_data_chunk(&chunk);
  }
  return rows;
}

bool is_plain(const Library& library, const Prepared& prepared) {
  const idx_t columns = library.prepared_statement_column_count(prepared.get());
  for (idx_t i = 0; i < columns; ++i) {
    if (reader_of(library.prepared_statement_column_type(prepared.get(), i)) == nullptr) return false;
  }
  return true;
}

/// The statement with its parameters written out, for a library function that ends texts at NUL: nullopt
/// where a value holds one, or the marks are not as many as the values. Planning a statement with parameters
/// takes twice as long, since their types are only known when it is executed.
std::optional<std::string> written_out(std::string_view sql, std::span<const Cell> parameters) {
  std::string text;
  std::size_t next = 0;
  for (std::size_t at = 0; at < sql.size(); ++at) {
    const char c = sql[at];
    if (c == '\'' || c == '"') {
      const std::size_t end = std::min(sql.find(c, at + 1), sql.size() - 1);
      text += sql.substr(at, end + 1 - at);
      at = end;
    } else if (c != '?') {
      text += c;
    } else if (next == parameters.size()) {
      return std::nullopt;
    } else if (const Cell& value = parameters[next++]) {
      text += literal(*value);
    } else {
      text += "NULL";
    }
  }
  const bool is_whole = next == parameters.size() && text.find('\0') == std::string::npos;
  return is_whole ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace

std::int64_t run_statement(const Library& library, duckdb_connection connection, std::string_view sql,
                           std::span<const Cell> parameters) {
  Result result(library);
  const std::optional<std::string> text =
      parameters.empty() ? std::optional(std::string(sql)) : written_out(sql, parameters);
  if (text) {
    if (library.query(connection, text->c_str(), result.get()) == DuckDBError) {
      fail(library.result_error(result.get()), sql);
    }
  } else {
    Prepared prepared(library, connection, sql);
    prepared.bind(parameters);
    prepared.execute(result);
  }
  return static_cast<std::int64_t>(library.rows_changed(result.get()));
}

std::vector<Row> rows_of(const Library& library, duckdb_connection connection, std::string_view sql,
                         std::span<const Cell> parameters) {
  Result result(library);
  Prepared prepared(library, connection, sql);
  if (is_plain(library, prepared) ||
      library.prepared_statement_type(prepared.get()) != DUCKDB_STATEMENT_TYPE_SELECT) {
    prepared.bind(parameters);
    prepared.execute(result);
    return fetch(library, result, sql);
  }
  // The line break ends a comment at the end of the text.
  Prepared cast(library, connection, fmt::format("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ({}\n)", sql));
  cast.bind(parameters);
  cast.execute(result);
  return fetch(library, result, sql);
}

std::string why_not_prepared(const Library& library, duckdb_connection connection, std::string_view sql) {
  try {
    const Prepared prepared(library, connection, sql);
    return {};
  } catch (const StatementFailed& failure) {
    return failure.what();
  }
}

}  // namespace metaxy::migrate::duckdb
