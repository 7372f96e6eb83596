#include "command/without_scripts.hpp"

#include <utility>

#include "dialect/registry.hpp"

namespace metaxy::migrate {

Workspace without_scripts(const Config& config, Environment environment) {
  const Dialect* dialect = find_dialect(environment.store.dialect);
  ScriptDirectory nothing{.path = environment.script_directory.value,
                          .locations = {environment.script_directory.value},
                          .exists = true,
                          .revisions = {}};
  return {.config = config,
          .environment = std::move(environment),
          .dialect = dialect,
          .scripts = std::move(nothing),
          .graph = RevisionGraph({})};
}

}  // namespace metaxy::migrate
