#pragma once
// What a script needs around it when the database's own shell runs it (`--sql`, decision 24): what the driver
// does online beside the script's statements. Pure text; each string is one statement without `;`.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.hpp"
#include "sql/statement.hpp"

namespace metaxy::migrate {

class Shell {
 public:
  virtual ~Shell() = default;

  /// The call for people that reads a file of statements and stops at the first error; without its options a
  /// failed block would run on.
  virtual std::string call() const = 0;
  /// Once, before the first transaction: what the driver does after connecting that a script relies on.
  virtual std::vector<std::string> start(const Target& /*target*/) const { return {}; }
  /// Opens a transaction for writing. `locked_tables` are those whose locks a run takes (Connection::lock).
  virtual std::vector<std::string> begin(bool has_foreign_keys_on,
                                         std::span<const std::string> locked_tables) const = 0;
  /// Ends it; `ddl` are the statements of the transaction but for inserts, updates and deletes.
  virtual std::vector<std::string> commit(std::span<const Statement> ddl, bool has_foreign_keys_on) const = 0;
  /// As Connection: what a script sets in its session holds to the end of the revision, and state is written
  /// at home. Whether a statement leaves it; what leads home and back for statements of our own in between;
  /// and what forgets all that was set.
  virtual bool stays_home(std::string_view /*sql*/) const { return true; }
  virtual std::vector<std::string> visit_home(const Target& /*target*/) const { return {}; }
  virtual std::vector<std::string> go_back() const { return {}; }
  virtual std::vector<std::string> come_home(const Target& /*target*/, bool /*is_in_transaction*/) const {
    return {};
  }
  /// What stands for a statement of a script.
  virtual std::vector<std::string> statement(const Statement& statement) const = 0;
  /// After the last transaction.
  virtual std::vector<std::string> finish() const = 0;
};

}  // namespace metaxy::migrate
