#include "dialect/postgresql/scratch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "dialect/postgresql/connection.hpp"
#include "dialect/postgresql/quoting.hpp"

namespace metaxy::migrate::postgresql {

namespace {

constexpr std::string_view kPrefix = "metaxy_migrate_replay_";

/// Behind the prefix is the process that made it: whose process is gone, nobody will remove.
constexpr std::string_view kLeftBehind =
    "SELECT d.datname FROM pg_catalog.pg_database d "
    "WHERE d.datname ~ ('^' || ? || '[0-9]+$') AND pg_has_role(d.datdba, 'MEMBER') "
    "AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity a "
    "WHERE a.pid::text = substr(d.datname, length(?) + 1))";

class OwnDatabase final : public ScratchDatabase {
 public:
  OwnDatabase(const Target& target, const ConnectOptions& options) : home_(connect(target, options)) {
    require_right();
    remove_left_behind();
    const Row facts = home_->query("SELECT pg_backend_pid(), current_schema()").at(0);
    name_ = std::string(kPrefix) + facts[0].value_or("");
    home_->execute(fmt::format("CREATE DATABASE {} TEMPLATE template0", quoted_name(name_)));
    is_made_ = true;
    try {
      open(target, options, facts[1].value_or("public"));
    } catch (...) {
      remove();
      throw;
    }
  }
  ~OwnDatabase() override { remove(); }
  OwnDatabase(const OwnDatabase&) = delete;
  OwnDatabase& operator=(const OwnDatabase&) = delete;

  Connection& connection() override { return *scratch_; }

 private:
  void require_right() {
    const Row facts = home_
                          ->query(
                              "SELECT rolname, rolcreatedb OR rolsuper FROM pg_catalog.pg_roles "
                              "WHERE rolname = current_user")
                          .at(0);
    if (facts[1] == "t") return;
    throw Error(
        ErrorKind::configuration,
        fmt::format("role '{}' may not create databases, and the scripts would run in one of their own",
                    facts[0].value_or("")),
        {.where = {},
         .hint =
             fmt::format("grant the right (ALTER ROLE {} CREATEDB), use an environment whose url leads to a "
                         "server of your own, write the changes section by hand (docs/scripts.md), or let "
                         "`revision --adopt-drift` write one from the database",
                         quoted_name(facts[0].value_or(""))),
         .notes = {}});
  }

  void remove_left_behind() {
    const std::vector<Cell> parameters = {std::string(kPrefix), std::string(kPrefix)};
    for (const Row& row : home_->query(kLeftBehind, parameters)) drop(row[0].value_or(""));
  }

  /// The same names of schemas as in the target, so that scripts find what they name.
  void open(const Target& target, const ConnectOptions& options, const std::string& schema) {
    Target scratch = target;
    std::string url = target.location.empty() ? "postgresql://" : target.location.reveal();
    url += url.find('?') == std::string::npos ? '?' : '&';
    scratch.location = Secret(url + "dbname=" + name_);
    std::erase_if(scratch.settings, [](const auto& setting) { return setting.first == "search_path"; });
    connect(scratch, options)->execute(fmt::format("CREATE SCHEMA IF NOT EXISTS {}", quoted_name(schema)));
    scratch.settings.emplace_back("search_path", schema);
    scratch_ = connect(scratch, options);
  }

  void drop(const std::string& name) noexcept {
    try {
      home_->execute(fmt::format("DROP DATABASE IF EXISTS {}", quoted_name(name)));
    } catch (const std::exception&) {
      // Somebody looks into it, or another replay was faster; the next one tries again.
    }
  }

  void remove() noexcept {
    scratch_.reset();
    if (std::exchange(is_made_, false)) drop(name_);
  }

  std::unique_ptr<Connection> home_;
  std::unique_ptr<Connection> scratch_;
  std::string name_;
  bool is_made_ = false;
};

}  // namespace

std::unique_ptr<ScratchDatabase> make_scratch(const Target& target, const ConnectOptions& options) {
  return std::make_unique<OwnDatabase>(target, options);
}

}  // namespace metaxy::migrate::postgresql
