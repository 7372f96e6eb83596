#include <libpq-fe.h>

#include <memory>

#include "raw_database.hpp"
#include "raw_scripts.hpp"

namespace metaxy::migrate::bench {

namespace {

/// Statements between two waits for answers.
constexpr int kBatch = 256;

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

class RawPostgresql final : public RawDatabase {
 public:
  explicit RawPostgresql(const char* url) : connection_(PQconnectdb(url)) {
    if (PQstatus(connection_) != CONNECTION_OK) fail(PQerrorMessage(connection_));
    run("SET client_min_messages = warning");
  }
  ~RawPostgresql() override { PQfinish(connection_); }
  RawPostgresql(const RawPostgresql&) = delete;
  RawPostgresql& operator=(const RawPostgresql&) = delete;

  void run(const std::string& sql) override {
    require(Result(PQexec(connection_, sql.c_str()), &PQclear), sql);
  }

  void run_soon(const std::string& sql) override {
    if (PQpipelineStatus(connection_) == PQ_PIPELINE_OFF) PQenterPipelineMode(connection_);
    if (PQsendQueryParams(connection_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) != 1) {
      fail(PQerrorMessage(connection_));
    }
    if (++sent_ == kBatch) receive();
  }

  void settle() override {
    if (PQpipelineStatus(connection_) == PQ_PIPELINE_OFF) return;
    receive();
    PQexitPipelineMode(connection_);
  }

  void read(const char* sql, const TakeRow& take) override {
    const Result result(PQexec(connection_, sql), &PQclear);
    require(result, sql);
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      std::string line;
      for (int column = 0; column < PQnfields(result.get()); ++column) {
        line += PQgetvalue(result.get(), row, column);
        line += '|';
      }
      take(std::move(line));
    }
  }

  std::vector<const char*> catalog_queries() const override {
    return {
        "SELECT 'column', n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), "
        "a.attnotnull, "
        "pg_get_expr(d.adbin, d.adrelid), a.attnum, col_description(c.oid, a.attnum), "
        "a.attidentity::text || a.attgenerated::text "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum "
        "WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public'",
        "SELECT 'index', n.nspname, t.relname, i.relname, x.indisunique, x.indisprimary, am.amname, "
        "pg_get_expr(x.indpred, x.indrelid), "
        "(SELECT string_agg(coalesce(a.attname::text, pg_get_indexdef(x.indexrelid, k.ord::int, true)), ',' "
        "ORDER BY k.ord) FROM unnest(x.indkey) WITH ORDINALITY k(att, ord) "
        "LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.att AND k.att <> 0), "
        "x.indoption::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
        "JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace "
        "JOIN pg_am am ON am.oid = i.relam WHERE n.nspname = 'public'",
        "SELECT 'key', n.nspname, t.relname, k.conname, k.contype, k.condeferrable, "
        "CASE WHEN k.contype IN ('c', 'f') THEN pg_get_constraintdef(k.oid) END, k.conkey::text, "
        "k.confkey::text, "
        "k.confrelid::regclass::text FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid "
        "JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = 'public'"};
  }

 private:
  void require(const Result& result, const std::string& sql) const {
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_PIPELINE_SYNC) {
      fail(std::string(PQerrorMessage(connection_)) + "\n" + sql);
    }
  }

  /// The answers of all that was sent; a statement's end with a null pointer.
  void receive() {
    PQpipelineSync(connection_);
    for (bool is_end = false; !is_end;) {
      const Result result(PQgetResult(connection_), &PQclear);
      if (!result) continue;
      require(result, "a statement of the pipeline");
      is_end = PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC;
    }
    sent_ = 0;
  }

  PGconn* connection_ = nullptr;
  int sent_ = 0;
};

}  // namespace

std::unique_ptr<RawDatabase> open_raw_postgresql(const char* url) {
  return std::make_unique<RawPostgresql>(url);
}

}  // namespace metaxy::migrate::bench
