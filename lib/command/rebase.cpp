#include "command/rebase.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/branches_agree.hpp"
#include "command/twin.hpp"
#include "revision/reparent.hpp"
#include "revision/resolve.hpp"
#include "revision/traversal.hpp"

namespace metaxy::migrate {

namespace {

using Ids = std::vector<std::string>;

std::set<std::string> set_of(const Ids& ids) { return {ids.begin(), ids.end()}; }

/// The revision and all that needs it.
std::set<std::string> with_all_above(const RevisionGraph& graph, const std::string& id) {
  std::set<std::string> found = {id};
  std::deque<RevisionGraph::Node> todo = {*graph.node_of_id(id)};
  while (!todo.empty()) {
    const RevisionGraph::Node node = todo.front();
    todo.pop_front();
    for (const RevisionGraph::Node user : graph.needed_by(node)) {
      if (found.insert(graph.id(user)).second) {
        todo.push_back(user);
      }
    }
  }
  return found;
}

const Revision& moving_revision(const RebaseRequest& request, const Workspace& workspace) {
  const std::optional<std::string> id = resolve_one(workspace.graph, request.revision);
  if (!id) {
    throw Error(ErrorKind::usage, fmt::format("'{}' stands for no revision", request.revision));
  }
  const Revision& revision = *workspace.graph.find(*id);
  if (revision.is_alembic) {
    throw Error(ErrorKind::usage, fmt::format("revision '{}' is Alembic's; only scripts are moved", *id),
                {.where = SourcePosition{revision.file, 0, 0, {}}, .hint = {}, .notes = {}});
  }
  if (revision.down_revisions.size() > 1) {
    throw Error(ErrorKind::usage,
                fmt::format("revision '{}' merges {}; a merge cannot be moved", *id,
                            join(revision.down_revisions, " and ")),
                {.where = SourcePosition{revision.file, 0, 0, {}},
                 .hint = "delete it, rebase one of the branches, and merge again if that is still needed",
                 .notes = {}});
  }
  return revision;
}

Ids new_parents(const RebaseRequest& request, const std::set<std::string>& moving,
                const RevisionGraph& graph) {
  if (!request.onto.empty()) {
    const std::optional<std::string> onto = resolve_one(graph, request.onto);
    if (onto && moving.count(*onto) != 0) {
      throw Error(ErrorKind::usage,
                  fmt::format("'{}' stands on the revision that would move onto it", *onto));
    }
    return onto ? Ids{*onto} : Ids{};
  }
  Ids heads = graph.effective_heads();
  std::erase_if(heads, [&](const std::string& head) { return moving.count(head) != 0; });
  if (heads.size() != 1) {
    throw Error(ErrorKind::usage,
                heads.empty() ? std::string("there is no other head to move onto")
                              : fmt::format("there are several heads to move onto: {}", join(heads, ", ")),
                {.where = {}, .hint = "say where: --onto REV", .notes = {}});
  }
  return heads;
}

/// What a database has done stays where it is.
void require_unapplied(const std::set<std::string>& moving, const Workspace& workspace,
                       const Context& context) {
  const Session session = open_session(workspace, context, {});
  const std::set<std::string> applied = applied_ids(session.graph(), session.state.rows);
  for (const std::string& id : moving) {
    const bool is_partial = session.state.partial && session.state.partial->revision == id;
    if (applied.count(id) != 0 || is_partial) {
      throw Error(
          ErrorKind::usage,
          fmt::format("revision '{}' is {}applied in the database of '{}', so it cannot move", id,
                      is_partial ? "partly " : "", workspace.environment.name),
          {.where = {},
           .hint = fmt::format("`metaxy-migrate -n {} merge heads` joins the branches as they are; or "
                               "undo it first with `downgrade`",
                               workspace.environment.name),
           .notes = {}});
    }
  }
}

/// The branches as they will be: what moves on the right, what it meets on the left.
BranchPair branches_after(const RevisionGraph& before, const RevisionGraph& after, const std::string& id,
                          const Ids& onto, const std::set<std::string>& moving) {
  const std::set<std::string> known = set_of(before.ancestors_in_order(Ids{id}));
  BranchPair pair;
  pair.order = BranchOrder::left_first;
  std::set<std::string> met;
  for (const std::string& below : after.ancestors_in_order(onto)) {
    if (known.count(below) == 0) {
      pair.left.push_back(below);
      met.insert(below);
    }
  }
  for (const std::string& one : after.ancestors_in_order(Ids(moving.begin(), moving.end()))) {
    if (moving.count(one) != 0) {
      pair.right.push_back(one);
    } else if (met.count(one) == 0) {
      pair.common.push_back(one);
    }
  }
  return pair;
}

}  // namespace

RebaseResult run_rebase(const RebaseRequest& request, const Workspace& workspace, Context& context) {
  const Revision& revision = moving_revision(request, workspace);
  const std::set<std::string> moving = with_all_above(workspace.graph, revision.id);
  RebaseResult result{.environment = workspace.environment.name,
                      .revision = revision.id,
                      .file = revision.file,
                      .from = revision.down_revisions,
                      .onto = new_parents(request, moving, workspace.graph),
                      .moved = {}};
  if (result.from == result.onto) {
    return result;
  }
  if (!request.is_offline) {
    require_unapplied(moving, workspace, context);
  }
  std::vector<Revision> revisions = workspace.graph.revisions();
  revisions[*workspace.graph.node_of_id(revision.id)].down_revisions = result.onto;
  const RevisionGraph after(std::move(revisions));
  const BranchPair pair = branches_after(workspace.graph, after, revision.id, result.onto, moving);
  if (!pair.left.empty()) {
    require_agreement(pair, workspace, context);
  }
  result.moved.assign(pair.right.begin() + 1, pair.right.end());
  const std::string text = read_script_text(context.files, revision.file);
  context.files.write(revision.file, reparented(text, revision.file, result.onto));
  Revision moved = revision;
  moved.down_revisions = result.onto;
  write_twin(moved, workspace, context);
  return result;
}

}  // namespace metaxy::migrate
