#pragma once
// `adopt`: day one of a database that Metaxy already fills. Writes the base revision for the tables that are
// there, in the shape they have, and stamps it.

#include <string>
#include <vector>

#include "command/session.hpp"

namespace metaxy::migrate {

/// The part of a live table that the model speaks of, as live has it, and columns of an older Metaxy, which
/// the next revision renames or relaxes; what else is in it stays unmanaged.
Table managed_part(const Table& live, const Table& wanted);

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

/// On top of what Alembic did, it writes the first script there. Throws Error(usage) when there are scripts
/// already, or nothing to adopt; Error(pending) when the database is behind Alembic's revisions.
AdoptResult run_adopt(const AdoptRequest& request, const Workspace& workspace, Context& context);

}  // namespace metaxy::migrate
