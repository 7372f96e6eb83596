#pragma once
// Finds the configuration file, follows `extend` and merges the files (contract A1). Neither variables in the
// texts nor METAXY_ variables are applied here.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "files/file_system.hpp"
#include "metaxy/config_reader.hpp"
#include "metaxy/config_value.hpp"

namespace metaxy::migrate {

struct ConfigFiles {
  /// Absolute path of the file that was found or named; empty: none.
  std::string file;
  /// Absolute paths in order of merging: the farthest parent first, `file` last.
  std::vector<std::string> files;
  ConfigDocuments documents;
  ConfigValue merged;
  /// Store -> sentence that names the parent's table which `extend` replaced, with its type (contract A1).
  std::map<std::string, std::string> replaced_stores;
};

/// What a path is called in messages and origins: as seen from the working directory.
std::string shown_path(std::string_view working_directory, std::string_view path);

/// The nearest `metaxy.toml`, or `pyproject.toml` with something in `[tool.metaxy]`, from the working
/// directory upward; empty when there is none. Both paths absolute. Throws Error(configuration) for a
/// pyproject.toml that is not TOML.
std::string discovered_config_file(const FileSystem& files, const std::string& working_directory);

/// Reads `file` and everything that it extends; with an empty name nothing. Throws Error(configuration):
/// missing file, not TOML, cycle, wrong `extend`.
ConfigFiles read_config_files(const FileSystem& files, const std::string& working_directory,
                              const std::string& file);

}  // namespace metaxy::migrate
