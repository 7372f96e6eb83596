#pragma once
// `restore` and `recover`: what can be done with the file of a file database. `init`: the first files of an
// environment.

#include <optional>
#include <string>
#include <vector>

#include "command/session.hpp"

namespace metaxy::migrate {

/// The environment that the context names, for commands that need its file more than its scripts: where those
/// cannot be read or make no graph, it has none, and a warning says so.
Workspace open_file_workspace(Context& context);

struct RestoreRequest {
  /// A backup's path, or the beginning of its time; the newest when left out.
  std::optional<std::string> backup;
  bool is_listing = false;
};
struct RestoreResult {
  std::string environment;
  std::vector<std::string> backups;
  /// The one that was put back; empty when only listed.
  std::string restored;
  /// Where the replaced file is now.
  std::string kept;
  /// Revisions that the replaced database had and the backup has not.
  std::vector<std::string> lost;
  /// The same of other parts and projects in the file: "project, part: revisions".
  std::vector<std::string> lost_by_others;
};
/// Asks before it replaces anything, saying what is lost.
RestoreResult run_restore(const RestoreRequest& request, const Workspace& workspace, Context& context);

struct RecoverResult {
  std::string environment;
  std::string done;
};
RecoverResult run_recover(const Workspace& workspace);

struct InitResult {
  std::string environment;
  /// Written; what was there already is left as it is and not listed.
  std::vector<std::string> files;
};
InitResult run_init(const Workspace& workspace, Context& context);

}  // namespace metaxy::migrate
