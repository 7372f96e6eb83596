#include "dialect/duckdb/duckdb.hpp"

#include <fmt/format.h>

#include "dialect/duckdb/canonical.hpp"
#include "dialect/duckdb/connection.hpp"
#include "dialect/duckdb/file.hpp"
#include "dialect/duckdb/quoting.hpp"
#include "dialect/duckdb/reflect.hpp"
#include "dialect/duckdb/render.hpp"
#include "dialect/duckdb/shell.hpp"
#include "dialect/duckdb/types.hpp"
#include "dialect/table_parts.hpp"

namespace metaxy::migrate {
namespace {

Capabilities duckdb_capabilities() {
  Capabilities capabilities;
  capabilities.has_transactional_ddl = true;
  capabilities.has_comments = true;
  capabilities.has_schemas = true;
  capabilities.has_structs = true;
  capabilities.has_expression_indexes = true;
  capabilities.is_file = true;
  return capabilities;
}

/// Hands each question to the file of this folder that knows the answer.
class DuckdbDialect final : public Dialect, public TableParts {
 public:
  std::string_view name() const override { return "duckdb"; }
  std::string_view tables_named() const override {
    return "SELECT CASE WHEN schema_name = current_schema() THEN '' ELSE schema_name END, table_name "
           "FROM duckdb_tables() WHERE database_name = current_database() AND table_name COLLATE NOCASE IN "
           "($1)";
  }
  std::string columns_of(const TableName& table) const override {
    return fmt::format("SELECT name FROM pragma_table_info({})", duckdb::literal(duckdb::quoted_name(table)));
  }
  const Capabilities& capabilities() const override {
    static const Capabilities known = duckdb_capabilities();
    return known;
  }
  const SplitterOptions& splitter_options() const override { return duckdb::splitter_options(); }

  std::string quoted(std::string_view identifier) const override { return duckdb::quoted_name(identifier); }
  std::string literal(std::string_view text) const override { return duckdb::literal(text); }

  Type column_type(const LogicalType& type) const override { return duckdb::column_type(type); }
  Type by_field_type(const std::vector<std::string>& members, bool is_map) const override {
    return duckdb::by_field_type(members, is_map);
  }
  Type canonical_type(const Type& type) const override { return duckdb::canonical_type(type); }
  Schema canonical(const Schema& schema) const override { return duckdb::canonical(schema); }
  Acceptance acceptance(ColumnRole role, const Type& wanted, const Type& live) const override {
    return duckdb::acceptance(role, wanted, live);
  }

  /// DuckDB never needs more than one transaction: what would is rebuilt instead (decision 8).
  std::vector<std::vector<Statement>> render(const Schema& before, const Schema& after,
                                             std::span<const Operation> operations,
                                             const RenderOptions&) const override {
    std::vector<Statement> statements = duckdb::render(before, after, operations).statements;
    if (statements.empty()) return {};
    return {std::move(statements)};
  }
  std::vector<TableName> rebuilt_tables(const Schema& before, const Schema& after,
                                        std::span<const Operation> operations) const override {
    return duckdb::render(before, after, operations).rebuilt;
  }

  std::unique_ptr<Connection> connect(const Target& target, const ConnectOptions& options) const override {
    return duckdb::connect(target, options);
  }
  Reflected reflect(Connection& connection, const ReflectScope& scope) const override {
    return duckdb::reflect(connection, scope);
  }
  const Shell* shell() const override { return &duckdb::shell(); }
  const FileDatabase* files() const override { return &duckdb::files(); }
};

}  // namespace

const Dialect& duckdb_dialect() {
  static const DuckdbDialect dialect;
  return dialect;
}

}  // namespace metaxy::migrate
