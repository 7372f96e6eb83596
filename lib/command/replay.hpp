#pragma once
// `replay`: runs scripts on a scratch database and writes the changes sections that hand-written ones lack.

#include <string>
#include <vector>

#include "command/workspace.hpp"

namespace metaxy::migrate {

struct ReplayRequest {
  /// Revisions whose section is written anew; empty: all that have SQL for the schema and no changes section.
  std::vector<std::string> revisions;
  /// Only say what would be written.
  bool is_dry_run = false;
};

struct ReplayedScript {
  std::string revision;
  std::string file;
  std::vector<std::string> changes;
  bool is_written = false;
};
struct ReplayResult {
  std::string environment;
  std::vector<ReplayedScript> scripts;
};

/// Throws StatementFailed, wrapped with file and line, when a script does not run on an empty database.
ReplayResult run_replay(const ReplayRequest& request, const Workspace& workspace, Context& context);

/// The file's text with its changes section replaced, or added at the end.
std::string with_changes(const std::string& text, const std::vector<Operation>& changes);

/// The renames that a statement says by itself (ALTER TABLE ... RENAME ...).
void collect_renames(const Statement& statement, const SplitterOptions& options, Renames& renames);

}  // namespace metaxy::migrate
