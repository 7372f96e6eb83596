#pragma once
// `current`, `heads`, `history`, `show`, `status`: where the scripts and the database are. They only read.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "command/session.hpp"

namespace metaxy::migrate {

/// A revision as these commands show it.
struct RevisionView {
  std::string revision;
  std::vector<std::string> down_revisions;
  std::vector<std::string> depends_on;
  std::vector<std::string> branch_labels;
  std::string message;
  std::string created;
  /// Empty: known from the log only.
  std::string file;
  bool is_head = false;
  /// A head that another revision depends on: never stored in the version table.
  bool is_effective_head = false;
  bool is_branch_point = false;
  bool is_merge_point = false;
  /// In the version table.
  bool is_current = false;
  bool is_applied = false;
  /// From the log: when, how long, by whom; empty when it does not know.
  std::string applied_at;
  std::optional<std::int64_t> duration_ms;
  std::string applied_by;
};

struct RevisionList {
  std::string environment;
  std::vector<RevisionView> revisions;
};

/// The rows of the version table.
struct CurrentRequest {
  /// Throw Error(pending) when the database is not at all heads.
  bool must_be_at_head = false;
};
RevisionList run_current(const CurrentRequest& request, const Workspace& workspace, Context& context);

RevisionList run_heads(const Workspace& workspace);

struct HistoryRequest {
  /// `A:B`; empty: all.
  std::string range;
  /// Open the database to mark what is applied.
  bool indicates_current = false;
};
/// Newest first.
RevisionList run_history(const HistoryRequest& request, const Workspace& workspace, Context& context);

struct ShownRevision {
  RevisionView view;
  /// The script's text; empty when neither a file nor the log has it.
  std::string text;
};
struct ShowResult {
  std::string environment;
  std::vector<ShownRevision> revisions;
};
/// `typed` as Alembic's show takes it; `current` opens the database, and so does an id that no file has.
ShowResult run_show(const std::string& typed, const Workspace& workspace, Context& context);

struct StatusReport {
  std::string environment;
  std::string dialect;
  /// Masked.
  std::string database;
  bool does_exist = false;
  std::uint64_t file_bytes = 0;
  std::vector<std::string> heads;
  std::vector<std::string> current;
  /// Oldest first: applied, then pending.
  std::vector<RevisionView> revisions;
  std::size_t pending = 0;
  std::optional<PartialRevision> partial;
  /// The newest failure that no success followed.
  std::string failure;
  std::string failed_revision;
  std::vector<std::string> backups;
  std::vector<Problem> problems;
};
StatusReport run_status(const Workspace& workspace, Context& context);

}  // namespace metaxy::migrate
