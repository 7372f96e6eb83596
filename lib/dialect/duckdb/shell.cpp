#include "dialect/duckdb/shell.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "dialect/duckdb/quoting.hpp"
#include "sql/create.hpp"

namespace metaxy::migrate::duckdb {

namespace {

class DuckdbShell final : public Shell {
 public:
  std::string call() const override { return "duckdb -bail FILE < SQL"; }

  std::vector<std::string> begin(bool /*has_foreign_keys_on*/,
                                 std::span<const std::string> /*locked_tables*/) const override {
    return {"BEGIN TRANSACTION"};
  }

  /// As online: a commit with an ALTER leaves no record in the log (decision 11).
  std::vector<std::string> commit(std::span<const Statement> ddl,
                                  bool /*has_foreign_keys_on*/) const override {
    const bool is_risky = std::any_of(
        ddl.begin(), ddl.end(), [](const Statement& statement) { return is_risky_in_log(statement.text); });
    if (!is_risky) {
      return {"COMMIT"};
    }
    return {"SET checkpoint_threshold = '0b'", "COMMIT", "RESET checkpoint_threshold"};
  }

  std::vector<std::string> statement(const Statement& statement) const override {
    if (adopted_name(statement).empty()) {
      return {statement.text};
    }
    return {add_unless_there(create_unless_there(statement.text, splitter_options()))};
  }

  std::vector<std::string> finish() const override { return {"CHECKPOINT"}; }
};

}  // namespace

const Shell& shell() {
  static const DuckdbShell shell;
  return shell;
}

bool is_risky_in_log(std::string_view sql) {
  while (true) {
    sql = trimmed(sql);
    if (sql.starts_with("--")) {
      sql.remove_prefix(std::min(sql.find('\n'), sql.size()));
    } else if (sql.starts_with("/*")) {
      const std::size_t end = sql.find("*/");
      sql.remove_prefix(end == std::string_view::npos ? sql.size() : end + 2);
    } else {
      return sql.size() > 5 && equal_ignoring_case(sql.substr(0, 5), "alter");
    }
  }
}

}  // namespace metaxy::migrate::duckdb
