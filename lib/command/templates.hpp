#pragma once
// The templates that `init` writes, embedded in the program: the form of new scripts and a README. Plain
// named replacement, no logic.

#include <string>
#include <string_view>
#include <vector>

#include "command/workspace.hpp"
#include "revision/script.hpp"

namespace metaxy::migrate {

struct Template {
  /// What `list-templates` shows.
  std::string_view name;
  std::string_view summary;
  /// Name of the file in an environment's directory.
  std::string_view file;
  std::string_view text;
};

const std::vector<Template>& templates();

/// A README with the environment's names in it; the script template as it is.
std::string filled(const Template& entry, const Workspace& workspace);

/// The script in the form of the environment's own template, else of the built-in one. Throws
/// Error(configuration) for an unknown or a missing placeholder, naming the file.
std::string script_text(const Script& script, const Workspace& workspace, const Context& context);

}  // namespace metaxy::migrate
