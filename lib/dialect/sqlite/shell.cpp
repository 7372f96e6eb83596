#include "dialect/sqlite/shell.hpp"

#include <string_view>

#include "dialect/sqlite/expression.hpp"
#include "dialect/sqlite/guard.hpp"
#include "dialect/sqlite/quoting.hpp"
#include "sql/create.hpp"

namespace metaxy::migrate::sqlite {

namespace {

/// Rows that refer to nothing, as foreign_key_check finds them; kept before a transaction and compared at its
/// end, as the driver does (decision 13).
constexpr std::string_view kKeepViolations =
    "CREATE TEMP TABLE __mx_violations AS SELECT \"table\" AS child, rowid AS row, \"parent\" AS parent "
    "FROM pragma_foreign_key_check";
constexpr std::string_view kNewViolations =
    " FROM (SELECT \"table\" AS child, rowid AS row, \"parent\" AS parent FROM pragma_foreign_key_check "
    "EXCEPT "
    "SELECT child, row, parent FROM __mx_violations)";

class SqliteShell final : public Shell {
 public:
  std::string call() const override { return "sqlite3 -bail FILE < SQL"; }

  std::vector<std::string> begin(bool has_foreign_keys_on,
                                 std::span<const std::string> /*locked_tables*/) const override {
    if (has_foreign_keys_on) {
      return {"PRAGMA foreign_keys = ON", "BEGIN IMMEDIATE"};
    }
    return {"PRAGMA foreign_keys = OFF", "BEGIN IMMEDIATE", std::string(kKeepViolations)};
  }

  std::vector<std::string> commit(std::span<const Statement> /*ddl*/,
                                  bool has_foreign_keys_on) const override {
    if (has_foreign_keys_on) {
      return {"COMMIT"};
    }
    return {guard_sql("rows would refer to rows that do not exist: ", "|| child || ' to ' || parent",
                      kNewViolations),
            "DROP TABLE temp.__mx_violations", "COMMIT", "PRAGMA foreign_keys = ON"};
  }

  std::vector<std::string> statement(const Statement& statement) const override {
    if (is_rename_of_shadow_table(statement.text)) {
      return {"PRAGMA legacy_alter_table = ON", statement.text, "PRAGMA legacy_alter_table = OFF"};
    }
    // ADD COLUMN has no IF NOT EXISTS in SQLite: where the column is there already, it stops the run.
    return {adopted_name(statement).empty() ? statement.text
                                            : create_unless_there(statement.text, splitter_options())};
  }

  std::vector<std::string> finish() const override { return {}; }
};

}  // namespace

const Shell& shell() {
  static const SqliteShell shell;
  return shell;
}

}  // namespace metaxy::migrate::sqlite
