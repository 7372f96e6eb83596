#include "command/branches_agree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "diff/diff.hpp"
#include "revision/baseline.hpp"
#include "revision/traversal.hpp"

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

namespace {

BranchComparison comparison_of(const BranchPair& pair, const Workspace& workspace, const Context& context) {
  return compare_branches(changes_of(pair.common, workspace, context),
                          changes_of(pair.left, workspace, context),
                          changes_of(pair.right, workspace, context), pair.order);
}

std::vector<std::string> notes_of(const BranchComparison& comparison) {
  std::vector<std::string> notes;
  for (const Problem& problem : comparison.contradictions) {
    notes.push_back(problem.where ? fmt::format("{}: {}", problem.where->file, problem.message)
                                  : problem.message);
  }
  return notes;
}

[[noreturn]] void refuse_contradiction(const BranchPair& pair, const BranchComparison& comparison) {
  throw Error(ErrorKind::integrity,
              fmt::format("the branches of '{}' and '{}' contradict each other:", pair.left.back(),
                          pair.right.back()),
              {.where = {},
               .hint = "correct the script that no database has yet, then try again; nothing was written",
               .notes = notes_of(comparison)});
}

void tell_notes(const BranchComparison& comparison, const Context& context) {
  for (const std::string& note : comparison.notes) {
    context.observer.on(Warning{note});
  }
}

BranchPair pair_in_order(BranchPair pair, bool is_turned) {
  if (is_turned) {
    std::swap(pair.left, pair.right);
  }
  pair.order = BranchOrder::left_first;
  return pair;
}

/// What they have below them together, and what each has alone.
BranchPair pair_of(const std::string& left_head, const std::string& right_head, const RevisionGraph& graph) {
  const std::vector<std::string> left = graph.ancestors_in_order(std::vector{left_head});
  const std::vector<std::string> right = graph.ancestors_in_order(std::vector{right_head});
  const std::set<std::string> of_left(left.begin(), left.end());
  const std::set<std::string> of_right(right.begin(), right.end());
  BranchPair pair;
  for (const std::string& id : left) {
    (of_right.count(id) != 0 ? pair.common : pair.left).push_back(id);
  }
  std::copy_if(right.begin(), right.end(), std::back_inserter(pair.right),
               [&](const std::string& id) { return of_left.count(id) == 0; });
  return pair;
}

/// When each revision was applied, by the log; 0 for what it does not know.
std::map<std::string, std::int64_t> times_of(const Session& session) {
  std::map<std::string, std::int64_t> times;
  for (const LogRow& row : session.state.log) {
    if (row.outcome == "done" &&
        (row.action == "upgrade" || row.action == "stamp" || row.action == "adopt_drift")) {
      times[row.revision] = row.sequence;
    }
  }
  return times;
}

/// Both branches as this database gets them: what it has, as it got it, then the rest.
std::vector<std::string> as_applied(const BranchPair& pair, const Session& session) {
  const std::set<std::string> applied = applied_ids(session.graph(), session.state.rows);
  std::map<std::string, std::int64_t> times = times_of(session);
  std::vector<std::string> ids = pair.left;
  ids.insert(ids.end(), pair.right.begin(), pair.right.end());
  const auto time_of = [&](const std::string& id) {
    return applied.count(id) == 0 ? std::numeric_limits<std::int64_t>::max() : times[id];
  };
  std::stable_sort(ids.begin(), ids.end(),
                   [&](const std::string& a, const std::string& b) { return time_of(a) < time_of(b); });
  return ids;
}

/// Whether the database, which may have parts of both branches, is led where the left one before the right
/// one leads.
bool fits_what_is_applied(const BranchPair& pair, const Session& session, const Workspace& workspace,
                          const Context& context) {
  const std::set<std::string> of_left(pair.left.begin(), pair.left.end());
  std::vector<ScriptChanges> all = changes_of(pair.common, workspace, context);
  std::vector<ScriptChanges> others;
  std::vector<ScriptChanges> wanted = all;
  for (const std::string& id : as_applied(pair, session)) {
    const ScriptChanges changes = changes_of({id}, workspace, context).front();
    const bool is_left = of_left.count(id) != 0;
    if (is_left && !unknown_to_rebuild(changes.rebuilt_tables, others).empty()) {
      return false;
    }
    if (!is_left) {
      others.push_back(changes);
    }
    all.push_back(changes);
  }
  for (const std::vector<std::string>& branch : {pair.left, pair.right}) {
    const std::vector<ScriptChanges> changes = changes_of(branch, workspace, context);
    wanted.insert(wanted.end(), changes.begin(), changes.end());
  }
  try {
    return diff(fold(all).schema, fold(wanted).schema).empty();
  } catch (const Error&) {
    return false;
  }
}

/// The order is to be the one in which the database has the branches, where it has any of both.
void require_order_here(const BranchPair& pair, const std::vector<std::string>& why, const Session& session,
                        const Workspace& workspace, const Context& context) {
  if (fits_what_is_applied(pair, session, workspace, context)) {
    return;
  }
  throw Error(
      ErrorKind::integrity,
      fmt::format("'{}' fits only before '{}', and the database of '{}' has them in another order",
                  pair.left.back(), pair.right.back(), workspace.environment.name),
      {.where = {},
       .hint = "undo what is applied of the later branch here, or merge where the order is the right one; "
               "nothing was written",
       .notes = why});
}

/// Of a database that cannot be read the order is not known; then the merge's is the only one.
void require_order_anywhere(const BranchPair& pair, const std::vector<std::string>& why,
                            const Workspace& workspace, const Context& context) {
  std::optional<Session> session;
  try {
    session.emplace(open_session(workspace, context, {}));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::failure && error.kind() != ErrorKind::lock &&
        error.kind() != ErrorKind::configuration) {
      throw;
    }
    context.observer.on(
        Warning{fmt::format("the database of '{}' cannot be read ({}): in which order it has the branches "
                            "is not known",
                            workspace.environment.name, error.what())});
    return;
  }
  require_order_here(pair, why, *session, workspace, context);
}

