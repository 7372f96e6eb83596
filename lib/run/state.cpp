#include "run/state.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/snapshot.hpp"

namespace metaxy::migrate {

namespace {

bool is_upgrade_record(const LogRow& row) {
  return row.outcome == "done" && !row.revision.empty() &&
         (row.action == "upgrade" || row.action == "accept_edit" || row.action == "adopt_drift" ||
          row.action == "stamp");
}

/// Progress rows belong together while revision and action stay the same.
void add_progress(PartialRevision& partial, const LogRow& row) {
  const bool is_left_out = row.outcome == "skipped" || row.outcome == "adopted";
  if (is_left_out) {
    partial.left_out.emplace(row.section, row.statement);
  }
  if (partial.begun_at.empty() && row.outcome != "failed") {
    partial.begun_at = row.at;
  }
  if (row.outcome == "section" || row.outcome == "statement" || is_left_out) {
    partial.checksum =
        partial.direction == Direction::upgrade ? row.upgrade_checksum : row.downgrade_checksum;
  }
  partial.statements_adopted += row.outcome == "adopted" ? 1 : 0;
  if (row.outcome == "section") {
    partial.statements_adopted = 0;
    partial.sections_done = static_cast<std::size_t>(row.section) + 1;
    partial.statements_done = 0;
    partial.is_in_doubt = false;
  } else if (row.outcome == "started") {
    partial.is_in_doubt = true;
    // Of nothing, where it is the first: no row says so yet.
    if (partial.checksum.empty()) {
      partial.checksum =
          partial.direction == Direction::upgrade ? row.upgrade_checksum : row.downgrade_checksum;
    }
  } else if (row.outcome == "statement" || is_left_out) {
    partial.sections_done = static_cast<std::size_t>(row.section);
    partial.statements_done = static_cast<std::size_t>(row.statement) + 1;
    partial.is_in_doubt = false;
  } else if (row.outcome == "failed") {
    // The database answered: the statement did not run. A failure beside the statement answers nothing.
    partial.is_in_doubt = partial.is_in_doubt && row.failed_sql.empty();
    partial.failed_sql = row.failed_sql;
    partial.error = row.error;
  }
}

/// The progress that the row belongs to: what began of its revision in its direction, else a new one.
PartialRevision& begun_as(const LogRow& row, std::vector<PartialRevision>::iterator found,
                          std::vector<PartialRevision>& begun) {
  const Direction direction = row.action == "upgrade" ? Direction::upgrade : Direction::downgrade;
  if (found != begun.end() && found->direction == direction) {
    return *found;
  }
  if (found != begun.end()) {
    begun.erase(found);
  }
  PartialRevision& partial = begun.emplace_back();
  partial.revision = row.revision;
  partial.direction = direction;
  return partial;
}

/// A failure whose transaction was rolled back left nothing behind, nor did what was only adopted.
bool left_something(const PartialRevision& partial) {
  return partial.sections_done > 0 || partial.statements_done > partial.statements_adopted ||
         partial.is_in_doubt || partial.is_being_undone;
}

}  // namespace

std::optional<PartialRevision> partial_revision(const std::vector<LogRow>& log) {
  // Newest last. What happens to one revision says nothing of another that is partly done.
  std::vector<PartialRevision> begun;
  const auto place_of = [&begun](const LogRow& row) {
    return std::find_if(begun.begin(), begun.end(),
                        [&](const PartialRevision& one) { return one.revision == row.revision; });
  };
  for (const LogRow& row : log) {
    if (row.action == "stamp" && row.outcome == "done") {
      begun.clear();  // it says where the database is
    }
    const bool is_undo = row.action == "undo";
    if (row.action != "upgrade" && row.action != "downgrade" && !is_undo) {
      continue;
    }
    const auto found = place_of(row);
    if (row.outcome == "done") {
      if (found != begun.end()) {
        begun.erase(found);
      }
    } else if (!is_undo) {
      add_progress(begun_as(row, found, begun), row);
    } else if (found != begun.end() && row.outcome == "section") {
      found->is_being_undone = true;
      // One of the script's own downgrade sections undoes one of its upgrade.
      if (found->sections_done > 0) {
        --found->sections_done;
        ++found->sections_undone;
      }
    }
  }
  const auto newest = std::find_if(begun.rbegin(), begun.rend(), left_something);
  return newest == begun.rend() ? std::nullopt : std::optional(*newest);
}

namespace {

/// What happened to a revision before it was undone says nothing of it now.
std::map<std::string, std::set<std::string>> adopted_parts(const std::vector<LogRow>& log) {
  std::map<std::string, std::set<std::string>> adopted;
  for (const LogRow& row : log) {
    if (row.action == "upgrade" && row.outcome == "adopted") {
      adopted[row.revision].insert(row.error);
    } else if ((row.action == "downgrade" || row.action == "undo") && row.outcome == "done") {
      adopted.erase(row.revision);
    }
  }
  return adopted;
}

/// A schema that appeared in front of the one with our tables would make everything begin anew.
void require_no_state_behind(Connection& connection, const StateSql& sql, const Binding& binding) {
  const std::string places = sql.select_logs_elsewhere();
  if (places.empty()) {
    return;
  }
  const std::vector<Cell> parameters = {binding.project, binding.part};
  for (const Row& place : connection.query(places)) {
    const std::string schema = place.front().value_or("");
    for (const Row& row : connection.query(sql.select_environments(schema), parameters)) {
      if (row.front() != binding.environment) {
        continue;
      }
      const std::string here = place.at(1).value_or("");
      throw Error(
          ErrorKind::integrity,
          fmt::format("the log of environment '{}' is in schema '{}', but schema '{}' is in front of it in "
                      "the search path now",
                      binding.environment, schema, here),
          {.where = {},
           .hint =
               fmt::format("name the schema in the environment's url: `?schema={}` goes on where the log "
                           "is, `?schema={}` begins anew there; or rename schema '{}', if it came by mistake",
                           schema, here, here),
           .notes = {}});
    }
  }
}

}  // namespace

DatabaseState read_state(Connection& connection, const StateSql& sql, const Binding& binding) {
  const Snapshot snapshot(connection);
  DatabaseState state;
  for (const Row& row : connection.query(sql.select_state_tables())) {
    state.has_version_table |= row.front() == lower(sql.version_table());
    state.has_log_table |= row.front() == lower(sql.log_table());
  }
  if (state.has_version_table) {
    for (const Row& row : connection.query(sql.select_versions())) {
      state.rows.push_back(row.front().value_or(""));
    }
  }
  if (!state.has_log_table) {
    require_no_state_behind(connection, sql, binding);
    return state;
  }
  for (const Row& row : connection.query(sql.select_log())) {
    LogRow entry = StateSql::log_row_from(row);
    if (entry.format > kLogFormat) {
      throw Error(
          ErrorKind::integrity,
          fmt::format("the log '{}' was written by a newer version of metaxy-migrate (format {}; this one "
                      "knows {})",
                      sql.log_table(), entry.format, kLogFormat),
          {.where = {}, .hint = "use that version or a newer one", .notes = {}});
    }
    state.last_sequence = std::max(state.last_sequence, entry.sequence);
    if (entry.project == binding.project && entry.part == binding.part) {
      state.log.push_back(std::move(entry));
    } else {
      state.others.emplace(std::move(entry.project), std::move(entry.part));
    }
  }
  for (const LogRow& row : state.log) {
    if (is_upgrade_record(row)) {
      state.recorded[row.revision] = row;
    }
    if (row.outcome == "failed") {
      state.failure = row;
    } else if (row.outcome == "done") {
      state.failure.reset();
    }
  }
  state.partial = partial_revision(state.log);
  state.adopted = adopted_parts(state.log);
  return state;
}

namespace {

void require_environment(const DatabaseState& state, const Binding& binding) {
  const auto newest = std::find_if(state.log.rbegin(), state.log.rend(),
                                   [](const LogRow& row) { return row.action == "rebind"; });
  const LogRow& bound = newest == state.log.rend() ? state.log.front() : *newest;
  if (bound.environment != binding.environment) {
    throw Error(
        ErrorKind::usage,
        fmt::format("this database belongs to environment '{}' of project '{}', not to environment '{}'",
                    bound.environment, binding.project, binding.environment),
        {.where = {},
         .hint = fmt::format(
             "check the store's configuration; if it was renamed on purpose, `metaxy-migrate -n {} "
             "upgrade heads --rebind` takes the new name over",
             binding.environment),
         .notes = {}});
  }
}

/// One database uses either the whole of a project or its parts, never both.
void require_same_cut(const DatabaseState& state, const Binding& binding) {
  for (const auto& [project, part] : state.others) {
    if (project == binding.project && (part == "all") != (binding.part == "all")) {
      throw Error(ErrorKind::usage,
                  part == "all"
                      ? fmt::format("this database is migrated as a whole, as '{}'; '{}:{}' is a part of it",
                                    binding.environment, binding.environment, binding.part)
                      : fmt::format("this database is migrated in parts ('{0}:{1}'), not as a whole, '{0}'",
                                    binding.environment, part),
                  {.where = {},
                   .hint = fmt::format("-n {}{}", binding.environment,
                                       part == "all" ? std::string() : fmt::format(":{}", part)),
                   .notes = {}});
    }
  }
}

}  // namespace

void require_binding(const DatabaseState& state, const Binding& binding) {
  require_same_cut(state, binding);
  if (!state.log.empty()) {
    require_environment(state, binding);
  }
}

std::string unknown_project(const DatabaseState& state, const Binding& binding) {
  std::set<std::string> projects;
  for (const auto& [project, part] : state.others) {
    projects.insert(project);
  }
  if (!state.log.empty() || projects.empty() || projects.count(binding.project) != 0) {
    return {};
  }
  return fmt::format("this database belongs to project '{}', and knows nothing of project '{}'",
                     fmt::join(projects, "', '"), binding.project);
}

}  // namespace metaxy::migrate
