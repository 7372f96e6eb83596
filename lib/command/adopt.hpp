#pragma once
// `adopt`: day one of a database that Metaxy already fills. Writes the base revision for the tables that are
// there, in the shape they have, and stamps it.

#include <string>
#include <vector>

#include "command/session.hpp"

namespace metaxy::migrate {

struct AdoptRequest {
  std::string message;
  /// Empty: a new one.
  std::string revision_id;
  DefinitionOptions definitions;
  std::vector<std::string> created_features;
  /// The database's log knows other projects, and this one comes in beside them.
  bool is_rebind = false;
};

struct AdoptResult {
  std::string environment;
  std::string revision;
  std::string file;
  std::vector<std::string> adopted;
  /// Desired tables that the database does not have.
  std::vector<std::string> missing;
  /// What the model asks for and the adopted tables lack: the next `revision --autogenerate` writes it.
  std::vector<std::string> differences;
  std::vector<std::string> notes;
};

/// Throws Error(usage) when there are scripts already, or nothing to adopt.
AdoptResult run_adopt(const AdoptRequest& request, const Workspace& workspace, Context& context);

}  // namespace metaxy::migrate