/// The pair with the branch on the left that must come first; nullopt where either may.
std::optional<BranchPair> ordered_pair(const BranchPair& pair, const Session* session,
                                       const Workspace& workspace, const Context& context) {
  const BranchComparison either = comparison_of(pair, workspace, context);
  tell_notes(either, context);
  if (either.contradictions.empty()) {
    return std::nullopt;
  }
  for (const bool is_turned : {false, true}) {
    BranchPair ordered = pair_in_order(pair, is_turned);
    if (!comparison_of(ordered, workspace, context).contradictions.empty()) {
      continue;
    }
    if (session != nullptr) {
      require_order_here(ordered, notes_of(either), *session, workspace, context);
    } else {
      require_order_anywhere(ordered, notes_of(either), workspace, context);
    }
    context.observer.on(
        Notice{fmt::format("'{}' comes before '{}' wherever both are still to run: the other order does not "
                           "fit",
                           ordered.left.back(), ordered.right.back())});
    return ordered;
  }
  refuse_contradiction(pair, either);
}

}  // namespace

void require_agreement(const BranchPair& pair, const Workspace& workspace, const Context& context) {
  const BranchComparison comparison = comparison_of(pair, workspace, context);
  tell_notes(comparison, context);
  if (!comparison.contradictions.empty()) {
    refuse_contradiction(pair, comparison);
  }
}

std::vector<std::string> parents_to_come_first(const std::vector<std::string>& parents,
                                               const Workspace& workspace, const Context& context,
                                               const Session* session) {
  std::map<std::string, std::set<std::string>> earlier;
  for (std::size_t i = 0; i < parents.size(); ++i) {
    for (std::size_t j = i + 1; j < parents.size(); ++j) {
      const BranchPair pair = pair_of(parents[i], parents[j], workspace.graph);
      // One of them may lie below the other.
      if (pair.left.empty() || pair.right.empty()) {
        continue;
      }
      if (const std::optional<BranchPair> ordered = ordered_pair(pair, session, workspace, context)) {
        earlier[ordered->right.back()].insert(ordered->left.back());
      }
    }
  }
  std::vector<std::string> sequence;
  while (!earlier.empty() && sequence.size() < parents.size()) {
    const auto is_next = [&](const std::string& parent) {
      const std::set<std::string>& waits = earlier[parent];
      return std::find(sequence.begin(), sequence.end(), parent) == sequence.end() &&
             std::all_of(waits.begin(), waits.end(), [&](const std::string& other) {
               return std::find(sequence.begin(), sequence.end(), other) != sequence.end();
             });
    };
    const auto next = std::find_if(parents.begin(), parents.end(), is_next);
    if (next == parents.end()) {
      throw Error(ErrorKind::integrity,
                  fmt::format("the branches of {} fit in no order", join(parents, ", ")),
                  {.where = {}, .hint = "merge two of them first; nothing was written", .notes = {}});
    }
    sequence.push_back(*next);
  }
  if (!sequence.empty()) {
    sequence.pop_back();
  }
  return sequence;
}

std::vector<std::string> heads_with_changes_to(const std::set<std::string>& tables,
                                               const std::vector<std::string>& below,
                                               const Workspace& workspace, const Context& context) {
  std::vector<std::string> needed;
  const RevisionGraph& graph = workspace.graph;
  const std::vector<std::string> all = graph.ancestors_in_order(below);
  const std::set<std::string> known(all.begin(), all.end());
  for (const std::string& head : graph.effective_heads()) {
    std::vector<std::string> others = graph.ancestors_in_order(std::vector{head});
    std::erase_if(others, [&](const std::string& id) { return known.count(id) != 0; });
    if (!unknown_to_rebuild(tables, changes_of(std::move(others), workspace, context)).empty()) {
      needed.push_back(head);
    }
  }
  return needed;
}

