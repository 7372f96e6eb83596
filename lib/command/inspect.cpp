#include "command/inspect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/contradictions.hpp"
#include "command/undoable.hpp"
#include "command/without_scripts.hpp"
#include "revision/alembic_lines.hpp"
#include "revision/baseline.hpp"
#include "revision/branch_labels.hpp"
#include "revision/traversal.hpp"
#include "run/backup.hpp"

namespace metaxy::migrate {

namespace {

/// Views of a graph's revisions; labels and heads are looked up for all of them at once.
class Views {
 public:
  explicit Views(const RevisionGraph& graph) : graph_(graph), labels_(graph) {}

  RevisionView of(const std::string& id) const {
    const RevisionGraph::Node node = *graph_.node_of_id(id);
    const Revision& revision = graph_.revision(node);
    RevisionView view;
    view.revision = revision.id;
    view.down_revisions = revision.down_revisions;
    view.depends_on = revision.depends_on;
    const std::span<const RevisionGraph::Node> needs = graph_.all_needs(node);
    view.needed = graph_.ids(needs.subspan(graph_.parents(node).size()));
    view.branch_labels = labels_.of(node);
    view.message = revision.message;
    view.created = revision.created;
    view.file = revision.file;
    view.is_head = graph_.is_head(node);
    view.is_effective_head = view.is_head && !graph_.is_effective_head(node);
    view.is_branch_point = graph_.is_branch_point(node);
    view.is_merge_point = graph_.is_merge_point(node);
    return view;
  }

  std::vector<RevisionView> of(const std::vector<std::string>& ids) const {
    std::vector<RevisionView> views;
    views.reserve(ids.size());
    for (const std::string& id : ids) {
      views.push_back(of(id));
    }
    return views;
  }

 private:
  const RevisionGraph& graph_;
  BranchLabels labels_;
};

/// What the database knows of a revision.
class Marks {
 public:
  explicit Marks(const Session& session)
      : session_(session),
        applied_(applied_ids(session.graph(), session.state.rows)),
        current_(session.state.rows.begin(), session.state.rows.end()) {}

  void put(RevisionView& view) const {
    view.is_marked = true;
    view.is_applied = applied_.count(view.revision) != 0;
    view.is_current = current_.count(view.revision) != 0;
    const auto record = session_.state.recorded.find(view.revision);
    if (view.is_applied && record != session_.state.recorded.end()) {
      view.applied_at = record->second.at;
      view.duration_ms = record->second.duration_ms;
      view.applied_by = fmt::format("{}@{}", record->second.user, record->second.host);
    }
  }

  void put(std::vector<RevisionView>& views) const {
    for (RevisionView& view : views) {
      put(view);
    }
  }

