// The module: the only file of this folder that includes libpqxx. Compiled into a library of its own, which
// library.cpp loads.

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

/// libpqxx prints notices on stderr unless told otherwise; what they say is of no use to a run.
class PqxxDriver final : public Driver {
 public:
  explicit PqxxDriver(const std::string& connection)
      : connection_(connection), quiet_(connection_), session_(connection_) {}

  DriverResult execute(std::string_view sql, std::span<const Cell> parameters) override {
    if (is_lost_) throw DriverFailure("the connection to the server is lost", "", true);
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

  void cancel() noexcept override {
    try {
      connection_.cancel_query();
    } catch (const std::exception&) {
      // The statement goes on; the caller asks again.
    }
  }

  int backend() const override { return connection_.backendpid(); }

 private:
  pqxx::result run(const std::string& sql, std::span<const Cell> parameters) {
    if (parameters.empty()) return session_.exec(sql);
    std::vector<const char*> values;
    values.reserve(parameters.size());
    for (const Cell& cell : parameters) values.push_back(cell ? cell->c_str() : nullptr);
    return session_.exec_params(sql, pqxx::prepare::make_dynamic_params(values));
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

  pqxx::connection connection_;
  pqxx::quiet_errorhandler quiet_;
  pqxx::nontransaction session_;
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
