#include "dialect/postgresql/postgresql.hpp"

#include <fmt/format.h>

#include "dialect/interrupted_indexes.hpp"
#include "dialect/postgresql/canonical.hpp"
#include "dialect/postgresql/concurrent.hpp"
#include "dialect/postgresql/connection.hpp"
#include "dialect/postgresql/enums.hpp"
#include "dialect/postgresql/quoting.hpp"
#include "dialect/postgresql/reflect.hpp"
#include "dialect/postgresql/render.hpp"
#include "dialect/postgresql/scratch.hpp"
#include "dialect/postgresql/shell.hpp"
#include "dialect/postgresql/types.hpp"
#include "dialect/table_parts.hpp"

namespace metaxy::migrate {

namespace {

/// A constant that fails to be a number would fail while the statement is planned; beside a setting it is
/// looked at only when the row is there.
constexpr StateWords kStateWords = {
    .row_order = "ctid",
    .utc_now = "(clock_timestamp() AT TIME ZONE 'UTC')",
    .current_user = "current_user",
    .table_names = "SELECT tablename AS name FROM pg_catalog.pg_tables WHERE schemaname = current_schema()",
    .failure = "CAST($ || left(current_setting('server_version'), 0) AS integer)",
    .column_limit =
        "SELECT CASE WHEN atttypmod > 4 THEN atttypmod - 4 END FROM pg_catalog.pg_attribute "
        "WHERE attrelid = to_regclass($1) AND attname = $2 "
        "AND atttypid IN ('varchar'::regtype, 'bpchar'::regtype)",
};

Capabilities postgresql_capabilities() {
  Capabilities result;
  result.has_transactional_ddl = true;
  result.has_comments = true;
  result.has_schemas = true;
  result.has_named_constraints = true;
  result.has_partial_indexes = true;
  result.has_expression_indexes = true;
  result.has_foreign_key_actions = true;
  result.has_stored_generated_columns = true;
  result.has_case_sensitive_names = true;
  result.max_identifier_bytes = postgresql::kMaxNameBytes;
  result.state = kStateWords;
  return result;
}

/// Hands each question to the file of this folder that knows the answer.
class PostgresqlDialect final : public Dialect, public InterruptedIndexes, public TableParts {
 public:
  std::string_view name() const override { return "postgresql"; }
  std::string_view tables_named() const override {
    return "SELECT CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname END, t.relname "
           "FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace "
           "WHERE t.relkind IN ('r', 'p') AND t.relname IN ($1)";
  }
  std::string columns_of(const TableName& table) const override {
    return fmt::format(
        "SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = {}::regclass AND a.attnum > 0 "
        "AND NOT a.attisdropped",
        postgresql::literal(postgresql::quoted_name(table)));
  }
  const Capabilities& capabilities() const override { return capabilities_; }
  const SplitterOptions& splitter_options() const override { return postgresql::splitter_options(); }

  std::string quoted(std::string_view identifier) const override {
    return postgresql::quoted_name(identifier);
  }
  std::string literal(std::string_view text) const override { return postgresql::literal(text); }

  Type column_type(const LogicalType& type) const override { return postgresql::column_type(type); }
  /// Metaxy's enable_map_datatype changes nothing here (contract E2).
  Type by_field_type(const std::vector<std::string>&, bool) const override { return plain_type("jsonb"); }
  Type canonical_type(const Type& type) const override { return postgresql::canonical_type(type); }
  Schema canonical(const Schema& schema) const override { return postgresql::canonical_schema(schema); }
  Acceptance acceptance(ColumnRole role, const Type& wanted, const Type& live) const override {
    return postgresql::acceptance(role, wanted, live);
  }

  std::vector<std::vector<Statement>> render(const Schema& before, const Schema& /*after*/,
                                             std::span<const Operation> operations,
                                             const RenderOptions& options) const override {
    return postgresql::render(before, operations, options);
  }
  std::string reason_to_keep(const Operation& undo) const override {
    return postgresql::reason_to_keep_labels(undo);
  }
  std::string taken_from_views(const Operation& operation) const override {
    return postgresql::taken_from_views(operation);
  }
  bool runs_in_transaction(std::string_view sql) const override {
    return postgresql::runs_in_transaction(sql);
  }
  const Shell* shell() const override { return &postgresql::shell(); }
  std::optional<bool> has_taken_effect(Connection& connection, std::string_view sql) const override {
    return postgresql::has_taken_effect(connection, sql);
  }
  std::string clear_away(Connection& connection, std::string_view sql) const override {
    return postgresql::clear_away(connection, sql);
  }
  std::set<std::string> unfinished_indexes(Connection& connection) const override {
    return postgresql::unfinished_indexes(connection);
  }
  /// PostgreSQL alters every table in place.
  std::vector<TableName> rebuilt_tables(const Schema&, const Schema&,
                                        std::span<const Operation>) const override {
    return {};
  }

  std::unique_ptr<Connection> connect(const Target& target, const ConnectOptions& options) const override {
    return postgresql::connect(target, options);
  }
  std::unique_ptr<ScratchDatabase> make_scratch(const Target& target,
                                                const ConnectOptions& options) const override {
    return postgresql::make_scratch(target, options);
  }
  Reflected reflect(Connection& connection, const ReflectScope& scope) const override {
    return postgresql::reflect(connection, scope);
  }

 private:
  Capabilities capabilities_ = postgresql_capabilities();
};

}  // namespace

const Dialect& postgresql_dialect() {
  static const PostgresqlDialect dialect;
  return dialect;
}

}  // namespace metaxy::migrate
