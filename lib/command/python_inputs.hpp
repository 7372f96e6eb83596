#pragma once
// Whether what a Python project defined can still be what it defines: fingerprints of its inputs, for
// definitions.toml and for the cache of the exporter's results.

#include <optional>
#include <string>
#include <vector>

#include "command/python_project.hpp"
#include "metaxy/export_file.hpp"

namespace metaxy::migrate {

/// For definitions.toml: what can be compared on any machine that has the repository. The project's own
/// sources, the data files below the configuration, and the lists of packages.
ExportStamp stamp_of(const ExportedProject& project, const Config& config, const Context& context);

/// What is not as the stamp says, one phrase each ("media/features.py changed"); empty: it is fresh.
std::vector<std::string> stale_parts(const ExportStamp& stamp, const Config& config, const Context& context);

/// The exporter's result from an earlier run, when nothing that it was made from differs: sources, data,
/// folders, installed packages, configuration, interpreter, environment variables.
std::optional<std::string> cached_export(const Interpreter& interpreter, const Config& config,
                                         const Context& context);

/// Keeps a result for later runs, in the user's cache directory; not where the project may know more than
/// these inputs tell (it ran another program, say). What cannot be written is not kept.
void keep_export(const std::string& result, const ExportedProject& project, const Interpreter& interpreter,
                 const Config& config, const Context& context);

}  // namespace metaxy::migrate
