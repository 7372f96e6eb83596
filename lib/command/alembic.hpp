#pragma once
// Living with what Alembic did: its revisions are never run here, and whoever needs them is told how Alembic
// does it.

#include <string>
#include <vector>

#include "command/session.hpp"
#include "revision/traversal.hpp"

namespace metaxy::migrate {

/// The call of Alembic for the environment, "alembic -n dev", as its directory's `taken_over.toml` says.
std::string alembic_command(const Workspace& workspace, const Context& context);

/// "alembic -n dev upgrade 3f1a", for each of the newest of these revisions of Alembic.
std::vector<std::string> alembic_upgrades(const RevisionGraph& graph, const std::vector<std::string>& ids,
                                          const Workspace& workspace, const Context& context);

/// Throws Error(usage) naming Alembic's own command when one of the steps is a revision of Alembic. `rows`:
/// of the version table.
void require_no_alembic(const std::vector<Step>& steps, const RevisionGraph& graph,
                        const std::vector<std::string>& rows, const Workspace& workspace,
                        const Context& context);

/// The problem that a version table of Alembic's own in the database holds revisions of this directory, while
/// another table is configured; nullopt when there is none (product reference 5).
std::optional<Problem> alembic_rows_elsewhere(const Session& session, const Workspace& workspace);

/// `[ext.migrate.environments.dev]`.
std::string environment_table(const std::string& name);

/// Throws Error(usage) with the statement that widens the version table's column when one of the ids does not
/// fit in (Alembic makes it VARCHAR(32), decision 9).
void require_fitting_ids(const std::vector<std::string>& ids, const Session& session);

/// Revisions on top of which both tools wrote one, without a later one that joins the two.
struct ForkOfTools {
  std::string parent;
  std::string alembic;
  std::string ours;
};
std::vector<ForkOfTools> forks_of_tools(const RevisionGraph& graph);

}  // namespace metaxy::migrate
