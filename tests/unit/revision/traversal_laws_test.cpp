// What must hold on every graph from every state. rapidcheck chooses the seeds and prints the one that
// failed.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "revision/branch_labels.hpp"
#include "revision/traversal.hpp"
#include "unit/revision/revisions.hpp"

namespace metaxy::migrate::test {
namespace {

using Texts = std::vector<std::string>;

/// Revisions in random load order with branches, merges, several bases, dependencies and labels.
class RandomGraph {
 public:
  explicit RandomGraph(unsigned seed) : random_(seed) {
    const std::size_t count = 1 + below(40);
    for (std::size_t i = 0; i < count; ++i) {
      Revision revision = rev("r" + std::to_string(i));
      for (std::size_t edges = i == 0 ? 0 : below(4); edges > 0; --edges) {
        add(below(4) == 0 ? revision.depends_on : revision.down_revisions, "r" + std::to_string(below(i)));
      }
      if (below(6) == 0) {
        revision.branch_labels = {"label" + std::to_string(i)};
      }
      revisions_.push_back(std::move(revision));
    }
    std::shuffle(revisions_.begin(), revisions_.end(), random_);
  }

  RevisionGraph graph() const { return RevisionGraph(revisions_); }

  Texts some_ids(std::size_t at_most) {
    Texts ids;
    for (std::size_t i = below(at_most + 1); i > 0; --i) {
      add(ids, revisions_[below(revisions_.size())].id);
    }
    return ids;
  }

  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }

 private:
  static void add(Texts& texts, const std::string& text) {
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) {
      texts.push_back(text);
    }
  }

  std::mt19937 random_;
  std::vector<Revision> revisions_;
};

/// Carries the steps out on rows and on a set of applied ids; after each both must fit the graph.
void carry_out(const RevisionGraph& graph, const std::vector<Step>& steps, Texts& rows) {
  std::set<std::string> applied = applied_ids(graph, rows);
  std::set<std::string> table(rows.begin(), rows.end());
  for (const Step& step : steps) {
    if (step.direction == Direction::upgrade) {
      for (const std::string& needed : graph.parents_and_dependencies(step.revision)) {
        RC_ASSERT(applied.count(needed) == 1U);
      }
      RC_ASSERT(applied.insert(step.revision).second);
    } else {
      RC_ASSERT(applied.erase(step.revision) == 1U);
    }
    for (const RowChange& change : step.rows) {
      // Not one assertion with `||`: the macro takes it apart and evaluates both sides.
      if (change.kind != RowChange::Kind::insert) {
        RC_ASSERT(table.erase(change.from) == 1U);
      }
      if (change.kind != RowChange::Kind::remove) {
        RC_ASSERT(table.insert(change.to).second);
      }
    }
    RC_ASSERT(step.heads_after == Texts(table.begin(), table.end()));
    RC_ASSERT(minimal_heads(graph, step.heads_after) == step.heads_after);
    RC_ASSERT(applied_ids(graph, step.heads_after) == applied);
  }
  rows.assign(table.begin(), table.end());
}

RC_GTEST_PROP(TraversalLaw, EveryStepLeavesMinimalRowsThatSayWhatIsApplied, (unsigned seed)) {
  RandomGraph random(seed);
  const RevisionGraph graph = random.graph();
  Texts rows = minimal_heads(graph, random.some_ids(4));
  for (const std::string& target : random.some_ids(3)) {
    carry_out(graph, upgrade_steps(graph, rows, target), rows);
    RC_ASSERT(applied_ids(graph, rows).count(target) == 1U);
  }
  for (const std::string& target : random.some_ids(3)) {
    std::vector<Step> steps;
    try {
      steps = downgrade_steps(graph, rows, target);
    } catch (const Error&) {
      continue;  // not applied, or applied as a dependency only: no target of a downgrade, as in Alembic
    }
    carry_out(graph, steps, rows);
  }
  carry_out(graph, downgrade_steps(graph, rows, "base"), rows);
  RC_ASSERT(rows.empty());
}

