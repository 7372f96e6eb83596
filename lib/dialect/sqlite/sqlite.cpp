#include "dialect/sqlite/sqlite.hpp"

#include <fmt/format.h>

#include "dialect/cascades.hpp"
#include "dialect/sqlite/canonical.hpp"
#include "dialect/sqlite/cascade.hpp"
#include "dialect/sqlite/driver.hpp"
#include "dialect/sqlite/expression.hpp"
#include "dialect/sqlite/file.hpp"
#include "dialect/sqlite/guard.hpp"
#include "dialect/sqlite/quoting.hpp"
#include "dialect/sqlite/reflect.hpp"
#include "dialect/sqlite/render.hpp"
#include "dialect/sqlite/shell.hpp"
#include "dialect/sqlite/types.hpp"
#include "dialect/table_parts.hpp"

namespace metaxy::migrate {

namespace {

constexpr StateWords kStateWords = {
    .row_order = "rowid",
    .utc_now = "strftime('%Y-%m-%d %H:%M:%f', 'now')",
    .current_user = "NULL",
    .table_names = "SELECT name FROM main.sqlite_schema WHERE type = 'table'",
    .failure = sqlite::kFailingCall,
};

Capabilities sqlite_capabilities() {
  Capabilities result;
  result.has_transactional_ddl = true;
  result.prefers_one_transaction = true;
  result.has_named_constraints = true;
  result.has_partial_indexes = true;
  result.has_expression_indexes = true;
  result.has_foreign_key_actions = true;
  result.has_stored_generated_columns = true;
  result.is_file = true;
  result.locks_by_transaction = true;
  result.state = kStateWords;
  return result;
}

class SqliteDialect final : public Dialect, public CascadingDrops, public TableParts {
 public:
  std::string_view name() const override { return "sqlite"; }
  std::string_view tables_named() const override {
    return "SELECT '', name FROM main.sqlite_schema WHERE type = 'table' AND name COLLATE NOCASE IN ($1)";
  }
  std::string columns_of(const TableName& table) const override {
    return fmt::format("SELECT name FROM pragma_table_xinfo({}, 'main')", sqlite::literal(table.name));
  }
  const Capabilities& capabilities() const override { return capabilities_; }
  const SplitterOptions& splitter_options() const override { return sqlite::splitter_options(); }
  std::string quoted(std::string_view identifier) const override { return sqlite::quoted_name(identifier); }
  std::string literal(std::string_view text) const override { return sqlite::literal(text); }
  Type column_type(const LogicalType& type) const override { return sqlite::column_type(type); }
  /// JSON text; a column declared JSON would be numeric to SQLite, so TEXT (contract E4).
  Type by_field_type(const std::vector<std::string>&, bool) const override { return plain_type("TEXT"); }
  Type canonical_type(const Type& type) const override { return sqlite::canonical_type(type); }
  Schema canonical(const Schema& schema) const override { return sqlite::canonical_schema(schema); }
  Acceptance acceptance(ColumnRole role, const Type& wanted, const Type& live) const override {
    return sqlite::acceptance(role, wanted, live);
  }
  /// `before` and the operations say all; one section, since everything can be rolled back.
  std::vector<std::vector<Statement>> render(const Schema& before, const Schema& /*after*/,
                                             std::span<const Operation> operations,
                                             const RenderOptions& /*options*/) const override {
    std::vector<Statement> statements = sqlite::render(before, operations).statements;
    return statements.empty() ? std::vector<std::vector<Statement>>{}
                              : std::vector<std::vector<Statement>>{std::move(statements)};
  }
  std::vector<TableName> rebuilt_tables(const Schema& before, const Schema& /*after*/,
                                        std::span<const Operation> operations) const override {
    return sqlite::render(before, operations).rebuilt;
  }
  std::unique_ptr<Connection> connect(const Target& target, const ConnectOptions& options) const override {
    return sqlite::open(target, options);
  }
  Reflected reflect(Connection& connection, const ReflectScope& /*scope*/) const override {
    return sqlite::reflect(connection);
  }
  std::vector<std::string> changed_by_drop(Connection& connection, const TableName& table) const override {
    return sqlite::changed_by_drop(connection, table.name);
  }
  const Shell* shell() const override { return &sqlite::shell(); }
  const FileDatabase* files() const override { return &files_; }

 private:
  Capabilities capabilities_ = sqlite_capabilities();
  sqlite::SqliteFiles files_;
};

}  // namespace

const Dialect& sqlite_dialect() {
  static const SqliteDialect dialect;
  return dialect;
}

}  // namespace metaxy::migrate
