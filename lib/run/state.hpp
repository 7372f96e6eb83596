#pragma once
// What a database says of its own history: version rows and log, read in one go, and what follows from them.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dialect/state_sql.hpp"
#include "revision/script.hpp"

namespace metaxy::migrate {

/// A revision that began and did not end: some of its sections or statements are done.
struct PartialRevision {
  std::string revision;
  Direction direction = Direction::upgrade;
  /// Sections that are done completely.
  std::size_t sections_done = 0;
  /// Statements done in the section after those; only sections without transaction leave some.
  std::size_t statements_done = 0;
  /// Of those: left out because what they make was there.
  std::size_t statements_adopted = 0;
  /// The statement after those was started and nothing says whether it ended: the process was killed.
  bool is_in_doubt = false;
  /// The newest failure, if it failed rather than being killed.
  std::string failed_sql;
  std::string error;
  /// Of the done statements (DonePart).
  std::string checksum;
  /// The undoing of a partly applied upgrade began, and some of its sections are done.
  bool is_being_undone = false;
  /// By how many `sections_done` is less than before the undoing.
  std::size_t sections_undone = 0;
  /// Statements (section, statement) that count as done and did not run: somebody left them out by hand.
  std::set<std::pair<std::size_t, std::size_t>> left_out{};
  /// When its first part that is kept was done, as the log has it.
  std::string begun_at;

  /// What was done upwards, whatever is undone of it since.
  std::size_t sections_applied() const { return sections_done + sections_undone; }

  bool operator==(const PartialRevision&) const = default;
};

/// Whose state it is. The parts of a project, and several projects, share the log of one database.
struct Binding {
  std::string project;
  std::string environment;
  /// "all", "metaxy_system", "metaxy_features".
  std::string part = "all";
};

struct DatabaseState {
  bool has_version_table = false;
  bool has_log_table = false;
  /// Rows of the version table in physical order.
  std::vector<std::string> rows;
  /// Rows of this project and part in order of writing, without script texts.
  std::vector<LogRow> log;
  /// Who else has rows in the log: projects, each with its parts.
  std::set<std::pair<std::string, std::string>> others;
  /// Of all rows.
  std::int64_t last_sequence = 0;
  /// Newest successful upgrade or accepted edit of each revision that the log knows.
  std::map<std::string, LogRow> recorded;
  /// What upgrades found there and took over as it was, tables ("t") and columns ("t.c"), by revision. Those
  /// that were undone since are left out.
  std::map<std::string, std::set<std::string>> adopted;
  std::optional<PartialRevision> partial;
  /// Newest failure since the last success, for `status`.
  std::optional<LogRow> failure;

  std::int64_t next_sequence() const { return last_sequence + 1; }
};

/// Reads nothing that is not there; changes nothing. Throws Error(integrity) for a log of a newer format.
DatabaseState read_state(Connection& connection, const StateSql& sql, const Binding& binding);

/// What the log says, without a database; for tests and for `read_state`.
std::optional<PartialRevision> partial_revision(const std::vector<LogRow>& log);

/// Throws Error(usage) when the log binds this database to another environment (product reference 5);
/// Error(configuration) when it knows the whole of this project and a part is asked for, or the other way
/// round (product reference 1).
void require_binding(const DatabaseState& state, const Binding& binding);

/// What to say of a database whose log knows other projects and not this one; empty otherwise.
std::string unknown_project(const DatabaseState& state, const Binding& binding);

}  // namespace metaxy::migrate
