// The module: the only file of this folder that includes libpqxx and libpq. Compiled into a library of its
// own, which library.cpp loads.

#include <libpq-fe.h>

#include <memory>
#include <pqxx/pqxx>
#include <utility>

#include "dialect/postgresql/driver.hpp"

namespace metaxy::migrate::postgresql {

namespace {

/// The SQLSTATE of a failure; of some libpqxx keeps the kind only.
std::string state_of(const std::exception& failure) {
  const auto* error = dynamic_cast<const pqxx::sql_error*>(&failure);
  if (error != nullptr && !error->sqlstate().empty()) return error->sqlstate();
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&failure) != nullptr) return "42501";
  if (dynamic_cast<const pqxx::deadlock_detected*>(&failure) != nullptr) return "40P01";
  if (dynamic_cast<const pqxx::serialization_failure*>(&failure) != nullptr) return "40001";
  return {};
}

/// libpqxx's way to connect, which tells the connection of libpq: libpqxx has nothing that sends statements
/// without waiting for the answer of each.
class Connecting final : public pqxx::connect_direct {
 public:
  using connect_direct::connect_direct;
  handle do_startconnect(handle before) override {
    libpq = connect_direct::do_startconnect(before);
    return libpq;
  }
  PGconn* libpq = nullptr;
};

class Connected final : public pqxx::connection_base {
 public:
  explicit Connected(const std::string& options) : connection_base(way_), way_(options) { init(); }
  ~Connected() { close(); }
  Connected(const Connected&) = delete;
  Connected& operator=(const Connected&) = delete;

  PGconn* libpq() const { return way_.libpq; }

 private:
  Connecting way_;
};

using ResultPointer = std::unique_ptr<PGresult, decltype(&PQclear)>;

/// libpqxx prints notices on stderr unless told otherwise; what they say is of no use to a run.
class PqxxDriver final : public Driver {
 public:
  explicit PqxxDriver(const std::string& connection)
      : connection_(connection), quiet_(connection_), session_(connection_) {}

  DriverResult execute(std::string_view sql, std::span<const Cell> parameters) override {
    require_connection();
    if (PQpipelineStatus(connection_.libpq()) != PQ_PIPELINE_OFF) {
      require(PQexitPipelineMode(connection_.libpq()) == 1);
    }
    try {
      return result_of(run(std::string(sql), parameters));
    } catch (const pqxx::broken_connection& failure) {
      is_lost_ = true;
      throw DriverFailure(failure.what(), "", true);
    } catch (const std::exception& failure) {
      is_lost_ = !connection_.is_open();
      throw DriverFailure(failure.what(), state_of(failure), is_lost_);
    }
  }

  void send(std::string_view sql) override {
    require_connection();
    PGconn* libpq = connection_.libpq();
    if (PQpipelineStatus(libpq) == PQ_PIPELINE_OFF) require(PQenterPipelineMode(libpq) == 1);
    text_ = sql;  // libpq wants a NUL at its end
    require(PQsendQueryParams(libpq, text_.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 1);
  }

  void send_mark() override {
    require_connection();
    require(PQpipelineSync(connection_.libpq()) == 1);
  }

  Answer receive() override {
    require_connection();
    // A statement's answers end with a null pointer, a mark's does not.
    ResultPointer result(PQgetResult(connection_.libpq()), &PQclear);
    if (!result) result.reset(PQgetResult(connection_.libpq()));
    require(result != nullptr);
    switch (PQresultStatus(result.get())) {
      case PGRES_PIPELINE_SYNC:
        return Answer::mark;
      case PGRES_PIPELINE_ABORTED:
        return Answer::skipped;
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
      case PGRES_EMPTY_QUERY:
        return Answer::done;
      default:
        refuse(*result);
    }
  }

  void cancel() noexcept override {
    try {
      connection_.cancel_query();
    } catch (const std::exception&) {
      // The statement goes on; the caller asks again.
    }
  }

  int backend() const override { return connection_.backendpid(); }

 private:
  void require_connection() const {
    if (is_lost_) throw DriverFailure("the connection to the server is lost", "", true);
  }

  /// What libpq refuses to do is a lost connection, or a mistake of ours.
  void require(bool is_well) {
    if (is_well) return;
    is_lost_ = PQstatus(connection_.libpq()) == CONNECTION_BAD;
    throw DriverFailure(PQerrorMessage(connection_.libpq()), "", is_lost_);
  }

  [[noreturn]] void refuse(const PGresult& result) {
    is_lost_ = PQstatus(connection_.libpq()) == CONNECTION_BAD;
    const char* state = PQresultErrorField(&result, PG_DIAG_SQLSTATE);
    throw DriverFailure(PQresultErrorMessage(&result), state == nullptr ? "" : state, is_lost_);
  }

  pqxx::result run(const std::string& sql, std::span<const Cell> parameters) {
    if (parameters.empty()) {
      pqxx::result result = session_.exec(sql);
      refuse_copy();
      return result;
    }
    std::vector<const char*> values;
    values.reserve(parameters.size());
    for (const Cell& cell : parameters) values.push_back(cell ? cell->c_str() : nullptr);
    return session_.exec_params(sql, pqxx::prepare::make_dynamic_params(values));
  }

  /// COPY ... FROM STDIN and TO STDOUT wait for a client that sends or takes rows; the next statement would
  /// end them, and swallow their error.
  void refuse_copy() {
    PGconn* connection = connection_.libpq();
    if (PQtransactionStatus(connection) != PQTRANS_ACTIVE) return;
    PQputCopyEnd(connection, "there is no client that sends rows");
    char* rows = nullptr;
    while (PQgetCopyData(connection, &rows, 0) > 0) PQfreemem(rows);
    while (PGresult* result = PQgetResult(connection)) PQclear(result);
    throw DriverFailure(
        "COPY FROM STDIN and TO STDOUT need a client that sends or takes the rows, which a "
        "script has not: write INSERT, or COPY from a file of the server",
        "", false);
  }

  static DriverResult result_of(const pqxx::result& result) {
    DriverResult out;
    out.changed = static_cast<std::int64_t>(result.affected_rows());
    out.rows.reserve(result.size());
    for (const pqxx::row& row : result) {
      Row& cells = out.rows.emplace_back();
      cells.reserve(row.size());
      for (const pqxx::field& field : row) {
        cells.push_back(field.is_null() ? Cell() : Cell(std::string(field.c_str(), field.size())));
      }
    }
    return out;
  }

  Connected connection_;
  pqxx::quiet_errorhandler quiet_;
  pqxx::nontransaction session_;
  std::string text_;
  bool is_lost_ = false;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) Driver* metaxy_migrate_postgresql_open(
    const std::string& connection) {
  try {
    return new PqxxDriver(connection);
  } catch (const std::exception& failure) {
    throw DriverFailure(failure.what(), "", true);
  }
}

extern "C" __attribute__((visibility("default"))) const char* metaxy_migrate_postgresql_version() {
  return MM_VERSION;
}

}  // namespace metaxy::migrate::postgresql
