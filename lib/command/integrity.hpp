#pragma once
// Whether an applied script stands where it stood in the graph when it was applied, and what to do where it
// is not here any more.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "command/session.hpp"

namespace metaxy::migrate {

/// What revisions depended on when they were applied, by the scripts in the log.
class LoggedDependencies {
 public:
  /// The session must outlive it.
  explicit LoggedDependencies(const Session& session);

  using Names = std::vector<std::string>;
  /// Those of the row, if they are others than `now`; nullopt also where the log kept no script with it.
  std::optional<Names> other_than(const Names& now, const LogRow& row) const;

 private:
  const Session& session_;
  /// By sequence; of scripts that speak of some. nullopt: their headers cannot be read.
  std::map<std::string, std::optional<Names>> known_;
};

/// Differences between where the header puts the revision and where the log does; empty: none.
std::vector<Problem> changed_place(const ScriptFacts& facts, const LogRow& row,
                                   const LoggedDependencies& logged);

/// How to get rid of the applied revision, of which the log has the script: a command that undoes it and
/// nothing else, or what has to go first; empty where there is no way.
std::string way_to_undo(const ScriptFacts& facts, const Session& session, const std::string& environment);

}  // namespace metaxy::migrate
