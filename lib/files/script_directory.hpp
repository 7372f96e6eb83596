#pragma once
// The scripts of one environment on disk: which files there are, what their headers say, in load order. It
// reads headers only; sections are read when a script runs or is compared (architecture: scripts are read in
// two steps).

#include <string>
#include <vector>

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
  bool exists = false;
  /// By location, then sorted bytewise by file name: the tie-break of every traversal.
  std::vector<Revision> revisions;
};

/// Throws Error(script) that lists every file whose header cannot be read, Error(usage) for Alembic's Python
/// revisions, which are not taken over yet, and Error(configuration) for scripts beside a `versions/` folder
/// (decision 21), and for a location that is given twice. A directory that does not exist is empty.
/// `locations` are the configured ones, if any.
ScriptDirectory read_script_directory(const FileSystem& files, const std::string& path,
                                      const std::vector<std::string>& locations = {});

/// The header of one file.
Revision read_header(const FileSystem& files, const std::string& path);

/// The whole script, for `show` and for small scripts. Throws Error(failure) when the file is gone.
std::string read_script_text(const FileSystem& files, const std::string& path);

}  // namespace metaxy::migrate
