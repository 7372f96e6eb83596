#pragma once
// `export`: writes definitions.toml, so that what follows needs no Python.

#include <string>
#include <vector>

#include "command/workspace.hpp"

namespace metaxy::migrate {

struct ExportResult {
  struct File {
    std::string file;
    bool is_changed = false;
  };
  std::vector<File> files;
  std::vector<std::string> features;
  std::string metaxy_version;
};

/// Runs the exporter, always, and writes the file of each environment that was named; of all of them, when
/// none was. A file that would be the same is left alone.
ExportResult run_export(Context& context);

}  // namespace metaxy::migrate
