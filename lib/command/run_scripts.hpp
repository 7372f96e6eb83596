#pragma once
// upgrade, downgrade and resume: the same passes over different steps. Request in, report out.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "command/session.hpp"
#include "run/executor.hpp"

namespace metaxy::migrate {

struct RunRequest {
  Direction direction = Direction::upgrade;
  /// `head`, `+1`, `-1`, an id, `A:B` ...; empty for `resume`.
  std::string target;
  /// Carry on what a failed or killed run left partly applied.
  bool is_resume = false;
  /// With `resume`: leave out this statement (from 1, within the section that failed), for this reason.
  std::optional<std::size_t> skipped_statement;
  std::string skip_reason;
  bool is_dry_run = false;
  bool allows_destructive = false;
  bool is_rebind = false;
  /// Create the database file although the configuration lies in another directory (decision 15).
  bool may_create = false;
  std::optional<TransactionMode> transaction;
  std::optional<BackupPolicy> backup;
};

/// What a run would do, for `--dry-run`.
struct PlannedStatement {
  std::string sql;
  std::vector<std::string> comments;
  std::string destructive_reason;
  /// The table that it changes, and the rows that are in it now; nothing is known of a table that is not
  /// there yet.
  std::string table;
  std::optional<std::uint64_t> rows;
};
struct PlannedRevision {
  std::string revision;
  std::string message;
  std::string file;
  std::vector<PlannedStatement> statements;
};

struct RunResult {
  std::string environment;
  std::string dialect;
  Direction direction = Direction::upgrade;
  bool is_dry_run = false;
  std::vector<FinishedRevision> finished;
  std::vector<PlannedRevision> planned;
  std::vector<std::string> heads_before;
  std::vector<std::string> heads;
  std::string backup;
  /// The signal that came when there was nothing left to stop; 0: none.
  int late_signal = 0;
};

/// Throws Error and RunFailed; every message says what is true afterwards and what to do next.
RunResult run_scripts(const RunRequest& request, const Workspace& workspace, Context& context);

}  // namespace metaxy::migrate
