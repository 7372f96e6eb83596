#include "command/branches_agree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "revision/baseline.hpp"

namespace metaxy::migrate {

namespace {

std::vector<ScriptChanges> changes_of(std::vector<std::string> ids, const Workspace& workspace,
                                      const Context& context) {
  std::vector<ScriptChanges> changes;
  ids = with_baselines(std::move(ids), workspace.scripts.revisions);
  for (const SharedFacts& facts : facts_of(workspace, context, ids)) {
    changes.push_back(facts->changes);
  }
  return changes;
}

}  // namespace

void require_agreement(const BranchPair& pair, const Workspace& workspace, const Context& context) {
  const BranchComparison comparison =
      compare_branches(changes_of(pair.common, workspace, context), changes_of(pair.left, workspace, context),
                       changes_of(pair.right, workspace, context), pair.order);
  for (const std::string& note : comparison.notes) {
    context.observer.on(Warning{note});
  }
  if (comparison.contradictions.empty()) {
    return;
  }
  ErrorDetail detail;
  for (const Problem& problem : comparison.contradictions) {
    detail.notes.push_back(problem.where ? fmt::format("{}: {}", problem.where->file, problem.message)
                                         : problem.message);
  }
  detail.hint = "correct the script that no database has yet, then try again; nothing was written";
  throw Error(ErrorKind::integrity,
              fmt::format("the branches of '{}' and '{}' contradict each other:", pair.left.back(),
                          pair.right.back()),
              std::move(detail));
}

void require_parents_agree(const std::vector<std::string>& parents, const Workspace& workspace,
                           const Context& context) {
  for (std::size_t i = 0; i < parents.size(); ++i) {
    for (std::size_t j = i + 1; j < parents.size(); ++j) {
      const std::vector<std::string> left = workspace.graph.ancestors_in_order(std::vector{parents[i]});
      const std::vector<std::string> right = workspace.graph.ancestors_in_order(std::vector{parents[j]});
      const std::set<std::string> of_left(left.begin(), left.end());
      const std::set<std::string> of_right(right.begin(), right.end());
      BranchPair pair;
      for (const std::string& id : left) {
        (of_right.count(id) != 0 ? pair.common : pair.left).push_back(id);
      }
      std::copy_if(right.begin(), right.end(), std::back_inserter(pair.right),
                   [&](const std::string& id) { return of_left.count(id) == 0; });
      // One of them may lie below the other.
      if (!pair.left.empty() && !pair.right.empty()) {
        require_agreement(pair, workspace, context);
      }
    }
  }
}

namespace {

/// Scripts of other branches that are applied when the step runs.
std::vector<ScriptChanges> strangers_to(const std::string& revision, const std::vector<SharedFacts>& before,
                                        const RevisionGraph& graph) {
  const std::vector<std::string> known = graph.ancestors_in_order(std::vector{revision});
  const std::set<std::string> ancestors(known.begin(), known.end());
  std::vector<ScriptChanges> strangers;
  for (const SharedFacts& facts : before) {
    if (ancestors.count(facts->revision.id) == 0) {
      strangers.push_back(facts->changes);
    }
  }
  return strangers;
}

/// What ran in this database. A baseline that stands for it in the fold did not: what stands on the replaced
/// revisions knows them, by their own names.
std::vector<SharedFacts> applied_here(const AppliedScripts& applied, const Session& session,
                                      const Workspace& workspace, const Context& context) {
  const bool has_stand_in = std::any_of(
      applied.facts.begin(), applied.facts.end(),
      [&](const SharedFacts& facts) { return session.graph().find(facts->revision.id) == nullptr; });
  return has_stand_in
             ? facts_of(session, workspace, context, session.graph().ancestors_in_order(session.state.rows))
             : applied.facts;
}

}  // namespace

void require_run_fits(const std::vector<RunStep>& steps, const AppliedScripts& applied,
                      const Session& session, const Workspace& workspace, const Context& context) {
  Fold fold(applied.scripted);
  std::vector<SharedFacts> before = applied_here(applied, session, workspace, context);
  for (const RunStep& step : steps) {
    if (step.is_undo) {
      continue;  // made from what is there
    }
    const bool is_upgrade = step.step.direction == Direction::upgrade;
    std::erase_if(before, [&](const SharedFacts& facts) { return facts->revision.id == step.step.revision; });
    const ScriptChanges& changes = step.facts->changes;
    const std::set<std::string>& rebuilt = is_upgrade ? changes.rebuilt_tables : changes.rebuilt_by_downgrade;
    if (!rebuilt.empty()) {
      const std::vector<std::string> unknown =
          unknown_to_rebuild(rebuilt, strangers_to(step.step.revision, before, session.graph()));
      if (!unknown.empty()) {
        throw Error(
            ErrorKind::integrity,
            fmt::format("the {} of revision '{}' makes tables anew and does not know what other branches "
                        "did to them; nothing was run",
                        to_text(step.step.direction), step.step.revision),
            {.where = SourcePosition{step.facts->text.shown_as, 0, 0, {}},
             .hint = is_upgrade ? "while no database has run it, delete it, and let `revision "
                                  "--autogenerate` write it anew above the other branch"
                                : "undo the other branch first, or correct this script's downgrade",
             .notes = unknown});
      }
    }
    if (is_upgrade) {
      fold.add(changes);
      before.push_back(step.facts);
    }
  }
}

}  // namespace metaxy::migrate