namespace {

/// Scripts of other branches that are applied when the step runs and changed what it makes anew.
std::vector<SharedFacts> strangers_to(const RunStep& step, const std::vector<SharedFacts>& before,
                                      const RevisionGraph& graph) {
  const ScriptChanges& changes = step.facts->changes;
  const std::set<std::string>& rebuilt =
      step.step.direction == Direction::upgrade ? changes.rebuilt_tables : changes.rebuilt_by_downgrade;
  std::vector<SharedFacts> strangers;
  if (rebuilt.empty()) {
    return strangers;
  }
  const std::vector<std::string> known = graph.ancestors_in_order(std::vector{step.step.revision});
  const std::set<std::string> ancestors(known.begin(), known.end());
  for (const SharedFacts& facts : before) {
    if (ancestors.count(facts->revision.id) == 0 &&
        !unknown_to_rebuild(rebuilt, std::span(&facts->changes, 1)).empty()) {
      strangers.push_back(facts);
    }
  }
  return strangers;
}

std::string ids_of(const std::vector<SharedFacts>& scripts) {
  std::vector<std::string> ids;
  for (const SharedFacts& facts : scripts) {
    ids.push_back(facts->revision.id);
  }
  return join(ids, ", ");
}

/// What lets the upgrade run, or one like it. `pending` are those that this run would apply before it.
std::string way_up(const RunStep& step, const std::vector<SharedFacts>& strangers,
                   const std::set<std::string>& pending, const Session& session, const Workspace& workspace) {
  const std::string& id = step.step.revision;
  const std::string name = workspace.environment.name;
  const auto is_pending = [&](const SharedFacts& facts) { return pending.count(facts->revision.id) != 0; };
  const bool fits_before = std::all_of(strangers.begin(), strangers.end(), [&](const SharedFacts& facts) {
    return unknown_to_rebuild(facts->changes.rebuilt_tables, std::span(&step.facts->changes, 1)).empty();
  });
  if (fits_before && std::all_of(strangers.begin(), strangers.end(), is_pending)) {
    return fmt::format(
        "`metaxy-migrate -n {} upgrade {}` runs it before them, and the rest fits behind it; `merge heads` "
        "writes down that order for other databases",
        name, id);
  }
  std::string way =
      "while no database has run it, delete it, and let `revision --autogenerate` write it anew above the "
      "other branch";
  if (std::any_of(strangers.begin(), strangers.end(), is_pending)) {
    return way;
  }
  if (fits_before) {
    way += fmt::format(
        "; else undo {} here first (what it added goes with it), for this one fits before it: `merge heads` "
        "where both are applied in that order says so to all databases",
        ids_of(strangers));
  }
  std::vector<std::string> rows = session.state.rows;
  rows.push_back(id);
  return fmt::format("{}; or make its change here by hand and say so: `metaxy-migrate -n {} stamp {}`", way,
                     name, join(rows, " "));
}

/// What lets the downgrade run: the other one first, where that can be undone.
std::string way_down(const RunStep& step, const std::vector<SharedFacts>& strangers) {
  std::vector<SharedFacts> stuck;
  std::copy_if(strangers.begin(), strangers.end(), std::back_inserter(stuck), [&](const SharedFacts& facts) {
    return !unknown_to_rebuild(facts->changes.rebuilt_by_downgrade, std::span(&step.facts->changes, 1))
                .empty();
  });
  if (stuck.empty()) {
    return fmt::format("undo {} first, or correct this script's downgrade", ids_of(strangers));
  }
  return fmt::format(
      "the downgrade of {} does not know this one either: neither can be undone as they are. Write one of "
      "the "
      "two by hand so that it keeps what the other did, without `-- rebuild` marks, and take it over with "
      "`stamp --accept-edit`; or go back with `restore`",
      ids_of(stuck));
}

[[noreturn]] void refuse_rebuild(const RunStep& step, const std::vector<SharedFacts>& strangers,
                                 std::string way_out) {
  std::vector<ScriptChanges> others;
  for (const SharedFacts& facts : strangers) {
    others.push_back(facts->changes);
  }
  const ScriptChanges& changes = step.facts->changes;
  const bool is_upgrade = step.step.direction == Direction::upgrade;
  throw Error(
      ErrorKind::integrity,
      fmt::format("the {} of revision '{}' makes tables anew and does not know what other branches did to "
                  "them; nothing was run",
                  to_text(step.step.direction), step.step.revision),
      {.where = SourcePosition{step.facts->text.shown_as, 0, 0, {}},
       .hint = std::move(way_out),
       .notes =
           unknown_to_rebuild(is_upgrade ? changes.rebuilt_tables : changes.rebuilt_by_downgrade, others)});
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
  std::set<std::string> pending;
  for (const RunStep& step : steps) {
    if (step.is_undo) {
      continue;  // made from what is there
    }
    const bool is_upgrade = step.step.direction == Direction::upgrade;
    std::erase_if(before, [&](const SharedFacts& facts) { return facts->revision.id == step.step.revision; });
    const std::vector<SharedFacts> strangers = strangers_to(step, before, session.graph());
    if (!strangers.empty()) {
      refuse_rebuild(
          step, strangers,
          is_upgrade ? way_up(step, strangers, pending, session, workspace) : way_down(step, strangers));
    }
    if (is_upgrade) {
      fold.add(step.facts->changes);
      before.push_back(step.facts);
      pending.insert(step.step.revision);
    }
  }
}

}  // namespace metaxy::migrate
