#include "command/file_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/confirm.hpp"
#include "command/templates.hpp"
#include "command/with_environment.hpp"
#include "command/without_scripts.hpp"
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

/// Whether what was typed is a path that leads to this file, however either is written.
bool leads_to(const std::string& typed, const std::string& path) {
  std::error_code error;
  return typed.find('/') != std::string::npos && std::filesystem::equivalent(typed, path, error);
}

Backup chosen_backup(const std::vector<Backup>& backups, const std::optional<std::string>& choice,
                     const std::string& file) {
  // As a variable that is not set: "the newest" was not said.
  if (choice && trimmed(*choice).empty()) {
    throw Error(
        ErrorKind::usage, "the name of the backup is empty",
        {.where = {}, .hint = "leave it out for the newest; `restore --list` shows them", .notes = {}});
  }
  if (backups.empty()) {
    throw Error(ErrorKind::usage, fmt::format("there is no backup of '{}'", file),
                {.where = {}, .hint = "a run that rebuilds or destroys something makes one", .notes = {}});
  }
  if (!choice) {
    return backups.front();
  }
  const std::string& typed = *choice;
  std::vector<std::string> known;
  std::vector<Backup> meant;
  for (const Backup& backup : backups) {
    if (backup.path == typed || file_name(backup.path) == typed || leads_to(typed, backup.path)) {
      return backup;
    }
    if (backup.at.starts_with(typed)) {
      meant.push_back(backup);
    }
    known.push_back(backup.path);
  }
  if (meant.size() == 1) {
    return meant.front();
  }
  throw Error(ErrorKind::usage,
              meant.empty() ? fmt::format("'{}' is no backup of '{}'", typed, file)
                            : fmt::format("'{}' is the beginning of several backups of '{}'", typed, file),
              {.where = {},
               .hint = "give the path of one, or more of its time: `restore --list` shows them",
               .notes = known});
}

/// Project and part -> the revisions that count as applied.
using AppliedByOthers = std::map<std::pair<std::string, std::string>, std::set<std::string>>;

/// The log is the only one to know: their scripts are elsewhere.
AppliedByOthers applied_by_others(const Session& session) {
  AppliedByOthers applied;
  if (session.state.others.empty()) {
    return applied;
  }
  for (const Row& cells : session.connection->query(session.sql->select_log())) {
    const LogRow row = StateSql::log_row_from(cells);
    const bool is_ours = row.project == session.binding.project && row.part == session.binding.part;
    if (is_ours || row.outcome != "done" || row.revision.empty()) {
      continue;
    }
    std::set<std::string>& ids = applied[{row.project, row.part}];
    if (row.action == "upgrade" || row.action == "stamp" || row.action == "adopt_drift") {
      ids.insert(row.revision);
    } else if (row.action == "downgrade" || row.action == "undo") {
      ids.erase(row.revision);
    }
  }
  return applied;
}

struct AppliedInFile {
  std::set<std::string> ours;
  AppliedByOthers others;
};

/// Of a database file, opened and closed again.
AppliedInFile applied_in(const Workspace& workspace, const std::string& file, Access access,
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
  return {.ours = std::move(ids), .others = applied_by_others(session)};
}

/// What the present file has; a file that does not open (that may be why a backup is wanted) has nothing to
/// tell.
AppliedInFile applied_now(const Workspace& workspace, const std::string& file, Context& context) {
  try {
    // DuckDB opens for writing what nobody else has open: known before anything is asked.
    return applied_in(workspace, file, Access::read_write, context);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::lock) {
      throw;
    }
    context.observer.on(Warning{fmt::format("the present file cannot be read: {}", error.what())});
    return {};
  }
}

/// A backup that cannot be read is not put back.
AppliedInFile applied_then(const Workspace& workspace, const std::string& backup, const Context& context) {
  try {
    return applied_in(workspace, backup, Access::read_only, context);
  } catch (const Error& error) {
    throw Error(
        error.kind(), fmt::format("the backup cannot be read: {}", error.what()),
        {.where = {}, .hint = "nothing was done; `restore --list` shows the others", .notes = error.notes()});
  }
}

