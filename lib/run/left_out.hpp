#pragma once
// Statements that do not run: what they make is there already, what they drop is not ours, or somebody said
// so.

#include <map>
#include <optional>
#include <string>

#include "run/executor.hpp"

namespace metaxy::migrate {

struct LeftOut {
  /// As the log has it: the outcome, and what it is about.
  std::string outcome;
  std::string reason;
  /// For messages.
  std::string why;
};

class LeftOuts {
 public:
  /// Both must outlive it.
  LeftOuts(Connection& connection, const Dialect& dialect) : connection_(connection), dialect_(dialect) {}

  /// Before the first statement of a revision; not again where it is tried again.
  void begin_revision() { is_there_.clear(); }
  /// A statement that an earlier run has settled: others with its mark go its way.
  void was_settled(const RunStep& step, const Statement& statement);
  /// Why the statement is not to run now; nullopt: it is. Asks the database at the first statement of each
  /// `-- adopt:` name: by the next one, the first may have made it.
  std::optional<LeftOut> of(const RunStep& step, const Statement& statement, bool is_skipped);

 private:
  Connection& connection_;
  const Dialect& dialect_;
  /// By the name behind `-- adopt:`.
  std::map<std::string, bool> is_there_;
};

}  // namespace metaxy::migrate
