#include "revision/baseline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "revision/traversal.hpp"

namespace metaxy::migrate {

namespace {

using Names = std::set<std::string, std::less<>>;

Names replaced_by(const Revision& baseline) { return {baseline.replaces.begin(), baseline.replaces.end()}; }

bool has_baseline(std::span<const Revision> revisions) {
  return std::any_of(revisions.begin(), revisions.end(), is_baseline);
}

/// Those of `names` that no other one of them needs.
std::vector<std::string> newest_of(const Names& names, std::span<const Revision> revisions) {
  std::map<std::string, std::string, std::less<>> owners;
  for (const Revision& revision : revisions) {
    for (const std::string& label : revision.branch_labels) {
      owners[label] = revision.id;
    }
  }
  Names needed;
  for (const Revision& revision : revisions) {
    if (names.count(revision.id) == 0) {
      continue;
    }
    needed.insert(revision.down_revisions.begin(), revision.down_revisions.end());
    for (const std::string& dependency : revision.depends_on) {
      const auto owner = owners.find(dependency);
      needed.insert(owner == owners.end() ? dependency : owner->second);
    }
  }
  std::vector<std::string> newest;
  for (const Revision& revision : revisions) {
    if (names.count(revision.id) != 0 && needed.count(revision.id) == 0) {
      newest.push_back(revision.id);
    }
  }
  return newest;
}

/// Turns each name into what stands for it, each once.
void rename(std::vector<std::string>& names,
            const std::map<std::string, std::vector<std::string>>& stand_ins) {
  std::vector<std::string> renamed;
  for (const std::string& name : names) {
    const auto found = stand_ins.find(name);
    const std::vector<std::string> now = found == stand_ins.end() ? std::vector{name} : found->second;
    for (const std::string& one : now) {
      if (std::find(renamed.begin(), renamed.end(), one) == renamed.end()) {
        renamed.push_back(one);
      }
    }
  }
  names = std::move(renamed);
}

}  // namespace

std::vector<Problem> baseline_problems(std::span<const Revision> revisions) {
  std::vector<Problem> problems;
  if (!has_baseline(revisions)) {
    return problems;
  }
  Names known;
  Names twice;
  for (const Revision& revision : revisions) {
    if (!known.insert(revision.id).second) {
      twice.insert(revision.id);
    }
  }
  std::map<std::string, std::string> replaced;
  for (const Revision& revision : revisions) {
    const auto report = [&](std::string message, std::string hint) {
      problems.push_back({std::move(message), SourcePosition{revision.file, 0, 0, {}}, std::move(hint)});
    };
    if (is_baseline(revision) && twice.count(revision.id) != 0) {
      report(fmt::format("revision '{}' replaces others and is present more than once", revision.id),
             "give one of them another id");
    }
    if (is_baseline(revision) && (!revision.down_revisions.empty() || !revision.depends_on.empty())) {
      report(fmt::format("revision '{}' replaces others and is no base", revision.id),
             "a script that replaces others begins at base: down_revision = \"\", no depends_on");
    }
    for (const std::string& id : revision.replaces) {
      if (known.count(id) == 0 || id == revision.id) {
        report(
            fmt::format("revision '{}' replaces '{}', which no file defines", revision.id, id),
            "`replaces` names revisions of this directory; what is gone from it everywhere needs no mention");
      }
      const auto [owner, is_new] = replaced.emplace(id, revision.id);
      if (!is_new) {
        report(fmt::format("revision '{}' is replaced by '{}' and by '{}'", id, owner->second, revision.id),
               "remove it from one of them");
      }
    }
  }
  return problems;
}

std::vector<Problem> problems_of(const std::vector<Revision>& revisions) {
  std::vector<Problem> problems = baseline_problems(revisions);
  // What replaces nothing that is there cannot be looked through.
  const std::vector<Problem> others =
      RevisionGraph::problems_of(problems.empty() ? told(revisions, {}) : revisions);
  problems.insert(problems.end(), others.begin(), others.end());
  return problems;
}

std::vector<Revision> told(std::vector<Revision> revisions, const std::set<std::string>& standing) {
  if (!has_baseline(revisions)) {
    return revisions;
  }
  std::map<std::string, std::vector<std::string>> stand_ins;
  std::map<std::string, std::vector<std::string>> labels;
  for (const Revision& baseline : revisions) {
    if (!is_baseline(baseline)) {
      continue;
    }
    const Names names = replaced_by(baseline);
    if (standing.count(baseline.id) == 0) {
      stand_ins[baseline.id] = newest_of(names, revisions);
      continue;
    }
    for (const Revision& revision : revisions) {
      if (names.count(revision.id) != 0) {
        stand_ins[revision.id] = {baseline.id};
        std::vector<std::string>& all = labels[baseline.id];
        all.insert(all.end(), revision.branch_labels.begin(), revision.branch_labels.end());
      }
    }
  }
  std::erase_if(revisions, [&](const Revision& revision) { return stand_ins.count(revision.id) != 0; });
  for (Revision& revision : revisions) {
    rename(revision.down_revisions, stand_ins);
    rename(revision.depends_on, stand_ins);
    const std::vector<std::string>& more = labels[revision.id];
    revision.branch_labels.insert(revision.branch_labels.end(), more.begin(), more.end());
  }
  return revisions;
}

std::set<std::string> standing_baselines(std::span<const Revision> revisions, const RevisionGraph& history,
                                         std::span<const std::string> rows,
                                         const std::set<std::string>& ran) {
  std::set<std::string> standing;
  if (!has_baseline(revisions)) {
    return standing;
  }
  std::vector<std::string> known;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(known),
               [&](const std::string& row) { return history.find(row) != nullptr; });
  const std::set<std::string> applied = applied_ids(history, known);
  for (const Revision& baseline : revisions) {
    if (!is_baseline(baseline)) {
      continue;
    }
    const Names names = replaced_by(baseline);
    const auto is_one = [&](const std::string& id) { return names.count(id) != 0; };
    const bool is_row = std::find(rows.begin(), rows.end(), baseline.id) != rows.end();
    const bool has_replaced_row = std::any_of(rows.begin(), rows.end(), is_one);
    const bool is_untouched = std::none_of(applied.begin(), applied.end(), is_one);
    if (is_row || (!has_replaced_row && (is_untouched || ran.count(baseline.id) != 0))) {
      standing.insert(baseline.id);
    }
  }
  return standing;
}

std::vector<std::string> with_baselines(std::vector<std::string> ids, std::span<const Revision> revisions) {
  for (const Revision& baseline : revisions) {
    if (!is_baseline(baseline)) {
      continue;
    }
    const Names names = replaced_by(baseline);
    const auto is_one = [&](const std::string& id) { return names.count(id) != 0; };
    if (static_cast<std::size_t>(std::count_if(ids.begin(), ids.end(), is_one)) != names.size()) {
      continue;
    }
    // It needs nothing, and what stands on any of them can stand on it: the first place will do.
    *std::find_if(ids.begin(), ids.end(), is_one) = baseline.id;
    std::erase_if(ids, is_one);
  }
  return ids;
}

}  // namespace metaxy::migrate
