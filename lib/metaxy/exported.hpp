#pragma once
// What lib/metaxy/exporter.py tells of a Python project: definitions, the tables that this Metaxy wants, and
// the files that it was made from. Running it is not done here (command/python_project.hpp).

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
  /// By the import system alone: only names that can be imported matter.
  bool is_modules_only = false;

  bool operator==(const ExportedListing&) const = default;
};

/// What the result depends on; absolute paths, sorted.
struct ExportedInputs {
  /// The project's own Python files.
  std::vector<std::string> modules;
  /// Other files that it read.
  std::vector<std::string> data;
  std::vector<ExportedListing> listings;
  /// Of each installed distribution the list of its content.
  std::vector<std::string> installed;
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
