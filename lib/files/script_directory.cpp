#include "files/script_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "revision/alembic_revision.hpp"

namespace metaxy::migrate {

namespace {

/// Headers are a few hundred bytes; what is longer is read whole.
constexpr std::size_t kHeadBytes = 4096;

constexpr std::string_view kScriptEnding = ".sql";

[[noreturn]] void refuse_alembic(const std::string& path, const std::string& name) {
  throw Error(
      ErrorKind::usage,
      fmt::format("'{}' holds '{}', a revision of Alembic, and the directory was not taken over", path, name),
      {.where = {},
       .hint = "`init --from-alembic` takes over what Alembic did; or set script_location under "
               "[ext.migrate] to a directory of its own, and `adopt` the database as it is",
       .notes = {}});
}

/// A Python file of a script's name is that script's twin, for Alembic only. `names` are sorted.
bool is_twin(const std::vector<std::string>& names, const std::string& name) {
  return std::binary_search(names.begin(), names.end(), name.substr(0, name.size() - 3) + ".sql");
}

/// What a reader of locations collects.
struct Collected {
  std::vector<Revision>& revisions;
  std::vector<Problem>& problems;
  const KeepText& keep;
};

Error gone(const std::string& path) {
  return Error(ErrorKind::failure, fmt::format("script '{}' is gone, or is a link that leads nowhere", path));
}

AlembicRevision read_python(const FileSystem& files, const std::string& path) {
  return read_alembic_revision(read_script_text(files, path), path);
}

}  // namespace

bool is_script_name(std::string_view name) {
  return name.size() >= kScriptEnding.size() &&
         name.substr(name.size() - kScriptEnding.size()) == kScriptEnding && name[0] != '.' && name[0] != '#';
}

Revision read_header(const FileSystem& files, const std::string& path, const KeepText& keep) {
  std::optional<std::string> head = files.read_head(path, kHeadBytes);
  const bool is_small = head && head->size() < kHeadBytes;
  if (head && !is_small && !has_whole_header(*head)) {
    head = files.read(path);
  }
  if (!head) {
    throw gone(path);
  }
  Revision revision = parse_header(*head, path);
  if (keep && is_small) {
    keep(revision, std::move(*head));
  }
  return revision;
}

std::string read_script_text(const FileSystem& files, const std::string& path) {
  std::optional<std::string> text = files.read(path);
  if (!text) {
    throw gone(path);
  }
  return std::move(*text);
}

namespace {

/// The `versions/` folder, or the directory itself.
std::string default_location(const FileSystem& files, const std::string& path) {
  std::string versions = joined_path(path, "versions");
  if (!files.is_directory(versions)) {
    return path;
  }
  const std::vector<std::string> names = files.list(path);
  const auto beside = std::find_if(names.begin(), names.end(), is_script_name);
  if (beside != names.end()) {
    throw Error(ErrorKind::configuration,
                fmt::format("'{}' has a folder 'versions', and beside it the script '{}'", path, *beside),
                {.where = {}, .hint = fmt::format("move the script into '{}'", versions), .notes = {}});
  }
  return versions;
}

void refuse_repeated(const FileSystem& files, const std::vector<std::string>& locations) {
  std::set<std::string> known;
  for (const std::string& location : locations) {
    if (!known.insert(files.absolute(location)).second) {
      throw Error(
          ErrorKind::configuration,
          fmt::format("version_locations names '{}' twice: its scripts would be loaded twice", location));
    }
  }
}

void read_script(const FileSystem& files, const std::string& path, Collected& collected) {
  try {
    collected.revisions.push_back(read_header(files, path, collected.keep));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::script) {
      throw;
    }
    collected.problems.push_back({.message = error.what(), .where = error.where(), .hint = error.hint()});
  }
}

/// Reads the headers in one location; what cannot be read becomes a problem.
void read_location(const FileSystem& files, const ScriptDirectory& directory, const std::string& location,
                   bool is_taken_over, Collected& collected) {
  const std::vector<std::string> names = files.list(location);
  for (const std::string& name : names) {
    // Alembic's own file for its surroundings lies beside `versions/`, where there is none among scripts.
    const bool is_surroundings = name == "env.py" && location == directory.path;
    if (is_alembic_file_name(name) && !is_surroundings && !is_twin(names, name)) {
      if (!is_taken_over) {
        refuse_alembic(location, name);
      }
      AlembicRevision read = read_python(files, joined_path(location, name));
      std::move(read.problems.begin(), read.problems.end(), std::back_inserter(collected.problems));
      collected.revisions.push_back(std::move(read.revision));
    } else if (is_script_name(name)) {
      read_script(files, joined_path(location, name), collected);
    }
  }
}

}  // namespace

AlembicFiles read_alembic_files(const FileSystem& files, const std::vector<std::string>& locations) {
  AlembicFiles all;
  for (const std::string& location : locations) {
    const std::vector<std::string> names = files.list(location);
    for (const std::string& name : names) {
      if (!is_alembic_file_name(name) || is_twin(names, name)) {
        continue;
      }
      AlembicRevision read = read_python(files, joined_path(location, name));
      std::move(read.problems.begin(), read.problems.end(), std::back_inserter(all.problems));
      all.created_tables.insert(read.created_tables.begin(), read.created_tables.end());
      all.revisions.push_back(std::move(read.revision));
    }
  }
  return all;
}

ScriptDirectory read_script_directory(const FileSystem& files, const std::string& path,
                                      const std::vector<std::string>& locations, const KeepText& keep) {
  ScriptDirectory directory{.path = path, .locations = locations, .exists = false, .revisions = {}};
  refuse_repeated(files, locations);
  if (locations.empty()) {
    directory.locations = {default_location(files, path)};
  }
  directory.exists = std::any_of(directory.locations.begin(), directory.locations.end(),
                                 [&](const std::string& location) { return files.is_directory(location); });
  std::vector<Problem> problems;
  Collected collected{directory.revisions, problems, keep};
  const bool is_taken_over = files.is_file(joined_path(path, kTakenOverFile));
  for (const std::string& location : directory.locations) {
    read_location(files, directory, location, is_taken_over, collected);
  }
  if (!problems.empty()) {
    throw error_from(ErrorKind::script,
                     fmt::format("{} of '{}' cannot be read", counted(problems.size(), "script"), path),
                     problems);
  }
  return directory;
}

}  // namespace metaxy::migrate
