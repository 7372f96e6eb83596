#pragma once
// The definitions of a Python project: which interpreter, running the exporter in it, and its faults in
// words.

#include <string>
#include <vector>

#include "base/error.hpp"
#include "command/context.hpp"
#include "metaxy/exported.hpp"

namespace metaxy::migrate {

/// The Python of a project.
struct Interpreter {
  std::string program;
  /// What comes before Python's own arguments ("uv run").
  std::vector<std::string> arguments;
  /// For people: "/project/.venv/bin/python (.venv beside metaxy.toml)".
  std::string shown;
  /// Whether the project itself names it, by configuration or by an environment of its own.
  bool is_of_project = false;
};

/// The configured one, $VIRTUAL_ENV, `.venv` beside the configuration, `uv run` where there is a uv.lock,
/// python3. Throws Error(configuration) when there is none, or not the configured one.
Interpreter find_interpreter(const Config& config, const MigrateSettings& settings, const Context& context);

/// The nearest folder from the configuration upwards with a uv.lock; empty: none.
std::string folder_of_uv_lock(const Config& config, const Context& context);

/// The interpreter has no Metaxy at all.
class NoMetaxy : public Error {
 public:
  using Error::Error;
};

/// Whether the result of an earlier run will do; it is kept for later ones either way
/// (command/python_inputs.hpp).
enum class CacheUse { allowed, forbidden };

/// Loads the project as Metaxy does, once for all environments of a command. Throws Error(configuration) when
/// it cannot be imported, takes too long or ends without a result; Python's traceback is told to the
/// observer, for `-v`.
ExportedProject load_python_project(const Config& config, const MigrateSettings& settings,
                                    const Context& context, std::vector<std::string>& notes,
                                    CacheUse use = CacheUse::allowed);

}  // namespace metaxy::migrate
