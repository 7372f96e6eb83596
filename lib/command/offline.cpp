#include "command/offline.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/preflight.hpp"
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

std::string heads_text(const std::vector<std::string>& rows) {
  return rows.empty() ? "base" : join(rows, ", ");
}

}  // namespace

void run_offline(const OfflineRequest& request, const Workspace& workspace, const Context& context,
                 const std::function<void(std::string_view)>& write) {
  const Dialect& dialect = *workspace.dialect;
  if (dialect.shell() == nullptr) {
    throw Error(ErrorKind::usage,
                fmt::format("--sql is not to be had for {} in this version", dialect.name()));
  }
  const Range range = range_of(request);
  const std::vector<std::string> rows =
      minimal_heads(workspace.graph, resolve_all(workspace.graph, range.from));
  std::vector<Step> steps = request.direction == Direction::upgrade
                                ? upgrade_steps(workspace.graph, rows, range.to)
                                : downgrade_steps(workspace.graph, rows, range.to);
  if (steps.empty()) {
    context.observer.on(Notice{fmt::format("nothing to do from {} to {}", heads_text(rows), range.to)});
    return;
  }
  std::vector<std::string> ids;
  for (const Step& step : steps) {
    ids.push_back(step.revision);
  }
  std::vector<SharedFacts> facts = facts_of(workspace, context, ids);
  std::vector<RunStep> run;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    RunStep step;
    step.step = std::move(steps[i]);
    step.facts = std::move(facts[i]);
    run.push_back(std::move(step));
  }
  RunRequest online;
  online.direction = request.direction;
  online.allows_destructive = request.allows_destructive;
  require_runnable(online, run, workspace);

  const Environment& environment = workspace.environment;
  const StateSql sql(dialect, environment.version_table.value, environment.log_table);
  const TransactionMode by_default =
      dialect.capabilities().prefers_one_transaction ? TransactionMode::all : TransactionMode::per_revision;
  write_offline(
      run, dialect, sql, context.files,
      {.mode = request.transaction.value_or(by_default),
       .rows = rows,
       .actor = actor_of(workspace, context),
       .target = environment.store.target,
       .title = fmt::format("metaxy-migrate {}: {} of '{}' ({}) from {} to {}, {}", tool_version(),
                            to_text(request.direction), environment.name, dialect.name(), heads_text(rows),
                            heads_text(run.back().step.heads_after), counted(run.size(), "revision"))},
      write);
}

}  // namespace metaxy::migrate
