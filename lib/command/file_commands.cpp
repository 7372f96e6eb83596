#include "command/file_commands.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/confirm.hpp"
#include "command/templates.hpp"
#include "revision/traversal.hpp"
#include "run/backup.hpp"

namespace metaxy::migrate {

namespace {

std::string require_file(const Workspace& workspace, std::string_view what) {
  const std::optional<std::string> file = database_file(workspace);
  if (!file) {
    throw Error(ErrorKind::usage, fmt::format("{} works on databases that are one file; store '{}' is not",
                                              what, workspace.environment.store.name));
  }
  return *file;
}

Backup chosen_backup(const std::vector<Backup>& backups, const std::string& typed, const std::string& file) {
  if (backups.empty()) {
    throw Error(ErrorKind::usage, fmt::format("there is no backup of '{}'", file),
                {.where = {}, .hint = "a run that rebuilds or destroys something makes one", .notes = {}});
  }
  if (typed.empty()) {
    return backups.front();
  }
  for (const Backup& backup : backups) {
    if (backup.path == typed || backup.at.rfind(typed, 0) == 0 || file_name(backup.path) == typed) {
      return backup;
    }
  }
  std::vector<std::string> known;
  for (const Backup& backup : backups) {
    known.push_back(backup.path);
  }
  throw Error(ErrorKind::usage, fmt::format("'{}' is no backup of '{}'", typed, file),
              {.where = {}, .hint = "`restore --list` shows them", .notes = known});
}

/// Applied revisions of a database file, opened and closed again; empty when it does not open.
std::set<std::string> applied_in(const Workspace& workspace, const std::string& file, Access access,
                                 const Context& context) {
  Workspace other{.config = workspace.config,
                  .environment = workspace.environment,
                  .dialect = workspace.dialect,
                  .scripts = workspace.scripts,
                  .graph = graph_of(workspace.scripts)};
  other.environment.store.target.location = Secret(file);
  const Session session =
      open_session(other, context,
                   {.access = access, .may_create = false, .is_rebind = true, .may_have_unknown_rows = true});
  std::set<std::string> ids(session.unknown_rows.begin(), session.unknown_rows.end());
  std::vector<std::string> known;
  for (const std::string& row : session.state.rows) {
    if (ids.count(row) == 0) {
      known.push_back(row);
    }
  }
  ids.merge(applied_ids(session.graph(), known));
  return ids;
}

/// What the present file has; a file that does not open (that may be why a backup is wanted) has nothing to
/// tell.
std::set<std::string> applied_now(const Workspace& workspace, const std::string& file, Context& context) {
  try {
    // Opening for writing proves that nobody else has it open.
    return applied_in(workspace, file, Access::read_write, context);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::lock) {
      throw;
    }
    context.observer.on(Warning{fmt::format("the present file cannot be read: {}", error.what())});
    return {};
  }
}

}  // namespace

RestoreResult run_restore(const RestoreRequest& request, const Workspace& workspace, Context& context) {
  const std::string file = require_file(workspace, "restore");
  const std::vector<Backup> backups = list_backups(context.files, file);
  RestoreResult result{
      .environment = workspace.environment.name, .backups = {}, .restored = {}, .kept = {}, .lost = {}};
  for (const Backup& backup : backups) {
    result.backups.push_back(backup.path);
  }
  if (request.is_listing) {
    return result;
  }
  const Backup backup = chosen_backup(backups, request.backup, file);
  std::set<std::string> now;
  if (context.files.is_file(file)) {
    now = applied_now(workspace, file, context);
  }
  const std::set<std::string> then = applied_in(workspace, backup.path, Access::read_only, context);
  std::set_difference(now.begin(), now.end(), then.begin(), then.end(), std::back_inserter(result.lost));
  const std::string question = fmt::format(
      "put back '{}' (made {}, at {})? Everything written to '{}' since then is lost{}; the present file is "
      "kept aside.",
      backup.path, backup.at, backup.revision, file,
      result.lost.empty() ? "" : fmt::format(", and the revisions {}", join(result.lost, ", ")));
  confirm_protected_store(workspace, question, context);
  if (!confirmed(question, "--yes", context)) {
    throw Error(ErrorKind::usage, "not confirmed; nothing was done");
  }
  result.kept = restore(*workspace.dialect->files(), file, backup.path, context.clock.now());
  result.restored = backup.path;
  return result;
}

RecoverResult run_recover(const Workspace& workspace) {
  const std::string file = require_file(workspace, "recover");
  return {.environment = workspace.environment.name, .done = workspace.dialect->files()->recover(file)};
}

InitResult run_init(const Workspace& workspace, Context& context) {
  InitResult result{.environment = workspace.environment.name, .files = {}};
  const std::string& directory = workspace.environment.script_directory.value;
  for (const Template& entry : templates()) {
    const std::string path = joined_path(directory, std::string(entry.file));
    if (!context.files.is_file(path)) {
      context.files.write(path, filled(entry, workspace));
      result.files.push_back(path);
    }
  }
  return result;
}

}  // namespace metaxy::migrate
