#pragma once
// What lib/metaxy/exporter.py tells of a Python project: definitions, the tables that this Metaxy wants, and
// the files that it was made from. Running it is not done here (command/python_project.hpp).

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metaxy/definition.hpp"
#include "metaxy/target.hpp"

namespace metaxy::migrate {

/// The exporter's source text, part of the program.
std::string_view exporter_source();

/// A folder whose names were looked at.
struct ExportedListing {
  std::string path;
  /// "import": the import system, for one module; "discovery": a search for all modules; "project": for any
  /// name.
  std::string by;

  bool operator==(const ExportedListing&) const = default;
};

/// What the result depends on; absolute paths, sorted.
struct ExportedInputs {
  /// The project's own Python files.
  std::vector<std::string> modules;
  /// Other files that it read, or wanted to and did not find.
  std::vector<std::string> data;
  std::vector<ExportedListing> listings;
  /// Of each installed distribution the list of its content.
  std::vector<std::string> installed;
  /// The folders that the distributions are in.
  std::vector<std::string> installed_folders;
  /// What it did that may have told it something beyond files ("subprocess.Popen").
  std::vector<std::string> unseen;
  /// SHA-256 of `modules` and of those of `data` that are there.
  std::map<std::string, std::string> hashes;
  /// Of these, what was written while the project was loaded: it may have been read before that.
  std::vector<std::string> changed;
};

/// Why the project could not be loaded.
struct ExportFailure {
  /// "no_metaxy", "broken_metaxy", "configuration", "import", "internal".
  std::string kind;
  std::string message;
  /// Name and text of the Python exception behind it; empty: none.
  std::string exception;
  std::string cause;
  std::string traceback;
  /// The module that is missing, for a failed import.
  std::string module;
  /// The last line of the project's code that it passed; 0: none.
  std::string file;
  std::size_t line = 0;
};

struct ExportedProject {
  std::string python_version;
  std::string executable;
  /// Folder of the environment.
  std::string prefix;
  std::string metaxy_version;
  /// As Metaxy sees it; empty: not set.
  std::string project;
  std::vector<FeatureDefinition> definitions;
  MetaxyTarget target;
  ExportedInputs inputs;
  std::optional<ExportFailure> failure;
};

/// Reads the exporter's JSON. Throws Error(failure) when it is not that, or of another format number.
ExportedProject exported_project(std::string_view json_text, std::vector<std::string>& notes);

}  // namespace metaxy::migrate