/// The present database, open so that nobody else opens it while it is replaced; nullptr when it does not
/// open.
std::unique_ptr<Connection> held(const Workspace& workspace, const Context& context) {
  const Environment& environment = workspace.environment;
  try {
    return workspace.dialect->connect(
        target_to_connect(environment.store),
        {.access = Access::read_write,
         .lock_wait = environment.settings.lock_wait.value,
         .waiting = [&context](const std::string& holder) { context.observer.on(LockWaiting{holder}); }});
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::lock) {
      throw;
    }
    return nullptr;
  }
}

std::vector<std::string> missing_in(const std::set<std::string>& then, const std::set<std::string>& now) {
  std::vector<std::string> missing;
  std::set_difference(now.begin(), now.end(), then.begin(), then.end(), std::back_inserter(missing));
  return missing;
}

/// "project 'media', part metaxy_system: s1": what the backup has not.
std::vector<std::string> lost_by_others(const AppliedByOthers& then, const AppliedByOthers& now) {
  std::vector<std::string> lost;
  for (const auto& [key, ids] : now) {
    const auto old = then.find(key);
    const std::vector<std::string> missing =
        missing_in(old == then.end() ? std::set<std::string>{} : old->second, ids);
    if (!missing.empty()) {
      const auto& [project, part] = key;
      lost.push_back(fmt::format("project '{}'{}: {}", project, part == "all" ? "" : ", part " + part,
                                 join(missing, ", ")));
    }
  }
  return lost;
}

/// What the question says of it.
std::string lost_text(const RestoreResult& result) {
  std::string text;
  if (!result.lost.empty()) {
    text =
        fmt::format(", and the revision{} {}", result.lost.size() == 1 ? "" : "s", join(result.lost, ", "));
  }
  if (!result.lost_by_others.empty()) {
    text += fmt::format(", and revisions that others applied ({})", join(result.lost_by_others, "; "));
  }
  return text;
}

}  // namespace

Workspace open_file_workspace(Context& context) {
  auto [config, environment] = only_environment(context, Purpose::writing);
  try {
    return workspace_of(config, environment, context);
  } catch (const Error& error) {
    const bool is_about_scripts = error.kind() == ErrorKind::script || error.kind() == ErrorKind::integrity ||
                                  error.kind() == ErrorKind::failure;
    if (!is_about_scripts) {
      throw;
    }
    context.observer.on(Warning{fmt::format("the scripts are left aside: {}{}", error.what(),
                                            error.where() ? fmt::format(" ({})", error.where()->file) : "")});
    return without_scripts(config, std::move(environment));
  }
}

RestoreResult run_restore(const RestoreRequest& request, const Workspace& workspace, Context& context) {
  const std::string file = require_file(workspace, "restore");
  const std::vector<Backup> backups = list_backups(context.files, file);
  RestoreResult result{.environment = workspace.environment.name,
                       .backups = {},
                       .restored = {},
                       .kept = {},
                       .lost = {},
                       .lost_by_others = {}};
  for (const Backup& backup : backups) {
    result.backups.push_back(backup.path);
  }
  if (request.is_listing) {
    return result;
  }
  const Backup backup = chosen_backup(backups, request.backup, file);
  AppliedInFile now;
  if (context.files.is_file(file)) {
    now = applied_now(workspace, file, context);
  }
  const AppliedInFile then = applied_then(workspace, backup.path, context);
  result.lost = missing_in(then.ours, now.ours);
  result.lost_by_others = lost_by_others(then.others, now.others);
  const std::string question = fmt::format(
      "put back '{}' (made {}, at {})? Everything written to '{}' since then is lost{}; the present file is "
      "kept aside.",
      backup.path, backup.at, backup.revision, file, lost_text(result));
  // The name of a protected store is answer enough.
  confirm_protected_store(workspace, question, context);
  if (!workspace.environment.settings.is_protected.value && !confirmed(question, "--yes", context)) {
    throw Error(ErrorKind::usage, "not confirmed; nothing was done");
  }
  result.kept = restore(*workspace.dialect->files(), file, backup.path, context.clock.now(),
                        [&] { return held(workspace, context); });
  result.restored = backup.path;
  return result;
}

RecoverResult run_recover(const Workspace& workspace) {
  const std::string file = require_file(workspace, "recover");
  const std::string& name = workspace.environment.name;
  try {
    return {.environment = name, .done = workspace.dialect->files()->recover(file)};
  } catch (const Error& error) {
    throw with_environment(error, name);
  }
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
