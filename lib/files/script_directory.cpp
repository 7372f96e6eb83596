#include "files/script_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

/// Headers are a few hundred bytes; what is longer is read whole.
constexpr std::size_t kHeadBytes = 4096;

bool ends_with(const std::string& text, std::string_view ending) {
  return text.size() >= ending.size() &&
         text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

/// Editors' and our own temporary files are no scripts.
bool is_script_name(const std::string& name) {
  return ends_with(name, ".sql") && name[0] != '.' && name[0] != '#';
}

bool is_alembic_name(const std::string& name) {
  return ends_with(name, ".py") && name != "env.py" && name.rfind("__init__", 0) != 0 && name[0] != '.';
}

[[noreturn]] void refuse_alembic(const std::string& path, const std::string& name) {
  throw Error(
      ErrorKind::usage,
      fmt::format("'{}' holds '{}', a revision of Alembic; taking over Alembic's revisions is not possible "
                  "in this version",
                  path, name),
      {.where = {},
       .hint = "set script_location under [ext.migrate] to a directory of its own, and `adopt` the "
               "database as it is",
       .notes = {}});
}

}  // namespace

Revision read_header(const FileSystem& files, const std::string& path) {
  std::optional<std::string> head = files.read_head(path, kHeadBytes);
  if (head && head->size() == kHeadBytes && !has_whole_header(*head)) {
    head = files.read(path);
  }
  if (!head) {
    throw Error(ErrorKind::failure, fmt::format("script '{}' is gone", path));
  }
  return parse_header(*head, path);
}

std::string read_script_text(const FileSystem& files, const std::string& path) {
  std::optional<std::string> text = files.read(path);
  if (!text) {
    throw Error(ErrorKind::failure, fmt::format("script '{}' is gone", path));
  }
  return std::move(*text);
}

namespace {

/// The `versions/` folder, or the directory itself.
std::string default_location(const FileSystem& files, const std::string& path) {
  const std::string versions = joined_path(path, "versions");
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

/// Reads the headers in one location; what cannot be read becomes a problem.
void read_location(const FileSystem& files, const std::string& location, std::vector<Revision>& revisions,
                   std::vector<Problem>& problems) {
  for (const std::string& name : files.list(location)) {
    if (is_alembic_name(name)) {
      refuse_alembic(location, name);
    }
    if (!is_script_name(name)) {
      continue;
    }
    try {
      revisions.push_back(read_header(files, joined_path(location, name)));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::script) {
        throw;
      }
      problems.push_back({.message = error.what(), .where = error.where(), .hint = error.hint()});
    }
  }
}

}  // namespace

ScriptDirectory read_script_directory(const FileSystem& files, const std::string& path,
                                      const std::vector<std::string>& locations) {
  ScriptDirectory directory{
      .path = path, .locations = locations, .exists = files.is_directory(path), .revisions = {}};
  refuse_repeated(files, locations);
  if (locations.empty()) {
    directory.locations = {default_location(files, path)};
  }
  std::vector<Problem> problems;
  for (const std::string& location : directory.locations) {
    read_location(files, location, directory.revisions, problems);
  }
  if (!problems.empty()) {
    throw error_from(ErrorKind::script,
                     fmt::format("{} of '{}' cannot be read", counted(problems.size(), "script"), path),
                     problems);
  }
  return directory;
}

}  // namespace metaxy::migrate