RC_GTEST_PROP(TraversalLaw, UpgradeIsUndoneByTheSameStepsBackwards, (unsigned seed)) {
  RandomGraph random(seed);
  const RevisionGraph graph = random.graph();
  const Texts before = sorted(minimal_heads(graph, random.some_ids(4)));
  const std::vector<Step> steps = upgrade_steps(graph, before, "heads");
  Texts rows = before;
  carry_out(graph, steps, rows);
  RC_ASSERT(rows == sorted(graph.effective_heads()));
  // Down again to each revision that was a row, one upgrade step after the other.
  for (std::size_t i = steps.size(); i > 0; --i) {
    const Texts wanted = i == 1 ? before : steps[i - 2].heads_after;
    std::vector<Step> back = downgrade_steps(graph, rows, "base");
    const auto same = std::find_if(back.begin(), back.end(),
                                   [&](const Step& step) { return step.revision == steps[i - 1].revision; });
    RC_ASSERT(same != back.end());
    std::set<std::string> applied = applied_ids(graph, rows);
    applied.erase(steps[i - 1].revision);
    RC_ASSERT(applied_ids(graph, wanted) == applied);
    rows = wanted;
  }
  RC_ASSERT(rows == before);
}

RC_GTEST_PROP(TraversalLaw, UpgradeOfOneRevisionAndDowngradeBackIsIdentityOnTheRows, (unsigned seed)) {
  RandomGraph random(seed);
  const RevisionGraph graph = random.graph();
  const Texts before = sorted(minimal_heads(graph, random.some_ids(4)));
  const std::set<std::string> applied = applied_ids(graph, before);
  for (const Revision& revision : graph.revisions()) {
    const std::vector<Step> up = upgrade_steps(graph, before, revision.id);
    if (up.size() != 1 || revision.down_revisions.empty()) {
      continue;
    }
    Texts rows = before;
    carry_out(graph, up, rows);
    const std::string parent = revision.down_revisions.front();
    const std::vector<Step> down = downgrade_steps(graph, rows, revision.id + "@" + parent);
    carry_out(graph, down, rows);
    RC_ASSERT(applied_ids(graph, rows).count(revision.id) == 0U);
    RC_ASSERT(down.size() > 1U || rows == before);
  }
}

RC_GTEST_PROP(TraversalLaw, HistoryListsEveryRevisionBeforeWhatItNeeds, (unsigned seed)) {
  const RevisionGraph graph = RandomGraph(seed).graph();
  const Texts ids = history_range(graph, "", Texts{});
  RC_ASSERT(ids.size() == graph.size());
  std::set<std::string> listed;
  for (const std::string& id : ids) {
    for (const std::string& needed : graph.parents_and_dependencies(id)) {
      RC_ASSERT(listed.count(needed) == 0U);
    }
    RC_ASSERT(listed.insert(id).second);
  }
}

RC_GTEST_PROP(TraversalLaw, StampLeavesMinimalRows, (unsigned seed)) {
  RandomGraph random(seed);
  const RevisionGraph graph = random.graph();
  const Texts rows = minimal_heads(graph, random.some_ids(4));
  Texts targets = random.some_ids(3);
  targets.push_back(graph.revisions().front().id);
  try {
    for (const StampStep& step : stamp_steps(graph, rows, targets)) {
      RC_ASSERT(sorted(minimal_heads(graph, step.heads_after)) == step.heads_after);
    }
  } catch (const Error& error) {
    RC_ASSERT(error.kind() == ErrorKind::usage);
  }
}

RC_GTEST_PROP(TraversalLaw, LabelsOfAllAreThoseOfEach, (unsigned seed)) {
  const RevisionGraph graph = RandomGraph(seed).graph();
  const BranchLabels labels(graph);
  for (RevisionGraph::Node node = 0; node < graph.size(); ++node) {
    RC_ASSERT(labels.of(node) == graph.labels(node));
  }
}

/// Texts made of the pieces that identifiers are made of.
RC_GTEST_PROP(TraversalLaw, NoTargetDoesWorseThanAnError, (unsigned seed)) {
  RandomGraph random(seed);
  const RevisionGraph graph = random.graph();
  const Texts rows = minimal_heads(graph, random.some_ids(4));
  const Texts pieces = {"r1", "r", "label3", "head", "heads", "base", "current", "@",
                        "+",  "-", "1",      "7",    ":",     " ",    "\n",      "99999999999999999999"};
  std::string target;
  for (std::size_t i = random.below(7); i > 0; --i) {
    target += pieces[random.below(pieces.size())];
  }
  const auto attempt = [&](const auto& act) {
    try {
      act();
    } catch (const Error& error) {
      RC_ASSERT(!std::string(error.what()).empty());
    }
  };
  attempt([&] { upgrade_steps(graph, rows, target); });
  attempt([&] { downgrade_steps(graph, rows, target); });
  attempt([&] { stamp_steps(graph, rows, Texts{target}); });
  attempt([&] { history_range(graph, target, rows); });
  attempt([&] { resolve_all(graph, target); });
}

}  // namespace
}  // namespace metaxy::migrate::test
