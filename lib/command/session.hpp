#pragma once
// An environment with its database open: state, the graph of files and logged revisions, the facts of what is
// applied.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "command/workspace.hpp"
#include "run/journal.hpp"
#include "run/state.hpp"

namespace metaxy::migrate {

struct SessionOptions {
  Access access = Access::read_only;
  bool may_create = false;
  /// Skip the check that the database belongs to this project and environment.
  bool is_rebind = false;
  /// Accept rows of the version table that nothing explains (`stamp --purge`).
  bool may_have_unknown_rows = false;
  /// Do not look whether a version table of Alembic's holds ids of this directory.
  bool is_beside_alembic = false;
  /// Wait for a lock as long as configured; not at all otherwise.
  bool is_patient = true;
};

struct Session {
  /// Null when the database file does not exist and nothing was to be created: an empty database.
  std::unique_ptr<Connection> connection;
  std::unique_ptr<StateSql> sql;
  /// Whose state it is.
  Binding binding;
  DatabaseState state;
  /// Who may be at work on a partial revision that stands in doubt; empty: nobody, as far as can be seen.
  /// Read only where the session is.
  std::string at_work;
  /// The graph of the workspace's files; the workspace must outlive the session and stay where it is.
  const RevisionGraph* files = nullptr;
  /// Files and what only the log knows (decision 4), or with scripts that stand for others in this database;
  /// when that is more or other than `files`.
  std::optional<RevisionGraph> extended;
  /// Scripts that stand for what they replace in this database.
  std::set<std::string> standing;
  /// Revisions of the graph that have no file, with the text that the log kept.
  std::map<std::string, std::string> logged_texts;
  /// Rows of the version table that neither a file nor the log explains.
  std::vector<std::string> unknown_rows;

  const RevisionGraph& graph() const { return extended ? *extended : *files; }
};

Session open_session(const Workspace& workspace, const Context& context, const SessionOptions& options);

/// Reads state and graph again; after the lock was taken, or after a run.
void refresh(Session& session, const Workspace& workspace, const SessionOptions& options);

/// Whether every revision is applied.
bool has_nothing_pending(const Session& session);

/// Whether somebody else ran since the session's state was read.
bool has_moved(const Session& session);
/// Inside the transaction that is to change what the session's state says. Throws Error(lock) when somebody
/// else ran since: where a transaction is the lock, that may have been while this one waited for it.
void require_unmoved(const Session& session);

/// The script that the log kept with this row; empty where it kept none.
std::string logged_script(Connection& connection, const StateSql& sql, const LogRow& row);

/// Whether a missing database file may be made: a relative path is relative to the working directory, so
/// elsewhere than beside the configuration only where that is said (decision 15).
bool may_create_file(bool is_said, const Workspace& workspace, const Context& context);

/// The session of a database that holds nothing yet.
Session session_of_nothing(const Workspace& workspace);

/// Path of a file database, ":memory:" left out; nullopt for servers.
std::optional<std::string> database_file(const Workspace& workspace);

Actor actor_of(const Workspace& workspace, const Context& context);

/// Facts of revisions of the session's graph, from files or from the log.
std::vector<SharedFacts> facts_of(const Session& session, const Workspace& workspace, const Context& context,
                                  const std::vector<std::string>& ids);

/// What is applied: ids in order, facts, and the schema they lead to.
struct AppliedScripts {
  std::vector<SharedFacts> facts;
  ScriptedSchema scripted;
};
AppliedScripts applied_scripts(const Session& session, const Workspace& workspace, const Context& context);

/// Tables that another project has, by the log of the database that they share.
struct SharedTables {
  /// All of them, with the project.
  std::map<TableName, std::string> owners;
  /// Those that our scripts made and another project took over since: their shape is its business.
  std::set<TableName> taken;
};
SharedTables shared_tables(const Session& session, const AppliedScripts& applied, const Workspace& workspace);

/// `drift_ignore` of the environment, and what other projects took over.
std::vector<std::string> ignored_tables(const Session& session, const AppliedScripts& applied,
                                        const Workspace& workspace);

/// What is wrong with applied scripts: edited, parent changed, missing here. Each a Problem with the way out.
struct IntegrityProblems {
  std::vector<Problem> edited;
  /// Applied, known from the log, no file here: fatal for `upgrade` only.
  std::vector<Problem> missing;
  /// Only the downgrade sections were edited: a warning until a downgrade runs them.
  std::vector<Problem> edited_downgrades;
};
/// Of an applied script that is gone, with its twin for Alembic still here.
std::optional<Problem> twin_alone(const Session& session, const std::string& id, const Workspace& workspace);

IntegrityProblems check_integrity(const Session& session, const AppliedScripts& applied,
                                  const Workspace& workspace);

}  // namespace metaxy::migrate
