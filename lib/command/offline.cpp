#include "command/offline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/alembic.hpp"
#include "command/mark_applied.hpp"
#include "command/preflight.hpp"
#include "revision/baseline.hpp"
#include "run/offline.hpp"

namespace metaxy::migrate {

namespace {

struct Range {
  std::string from;
  std::string to;
};

Range range_of(const OfflineRequest& request) {
  const std::vector<std::string> ends = split(request.range, ':');
  if (ends.size() == 2) {
    return {.from = ends[0].empty() ? "base" : ends[0], .to = ends[1]};
  }
  if (ends.size() > 2) {
    throw Error(ErrorKind::usage, fmt::format("'{}' is no range: it has more than one colon", request.range),
                {.where = {}, .hint = "write FROM:TO, such as 51c0:7f3a", .notes = {}});
  }
  if (request.direction == Direction::downgrade) {
    throw Error(
        ErrorKind::usage, "downgrade with --sql needs a range, because no database is asked where it is",
        {.where = {},
         .hint = fmt::format("downgrade FROM:{} --sql, where FROM is where the database is", request.range),
         .notes = {}});
  }
  return {.from = "base", .to = request.range};
}

bool is_known(const RevisionGraph& graph, const std::string& typed) {
  try {
    resolve_all(graph, typed);
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// The graph where baselines stand for what they replace, if the range speaks of such a database: one that is
/// empty, or one where a baseline is named. Otherwise it is the workspace's own.
std::optional<RevisionGraph> graph_of_baselines(const Range& range, const Workspace& workspace) {
  const RevisionGraph& history = workspace.graph;
  std::set<std::string> all;
  for (const Revision& revision : workspace.scripts.revisions) {
    if (is_baseline(revision)) {
      all.insert(revision.id);
    }
  }
  if (all.empty()) {
    return std::nullopt;
  }
  RevisionGraph baselines = graph_of(workspace.scripts, all);
  const auto names_baseline = [&](const std::string& typed) {
    return !is_known(history, typed) && is_known(baselines, typed);
  };
  const bool is_empty = is_known(history, range.from) && resolve_all(history, range.from).empty();
  return is_empty || names_baseline(range.from) || names_baseline(range.to)
             ? std::optional(std::move(baselines))
             : std::nullopt;
}

std::string heads_text(const std::vector<std::string>& rows) {
  return rows.empty() ? "base" : join(rows, ", ");
}

const Dialect& dialect_with_shell(const Workspace& workspace) {
  if (workspace.dialect->shell() == nullptr) {
    throw Error(ErrorKind::usage,
                fmt::format("--sql is not to be had for {} in this version", workspace.dialect->name()));
  }
  return *workspace.dialect;
}

OfflineOptions offline_options(const Workspace& workspace, const Context& context,
                               const std::vector<std::string>& rows, std::string_view what) {
  const Environment& environment = workspace.environment;
  const bool is_in_one = workspace.dialect->capabilities().prefers_one_transaction;
  return {.mode = is_in_one ? TransactionMode::all : TransactionMode::per_revision,
          .rows = rows,
          .actor = actor_of(workspace, context),
          .target = environment.store.target,
          .title = fmt::format("metaxy-migrate {}: {} of '{}' ({})", tool_version(), what, environment.name,
                               workspace.dialect->name())};
}

StateSql state_sql(const Workspace& workspace) {
  return {*workspace.dialect, workspace.environment.version_table.value, workspace.environment.log_table};
}

}  // namespace

void run_offline_stamp(const std::vector<std::string>& targets, const Workspace& workspace,
                       const Context& context, const std::function<void(std::string_view)>& write) {
  const Dialect& dialect = dialect_with_shell(workspace);
  const OfflineStamp stamp = offline_stamp(targets);
  const std::optional<RevisionGraph> baselines =
      graph_of_baselines({.from = stamp.from.value_or("base"), .to = stamp.targets.front()}, workspace);
  const RevisionGraph& graph = baselines ? *baselines : workspace.graph;
  const std::vector<std::string> rows =
      stamp.from ? resolve_start(graph, *stamp.from) : std::vector<std::string>{};
  const std::vector<StampStep> steps = stamp_steps(graph, rows, stamp.targets);
  if (steps.empty()) {
    context.observer.on(
        Notice{fmt::format("nothing to do from {} to {}", heads_text(rows), join(stamp.targets, ", "))});
    return;
  }
  const std::vector<std::string>& heads = steps.back().heads_after;
  const std::vector<LogRow> log = stamp_log(rows, heads, false, graph, workspace, context);
  OfflineOptions options = offline_options(workspace, context, rows, "stamp");
  options.title += fmt::format(" from {} to {}", heads_text(rows), heads_text(heads));
  write_offline_stamp(steps, log, dialect, state_sql(workspace), context.files, options, write);
}

void run_offline_tables(const Workspace& workspace, const Context& context,
                        const std::function<void(std::string_view)>& write) {
  write_offline_tables(dialect_with_shell(workspace), state_sql(workspace), context.files,
                       offline_options(workspace, context, {}, "state tables"), write);
}

void run_offline(const OfflineRequest& request, const Workspace& workspace, const Context& context,
                 const std::function<void(std::string_view)>& write) {
  const Dialect& dialect = dialect_with_shell(workspace);
  const Range range = range_of(request);
  const std::optional<RevisionGraph> baselines = graph_of_baselines(range, workspace);
  const RevisionGraph& graph = baselines ? *baselines : workspace.graph;
  const std::vector<std::string> rows = minimal_heads(graph, resolve_all(graph, range.from));
  std::vector<Step> steps = request.direction == Direction::upgrade ? upgrade_steps(graph, rows, range.to)
                                                                    : downgrade_steps(graph, rows, range.to);
  if (steps.empty()) {
    context.observer.on(Notice{fmt::format("nothing to do from {} to {}", heads_text(rows), range.to)});
    return;
  }
  require_no_alembic(steps, graph, rows, workspace, context);
  OfflineOptions options = offline_options(workspace, context, rows, to_text(request.direction));
  options.title += fmt::format(" from {} to {}, {}", heads_text(rows), heads_text(steps.back().heads_after),
                               counted(steps.size(), "revision"));
  options.mode = request.transaction.value_or(options.mode);
  const StateSql sql = state_sql(workspace);
  OfflineRun run(dialect, sql, context.files, options);
  RunnableCheck check(request.allows_destructive, dialect);
  // Small scripts are not read again for printing.
  workspace.known_facts->keep_scripts();
  for (Step& step : steps) {
    RunStep next;
    next.facts =
        facts_of(workspace, context, *find_revision(workspace, graph, step.revision), FactsUse::once);
    next.step = std::move(step);
    check.add(next);
    run.add(std::move(next));
  }
  // Everything was looked at before the first line is printed.
  check.finish();
  run.finish(write);
}

}  // namespace metaxy::migrate
