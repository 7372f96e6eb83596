#include "dialect/postgresql/shell.hpp"

#include <fmt/format.h>

#include <utility>

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
    std::vector<std::string> statements = settings_of(target);
    for (const auto& [name, value] : target.settings) {
      if (name == "search_path") {
        statements.push_back(fmt::format("SET search_path TO {}", quoted_name(value)));
      }
    }
    statements.push_back(moved({{"search_path", std::string(kResolvedPath)}}));
    statements.push_back(moved({{kHomePath, setting("search_path")}, {kHomeRole, setting("role")}}));
    return statements;
  }

  bool stays_home(std::string_view sql) const override { return postgresql::stays_home(sql); }

  std::vector<std::string> visit_home(const Target& target) const override {
    return {moved({{kAwayPath, setting("search_path")}, {kAwayRole, setting("role")}}),
            moved({{"search_path", home_path()}, {"role", home_role(target)}})};
  }

  std::vector<std::string> go_back() const override {
    return {moved({{"role", setting(kAwayRole)}, {"search_path", setting(kAwayPath)}})};
  }

  /// RESET ALL forgets our own settings, too.
  std::vector<std::string> come_home(const Target& target, bool is_in_transaction) const override {
    std::vector<std::string> statements = {
        "CLOSE ALL",
        "DEALLOCATE ALL",
        "RESET SESSION AUTHORIZATION",
        "RESET ROLE",
        fmt::format("DO $$ DECLARE home text := {}; BEGIN EXECUTE 'RESET ALL'; PERFORM "
                    "set_config('search_path', home, false), set_config('{}', home, false); END $$",
                    home_path(), kHomePath),
        "DISCARD TEMP"};
    for (std::string& statement : settings_of(target)) statements.push_back(std::move(statement));
    statements.push_back(moved({{kHomeRole, setting("role")}}));
    if (is_in_transaction) statements.emplace_back(kLockTimeout);
    return statements;
  }

  /// The locks of a run, since whoever passes the guard beside another would run the block as well. A
  /// statement that waits for somebody's lock keeps all behind it waiting, so it gives up; nobody tries
  /// again.
  std::vector<std::string> begin(bool /*has_foreign_keys_on*/,
                                 std::span<const std::string> locked_tables) const override {
    std::vector<std::string> statements = {"BEGIN", kLockTimeout};
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

 private:
  /// Settings of our own, in which psql keeps where the session was when the file began, and where a script
  /// has led it.
  static constexpr const char* kHomePath = "metaxy_migrate.home_path";
  static constexpr const char* kHomeRole = "metaxy_migrate.home_role";
  static constexpr const char* kAwayPath = "metaxy_migrate.away_path";
  static constexpr const char* kAwayRole = "metaxy_migrate.away_role";
  static constexpr const char* kLockTimeout = "SET LOCAL lock_timeout TO '3s'";

  static std::vector<std::string> settings_of(const Target& target) {
    std::vector<std::string> statements;
    for (const auto& [name, value] : kSessionSettings) {
      statements.push_back(fmt::format("SET {} TO {}", name, literal(value)));
    }
    if (!target.role.empty()) {
      statements.push_back(fmt::format("SET ROLE {}", quoted_name(target.role)));
    }
    return statements;
  }

  static std::string setting(std::string_view name) { return fmt::format("current_setting('{}')", name); }
  /// A script's own RESET ALL leaves nothing of ours.
  static std::string kept(std::string_view name, std::string_view otherwise) {
    return fmt::format("coalesce(nullif(current_setting('{}', true), ''), {})", name, otherwise);
  }
  static std::string home_path() { return kept(kHomePath, kResolvedPath); }
  static std::string home_role(const Target& target) {
    return kept(kHomeRole, literal(target.role.empty() ? "none" : target.role));
  }

  /// Sets each to the value of an expression, and prints nothing.
  static std::string moved(const Settings& settings) {
    std::vector<std::string> calls;
    for (const auto& [name, value] : settings) {
      calls.push_back(fmt::format("set_config('{}', {}, false)", name, value));
    }
    return fmt::format("DO $$ BEGIN PERFORM {}; END $$", join(calls, ", "));
  }
};

}  // namespace

const Shell& shell() {
  static const PostgresqlShell shell;
  return shell;
}

}  // namespace metaxy::migrate::postgresql
