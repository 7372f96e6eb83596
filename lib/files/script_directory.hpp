#pragma once
// The scripts of one environment on disk: which files there are, what their headers say, in load order. It
// reads headers only; sections are read when a script runs or is compared (architecture: scripts are read in
// two steps).

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "files/file_system.hpp"
#include "revision/revision.hpp"
#include "revision/script.hpp"

namespace metaxy::migrate {

struct ScriptDirectory {
  /// As configured.
  std::string path;
  /// Where scripts are and new ones go: `path`, or its `versions/` folder where there is one (Alembic's
  /// layout), or the directories that were configured. Never empty.
  std::vector<std::string> locations;
  /// Whether there is one of the locations.
  bool exists = false;
  /// By location, then sorted bytewise by file name, scripts and Alembic's files together: the tie-break of
  /// every traversal (decision 10).
  std::vector<Revision> revisions;
};

/// Whether a file of this name is read as a script: those of editors and our own temporary ones are not.
bool is_script_name(std::string_view name);

/// The file that says that Alembic's revisions in a directory were taken over (`init --from-alembic`).
inline constexpr std::string_view kTakenOverFile = "taken_over.toml";

/// Throws Error(script) that lists every file whose header cannot be read, Error(usage) for Alembic's Python
/// revisions in a directory that was not taken over, and Error(configuration) for scripts beside a
/// `versions/` folder (decision 21), and for a location that is given twice. A directory that does not exist
/// is empty. `locations` are the configured ones, if any. `keep` gets the texts of small scripts, which were
/// read whole for their headers.
using KeepText = std::function<void(const Revision& revision, std::string text)>;
ScriptDirectory read_script_directory(const FileSystem& files, const std::string& path,
                                      const std::vector<std::string>& locations = {},
                                      const KeepText& keep = {});

/// The files that Alembic wrote, as they are: without the twins of scripts (command/twin.hpp).
struct AlembicFiles {
  std::vector<Revision> revisions;
  /// Tables that the files create, sorted.
  std::set<std::string> created_tables;
  /// What cannot be read without running Python.
  std::vector<Problem> problems;
};
AlembicFiles read_alembic_files(const FileSystem& files, const std::vector<std::string>& locations);

/// The header of one file.
Revision read_header(const FileSystem& files, const std::string& path, const KeepText& keep = {});

/// The whole script, for `show` and for small scripts. Throws Error(failure) when the file is gone.
std::string read_script_text(const FileSystem& files, const std::string& path);

}  // namespace metaxy::migrate
