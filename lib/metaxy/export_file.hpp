#pragma once
// definitions.toml: the definitions of a Python project, for places without its Python. Metaxy's lock format
// for
// `[features]`, our `[tables]` for SQLModel, what that Metaxy wants of a database, and hashes of what all of
// it was made from.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "metaxy/definition.hpp"
#include "metaxy/target.hpp"

namespace metaxy::migrate {

/// By path from the configuration's directory: hashes of what the definitions were made from.
struct ExportStamp {
  std::string project;
  std::vector<std::string> entrypoints;
  /// Source files, data files and lists of packages.
  std::map<std::string, std::string> files;
  /// Folders in which modules were looked for, by the names of those in them.
  std::map<std::string, std::string> folders;

  bool operator==(const ExportStamp&) const = default;
};

struct ExportFile {
  ExportStamp stamp;
  MetaxyTarget target;
  std::vector<FeatureDefinition> definitions;
};

/// The file's text for the exporter's JSON. Same inputs, same bytes.
std::string export_file_text(std::string_view exported_json, const ExportStamp& stamp);

/// Throws Error(configuration) with file:line:column. A file without our part is one in lock format alone:
/// its stamp is empty.
ExportFile export_file_from(std::string_view text, const std::string& file, std::vector<std::string>& notes);

}  // namespace metaxy::migrate