 private:
  const Session& session_;
  std::set<std::string> applied_;
  std::set<std::string> current_;
};

std::vector<std::string> sorted(std::vector<std::string> list) {
  std::sort(list.begin(), list.end());
  return list;
}

bool has_views(Listing listing) { return listing == Listing::views || listing == Listing::drawing; }

AlembicListing alembic_listing(Listing listing) {
  return listing == Listing::alembic_verbose ? AlembicListing::verbose : AlembicListing::brief;
}

/// As Alembic's check: a head that another revision depends on must be a row too, though `heads` puts none
/// there.
void require_all_heads(const Session& session, const Workspace& workspace) {
  const std::vector<std::string> heads = workspace.graph.heads();
  if (sorted(session.state.rows) == sorted(heads)) {
    return;
  }
  ErrorDetail detail;
  detail.notes = {
      fmt::format("it is at {}", session.state.rows.empty() ? "base" : join(session.state.rows, ", ")),
      fmt::format("heads: {}", join(heads, ", "))};
  detail.hint = "run `upgrade heads`";
  if (sorted(session.state.rows) == sorted(workspace.graph.effective_heads())) {
    detail.hint =
        "everything is applied, but a head that another revision depends on has no row, and this check wants "
        "one, as Alembic's; `check --at-head` does not";
  }
  throw Error(ErrorKind::pending, "the database is not on all head revisions", std::move(detail));
}

/// A database that is locked or out of reach is no reason not to show what the files say.
std::optional<Session> session_for_marks(Marking marking, const Workspace& workspace, Context& context) {
  if (marking == Marking::none) {
    return std::nullopt;
  }
  try {
    return open_session(workspace, context, {.is_patient = marking == Marking::required});
  } catch (const Error& error) {
    if (marking == Marking::required) {
      throw;
    }
    context.observer.on(Notice{fmt::format("what is applied is not marked: {}", error.what())});
    return std::nullopt;
  }
}

}  // namespace

RevisionList run_current(const CurrentRequest& request, const Workspace& workspace, Context& context) {
  const Session session = open_session(workspace, context, {});
  const RevisionGraph& graph = session.graph();
  RevisionList list;
  list.environment = workspace.environment.name;
  list.is_marked = true;
  const std::vector<std::string> ids = current_tips(graph, session.state.rows);
  if (request.must_be_at_head) {
    require_all_heads(session, workspace);
  }
  if (has_views(request.listing)) {
    list.revisions = Views(graph).of(ids);
    Marks(session).put(list.revisions);
  } else {
    list.lines = alembic_current_lines(graph, ids, alembic_listing(request.listing));
  }
  return list;
}

RevisionList run_heads(const HeadsRequest& request, const Workspace& workspace) {
  const RevisionGraph& graph = workspace.graph;
  RevisionList list;
  list.environment = workspace.environment.name;
  const std::vector<std::string> ids =
      request.resolves_dependencies ? graph.effective_heads() : graph.heads();
  if (has_views(request.listing)) {
    list.revisions = Views(graph).of(ids);
  } else {
    list.lines = alembic_heads_lines(graph, ids, alembic_listing(request.listing));
  }
  return list;
}

RevisionList run_branches(Listing listing, const Workspace& workspace) {
  const RevisionGraph& graph = workspace.graph;
  RevisionList list;
  list.environment = workspace.environment.name;
  if (!has_views(listing)) {
    list.lines = alembic_branches_lines(graph, alembic_listing(listing));
    return list;
  }
  const Views views(graph);
  for (const std::string& id : history_range(graph, {}, {})) {
    if (graph.is_branch_point(id)) {
      list.revisions.push_back(views.of(id));
      const std::vector<RevisionView> children = views.of(graph.children(id));
      list.revisions.insert(list.revisions.end(), children.begin(), children.end());
    }
  }
  return list;
}

RevisionList run_history(const HistoryRequest& request, const Workspace& workspace, Context& context) {
  RevisionList list;
  list.environment = workspace.environment.name;
  const bool needs_rows = request.range.find("current") != std::string::npos;
  const std::optional<Session> session =
      session_for_marks(needs_rows ? Marking::required : request.marking, workspace, context);
  const RevisionGraph& graph = session ? session->graph() : workspace.graph;
  const std::vector<std::string> rows = session ? session->state.rows : std::vector<std::string>{};
  const std::vector<std::string> ids = history_range(graph, request.range, rows);
  if (!has_views(request.listing)) {
    const bool marks = request.marking == Marking::required;
    list.lines = alembic_history_lines(graph, ids, marks ? rows : std::vector<std::string>{},
                                       alembic_listing(request.listing));
    return list;
  }
  list.revisions = Views(graph).of(ids);
  if (request.listing == Listing::drawing) {
    list.drawing = drawn(graph, ids, request.style);
  }
  if (session) {
    list.is_marked = true;
    Marks(*session).put(list.revisions);
  }
  return list;
}

namespace {

/// A script that stands for others, and is not in the graph of the files.
std::optional<ShownRevision> shown_baseline(const std::string& typed, const Workspace& workspace,
                                            const Context& context) {
  std::set<std::string> ids;
  for (const Revision& revision : workspace.scripts.revisions) {
    if (is_baseline(revision) && !typed.empty() && revision.id.starts_with(typed)) {
      ids.insert(revision.id);
    }
  }
  if (ids.size() != 1) {
    return std::nullopt;
  }
  const std::string& id = *ids.begin();
  const RevisionGraph graph = graph_of(workspace.scripts, ids);
  return ShownRevision{.view = Views(graph).of(id),
                       .text = read_script_text(context.files, graph.find(id)->file),
                       .lines = alembic_entry_lines(graph, id)};
}

/// What was applied; its file may say something else by now.
std::string applied_text(const std::string& id, const Session& session) {
  const auto record = session.state.recorded.find(id);
  std::string text = record == session.state.recorded.end()
                         ? std::string()
                         : logged_script(*session.connection, *session.sql, record->second);
  if (text.empty()) {
    throw Error(ErrorKind::usage, fmt::format("the log has no script of revision '{}'", id),
                {.where = {},
                 .hint = "it keeps those that this tool applied or stamped, up to 1 MiB each",
                 .notes = {}});
  }
  return text;
}

}  // namespace

ShowResult run_show(const std::string& typed, bool is_applied, const Workspace& workspace, Context& context) {
  ShowResult result{.environment = workspace.environment.name, .revisions = {}};
  if (typed != "current" && !is_applied) {
    try {
      const Views views(workspace.graph);
      for (const std::string& id : resolve_for_show(workspace.graph, typed, {})) {
        result.revisions.push_back({.view = views.of(id),
                                    .text = read_script_text(context.files, workspace.graph.find(id)->file),
                                    .lines = alembic_entry_lines(workspace.graph, id)});
      }
      return result;
    } catch (const Error& error) {
      // Perhaps the log knows it: an applied revision whose script is not here.
      if (error.kind() != ErrorKind::usage) {
        throw;
      }
    }
    if (const std::optional<ShownRevision> shown = shown_baseline(typed, workspace, context)) {
      result.revisions.push_back(*shown);
      return result;
    }
  }
  const Session session = open_session(workspace, context, {});
  const Views views(session.graph());
  const Marks marks(session);
  for (const std::string& id : resolve_for_show(session.graph(), typed, session.state.rows)) {
    ShownRevision shown{.view = views.of(id), .text = {}, .lines = alembic_entry_lines(session.graph(), id)};
    const auto logged = session.logged_texts.find(id);
    if (is_applied) {
      shown.text = applied_text(id, session);
      shown.view.file.clear();
    } else if (logged != session.logged_texts.end()) {
      shown.text = logged->second;
    } else {
      shown.text = read_script_text(context.files, session.graph().find(id)->file);
    }
    marks.put(shown.view);
    result.revisions.push_back(std::move(shown));
  }
  return result;
}

ShowResult run_show(const std::string& typed, bool is_applied, Context& context) {
  const auto [config, environment] = only_environment(context, Purpose::reading);
  try {
    const Workspace workspace = workspace_of(config, environment, context, ScriptUse::headers);
    return run_show(typed, is_applied, workspace, context);
  } catch (const Error& broken) {
    // A script that cannot be read may be one that was applied, and this the way to mend it.
    if (broken.kind() != ErrorKind::integrity && broken.kind() != ErrorKind::script) {
      throw;
    }
    try {
      return run_show(typed, true, without_scripts(config, environment), context);
    } catch (const Error& unknown) {
      if (!is_applied) {
        throw broken;
      }
      // The scripts' advice may be to ask the log, which was just done.
      std::vector<std::string> notes = unknown.notes();
      notes.push_back(fmt::format("the scripts were left aside: {}", broken.what()));
      throw Error(unknown.kind(), unknown.what(),
                  {.where = unknown.where(), .hint = unknown.hint(), .notes = std::move(notes)});
    }
  }
}

StatusReport run_status(const Workspace& workspace, Context& context) {
  StatusReport report;
  report.environment = workspace.environment.name;
  report.dialect = std::string(workspace.dialect->name());
  report.database = masked(workspace.environment.store.target.location.reveal());
  report.heads = workspace.graph.effective_heads();
  tell_of_missing_directory(workspace, context);
  const Session session = open_session(workspace, context, {});
  report.does_exist = session.connection != nullptr;
  if (const std::optional<std::string> file = database_file(workspace)) {
    report.file_bytes = file_size(*file);
    for (const Backup& backup : list_backups(context.files, *file)) {
      report.backups.push_back(backup.path);
    }
  }
  report.current = session.state.rows;
  const RevisionGraph& graph = session.graph();
  const std::vector<std::string> tops = graph.heads();
  report.revisions = Views(graph).of(graph.ancestors_in_order(tops));
  Marks(session).put(report.revisions);
  report.pending =
      static_cast<std::size_t>(std::count_if(report.revisions.begin(), report.revisions.end(),
                                             [](const RevisionView& view) { return !view.is_applied; }));
  report.partial = session.state.partial;
  if (report.partial) {
    PartialAdvice advice = partial_advice(session, workspace, context);
    report.partial_next = std::move(advice.next);
    report.partial_obstacle = std::move(advice.obstacle);
    report.at_work = session.at_work;
  }
  if (session.state.failure) {
    report.failure = session.state.failure->error;
    report.failed_revision = session.state.failure->revision;
  }
  if (session.connection) {
    const AppliedScripts applied = applied_scripts(session, workspace, context);
    report.problems = contradictions(session, workspace, Direction::upgrade);
    IntegrityProblems problems = check_integrity(session, applied, workspace);
    for (std::vector<Problem>* list : {&problems.edited, &problems.missing, &problems.edited_downgrades}) {
      report.problems.insert(report.problems.end(), list->begin(), list->end());
    }
  }
  return report;
}

}  // namespace metaxy::migrate
