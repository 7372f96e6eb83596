#pragma once
// `current`, `heads`, `branches`, `history`, `show`, `status`: where the scripts and the database are. They
// only read.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "command/session.hpp"
#include "revision/drawing.hpp"

namespace metaxy::migrate {

/// A revision as these commands show it.
struct RevisionView {
  std::string revision;
  std::vector<std::string> down_revisions;
  std::vector<std::string> depends_on;
  /// Ids that `depends_on` stands for.
  std::vector<std::string> needed;
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
  /// Whether a database was read: only then the next two mean something.
  bool is_marked = false;
  /// In the version table.
  bool is_current = false;
  bool is_applied = false;
  /// From the log: when, how long, by whom; empty when it does not know.
  std::string applied_at;
  std::optional<std::int64_t> duration_ms;
  std::string applied_by;
};

/// What a listing is made of.
enum class Listing {
  views,            ///< Revisions, for JSON and `-v`.
  alembic,          ///< Alembic's lines, letter for letter.
  alembic_verbose,  ///< Alembic's blocks of lines, as its `-v` prints them.
  drawing,          ///< Revisions and the graph of them drawn; `history` alone.
};

struct RevisionList {
  std::string environment;
  /// Empty with Alembic's lines.
  std::vector<RevisionView> revisions;
  std::vector<std::string> lines;
  std::vector<DrawnLine> drawing;
  /// Whether a database was read: only then `is_applied` and `is_current` mean something.
  bool is_marked = false;
};

/// The rows of the version table, and heads that they imply by dependency.
struct CurrentRequest {
  /// Throw Error(pending) when the rows are not exactly the heads.
  bool must_be_at_head = false;
  Listing listing = Listing::views;
};
RevisionList run_current(const CurrentRequest& request, const Workspace& workspace, Context& context);

struct HeadsRequest {
  /// The heads as the version table would hold them: without those that others depend on.
  bool resolves_dependencies = false;
  Listing listing = Listing::views;
};
RevisionList run_heads(const HeadsRequest& request, const Workspace& workspace);

/// Branch points from the newest down; with `views`, each followed by its children.
RevisionList run_branches(Listing listing, const Workspace& workspace);

/// Whether a database is read to mark what is applied.
enum class Marking {
  none,
  if_at_hand,  ///< When the database can be read at once; a notice says why it could not.
  required,
};

struct HistoryRequest {
  /// `A:B`; empty: all.
  std::string range;
  Marking marking = Marking::none;
  Listing listing = Listing::views;
  DrawingStyle style = DrawingStyle::ascii;
};
/// Newest first.
RevisionList run_history(const HistoryRequest& request, const Workspace& workspace, Context& context);

struct ShownRevision {
  RevisionView view;
  /// The script's text; empty when neither a file nor the log has it.
  std::string text;
  /// Alembic's block about it.
  std::vector<std::string> lines;
};
struct ShowResult {
  std::string environment;
  std::vector<ShownRevision> revisions;
};
/// `typed` as Alembic's show takes it; `current` opens the database, and so does an id that no file has. With
/// `is_applied` the text that was applied, from the log, whatever the file says now.
ShowResult run_show(const std::string& typed, bool is_applied, const Workspace& workspace, Context& context);
/// The same of the environment that the context names; where its scripts make no graph, from the database's
/// log alone: what breaks it may be a script that is gone and was applied.
ShowResult run_show(const std::string& typed, bool is_applied, Context& context);

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
  /// What to do about it.
  std::string partial_next;
  /// Why `downgrade -1` does not undo it; empty where it does, or where it is a downgrade.
  std::string partial_obstacle;
  /// Session::at_work.
  std::string at_work;
  /// The newest failure that no success followed.
  std::string failure;
  std::string failed_revision;
  std::vector<std::string> backups;
  std::vector<Problem> problems;
};
StatusReport run_status(const Workspace& workspace, Context& context);

}  // namespace metaxy::migrate
