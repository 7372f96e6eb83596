#pragma once
// Where an Alembic set-up keeps its revisions, as its own configuration says: a section of alembic.ini, or
// [tool.alembic] of pyproject.toml. For taking it over; nothing of it is run.

#include <optional>
#include <string>
#include <vector>

#include "files/file_system.hpp"

namespace metaxy::migrate {

struct AlembicQuestion {
  /// As typed (`--alembic-config`), or from ALEMBIC_CONFIG; empty: looked for in `directories`.
  std::string file;
  /// Absolute.
  std::string working_directory;
  /// Where an alembic.ini or a pyproject.toml may lie, absolute, the likeliest first.
  std::vector<std::string> directories;
  /// Sections that may be meant, the likeliest first; "alembic" is Alembic's own.
  std::vector<std::string> sections;
};

/// Paths as seen from the working directory.
struct AlembicProject {
  std::string file;
  /// Empty for pyproject.toml.
  std::string section;
  /// Alembic's script_location.
  std::string directory;
  /// Where its revisions are: never empty. `versions` below the directory unless it is configured.
  std::vector<std::string> locations;
  /// `locations` are not what a directory's own layout says, so they must be configured for us too.
  bool has_own_locations = false;
  /// Of env.py where it is written out in a string; "alembic_version" where env.py does not speak of it.
  std::string version_table;
  /// Empty unless env.py names one; "?" when only Python could tell.
  std::string version_table_schema;
  /// What could not be followed, and what is left out: one sentence each.
  std::vector<std::string> notes;

  /// The call of Alembic for this set-up: "alembic -n dev".
  std::string command() const;
};

/// Throws Error(configuration) when there is no Alembic configuration, no section of it is meant, it has no
/// script_location, or one that only Python can find, naming what was looked at.
AlembicProject find_alembic_project(const FileSystem& files, const AlembicQuestion& question);

}  // namespace metaxy::migrate
