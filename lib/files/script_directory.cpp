#include "files/script_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.hpp"

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

ScriptDirectory read_script_directory(const FileSystem& files, const std::string& path) {
  ScriptDirectory directory{
      .path = path, .versions = path, .exists = files.is_directory(path), .revisions = {}};
  if (!directory.exists) {
    return directory;
  }
  const std::string versions = joined_path(path, "versions");
  std::vector<std::string> names = files.list(path);
  if (files.is_directory(versions)) {
    const auto beside = std::find_if(names.begin(), names.end(), is_script_name);
    if (beside != names.end()) {
      throw Error(ErrorKind::configuration,
                  fmt::format("'{}' has a folder 'versions', and beside it the script '{}'", path, *beside),
                  {.where = {}, .hint = fmt::format("move the script into '{}'", versions), .notes = {}});
    }
    directory.versions = versions;
    names = files.list(versions);
  }
  std::vector<Problem> problems;
  for (const std::string& name : names) {
    if (is_alembic_name(name)) {
      refuse_alembic(directory.versions, name);
    }
    if (!is_script_name(name)) {
      continue;
    }
    try {
      directory.revisions.push_back(read_header(files, joined_path(directory.versions, name)));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::script) {
        throw;
      }
      problems.push_back({.message = error.what(), .where = error.where(), .hint = error.hint()});
    }
  }
  if (!problems.empty()) {
    throw error_from(ErrorKind::script,
                     fmt::format("{} scripts of '{}' cannot be read", problems.size(), path), problems);
  }
  return directory;
}

}  // namespace metaxy::migrate
