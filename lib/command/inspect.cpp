#include "command/inspect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "revision/traversal.hpp"
#include "run/backup.hpp"

namespace metaxy::migrate {

namespace {

RevisionView view_of(const RevisionGraph& graph, const Revision& revision) {
  const std::vector<std::string> children = graph.children(revision.id);
  RevisionView view;
  view.revision = revision.id;
  view.down_revisions = revision.down_revisions;
  view.depends_on = revision.depends_on;
  view.branch_labels = graph.labels(revision.id);
  view.message = revision.message;
  view.created = revision.created;
  view.file = revision.file;
  view.is_head = children.empty();
  view.is_branch_point = graph.is_branch_point(revision.id);
  view.is_merge_point = graph.is_merge_point(revision.id);
  return view;
}

/// What the database knows of a revision.
class Marks {
 public:
  explicit Marks(const Session& session)
      : session_(session),
        applied_(applied_ids(session.graph(), session.state.rows)),
        current_(session.state.rows.begin(), session.state.rows.end()) {}

  void put(RevisionView& view) const {
    view.is_applied = applied_.count(view.revision) != 0;
    view.is_current = current_.count(view.revision) != 0;
    const auto record = session_.state.recorded.find(view.revision);
    if (view.is_applied && record != session_.state.recorded.end()) {
      view.applied_at = record->second.at;
      view.duration_ms = record->second.duration_ms;
      view.applied_by = fmt::format("{}@{}", record->second.user, record->second.host);
    }
  }

 private:
  const Session& session_;
  std::set<std::string> applied_;
  std::set<std::string> current_;
};

void mark_effective(RevisionList& list, const RevisionGraph& graph) {
  const std::vector<std::string> effective = graph.effective_heads();
  const std::set<std::string> set(effective.begin(), effective.end());
  for (RevisionView& view : list.revisions) {
    view.is_effective_head = view.is_head && set.count(view.revision) == 0;
  }
}

std::vector<std::string> sorted(std::vector<std::string> list) {
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace

RevisionList run_current(const CurrentRequest& request, const Workspace& workspace, Context& context) {
  const Session session = open_session(workspace, context, {});
  const RevisionGraph& graph = session.graph();
  RevisionList list{.environment = workspace.environment.name, .revisions = {}};
  const Marks marks(session);
  for (const std::string& id : session.state.rows) {
    list.revisions.push_back(view_of(graph, *graph.find(id)));
    marks.put(list.revisions.back());
  }
  mark_effective(list, graph);
  if (request.must_be_at_head && sorted(session.state.rows) != sorted(workspace.graph.effective_heads())) {
    throw Error(ErrorKind::pending, "the database is not on all head revisions",
                {.where = {},
                 .hint = "run `upgrade heads`",
                 .notes = {fmt::format("it is at {}",
                                       session.state.rows.empty() ? "base" : join(session.state.rows, ", ")),
                           fmt::format("heads: {}", join(workspace.graph.effective_heads(), ", "))}});
  }
  return list;
}

RevisionList run_heads(const Workspace& workspace) {
  RevisionList list{.environment = workspace.environment.name, .revisions = {}};
  for (const std::string& id : workspace.graph.heads()) {
    list.revisions.push_back(view_of(workspace.graph, *workspace.graph.find(id)));
  }
  mark_effective(list, workspace.graph);
  return list;
}

RevisionList run_history(const HistoryRequest& request, const Workspace& workspace, Context& context) {
  RevisionList list{.environment = workspace.environment.name, .revisions = {}};
  const bool needs_database = request.indicates_current || request.range.find("current") != std::string::npos;
  const auto fill = [&](const RevisionGraph& graph, const std::vector<std::string>& rows) {
    for (const std::string& id : history_range(graph, request.range, rows)) {
      list.revisions.push_back(view_of(graph, *graph.find(id)));
    }
    mark_effective(list, graph);
  };
  if (!needs_database) {
    fill(workspace.graph, {});
    return list;
  }
  const Session session = open_session(workspace, context, {});
  fill(session.graph(), session.state.rows);
  const Marks marks(session);
  for (RevisionView& view : list.revisions) {
    marks.put(view);
  }
  return list;
}

ShowResult run_show(const std::string& typed, const Workspace& workspace, Context& context) {
  ShowResult result{.environment = workspace.environment.name, .revisions = {}};
  if (typed != "current") {
    try {
      for (const std::string& id : resolve_for_show(workspace.graph, typed, {})) {
        const Revision& revision = *workspace.graph.find(id);
        result.revisions.push_back({.view = view_of(workspace.graph, revision),
                                    .text = read_script_text(context.files, revision.file)});
      }
      return result;
    } catch (const Error& error) {
      // Perhaps the log knows it: an applied revision whose script is not here.
      if (error.kind() != ErrorKind::usage) {
        throw;
      }
    }
  }
  const Session session = open_session(workspace, context, {});
  for (const std::string& id : resolve_for_show(session.graph(), typed, session.state.rows)) {
    const Revision& revision = *session.graph().find(id);
    const auto logged = session.logged_texts.find(id);
    ShownRevision shown{.view = view_of(session.graph(), revision),
                        .text = logged != session.logged_texts.end()
                                    ? logged->second
                                    : read_script_text(context.files, revision.file)};
    Marks(session).put(shown.view);
    result.revisions.push_back(std::move(shown));
  }
  return result;
}

StatusReport run_status(const Workspace& workspace, Context& context) {
  StatusReport report;
  report.environment = workspace.environment.name;
  report.dialect = std::string(workspace.dialect->name());
  report.database = masked(workspace.environment.store.target.location.reveal());
  report.heads = workspace.graph.effective_heads();
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
  const Marks marks(session);
  std::vector<std::string> tops = graph.heads();
  for (const std::string& id : graph.ancestors_in_order(tops)) {
    report.revisions.push_back(view_of(graph, *graph.find(id)));
    marks.put(report.revisions.back());
    report.pending += report.revisions.back().is_applied ? 0 : 1;
  }
  report.partial = session.state.partial;
  if (session.state.failure) {
    report.failure = session.state.failure->error;
    report.failed_revision = session.state.failure->revision;
  }
  if (session.connection) {
    const AppliedScripts applied = applied_scripts(session, workspace, context);
    IntegrityProblems problems = check_integrity(session, applied, workspace);
    for (std::vector<Problem>* list : {&problems.edited, &problems.missing, &problems.edited_downgrades}) {
      report.problems.insert(report.problems.end(), list->begin(), list->end());
    }
  }
  return report;
}

}  // namespace metaxy::migrate
