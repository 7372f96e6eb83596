#include "dialect/postgresql/shell.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "dialect/postgresql/quoting.hpp"
#include "dialect/postgresql/session.hpp"
#include "sql/create.hpp"

namespace metaxy::migrate::postgresql {

namespace {

class PostgresqlShell final : public Shell {
 public:
  std::string call() const override { return "psql -X -v ON_ERROR_STOP=1 -d URL -f SQL"; }

  std::vector<std::string> start(const Target& target) const override {
    std::vector<std::string> statements;
    for (const auto& [name, value] : kSessionSettings) {
      statements.push_back(fmt::format("SET {} TO {}", name, literal(value)));
    }
    if (!target.role.empty()) {
      statements.push_back(fmt::format("SET ROLE {}", quoted_name(target.role)));
    }
    for (const auto& [name, value] : target.settings) {
      if (name == "search_path") {
        statements.push_back(fmt::format("SET search_path TO {}", quoted_name(value)));
      }
    }
    return statements;
  }

  /// The locks of a run, since whoever passes the guard beside another would run the block as well. A
  /// statement that waits for somebody's lock keeps all behind it waiting, so it gives up; nobody tries
  /// again.
  std::vector<std::string> begin(bool /*has_foreign_keys_on*/,
                                 std::span<const std::string> locked_tables) const override {
    std::vector<std::string> statements = {"BEGIN", "SET LOCAL lock_timeout TO '3s'"};
    for (const std::string& table : locked_tables) {
      statements.push_back(
          fmt::format("SELECT pg_advisory_xact_lock({})", lock_number(literal(table) + "::text")));
    }
    return statements;
  }

  std::vector<std::string> commit(std::span<const Statement> /*ddl*/,
                                  bool /*has_foreign_keys_on*/) const override {
    return {"COMMIT"};
  }

  std::vector<std::string> statement(const Statement& statement) const override {
    if (adopted_name(statement).empty()) {
      return {statement.text};
    }
    return {add_unless_there(create_unless_there(statement.text, splitter_options()))};
  }

  std::vector<std::string> finish() const override { return {}; }
};

}  // namespace

const Shell& shell() {
  static const PostgresqlShell shell;
  return shell;
}

}  // namespace metaxy::migrate::postgresql
