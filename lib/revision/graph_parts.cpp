#include "revision/graph_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/suggest.hpp"
#include "base/text.hpp"
#include "revision/branch_order.hpp"
#include "revision/cycles.hpp"

namespace metaxy::migrate {

namespace {

using Node = GraphParts::Node;
using Edges = std::vector<Adjacency::Edge>;

constexpr Node kNoNode = ~Node{0};
/// Looking for the nearest name costs a pass over all names, too much to do for each of thousands of faults.
constexpr std::size_t kSuggestions = 10;

std::string file_of(const Revision& revision) {
  return revision.file.empty() ? "the log" : in_quotes(revision.file);
}

std::optional<SourcePosition> place_of(const Revision& revision) {
  if (revision.file.empty()) {
    return std::nullopt;
  }
  return SourcePosition{revision.file, 0, 0, {}};
}

/// Reads names first, so that edges may point forwards; collects faults instead of stopping at the first.
class PartsBuilder {
 public:
  explicit PartsBuilder(std::span<const Revision> revisions) : revisions_(revisions) {}

  BuiltParts build() {
    read_ids();
    read_labels();
    read_edges();
    const Adjacency parents(revisions_.size(), parents_);
    Edges all = parents_;
    all.insert(all.end(), dependencies_.begin(), dependencies_.end());
    const Adjacency all_needs(revisions_.size(), all);
    refuse_cycles(parents, all_needs);
    if (built_.problems.empty()) {
      finish(parents, all_needs);
    }
    return std::move(built_);
  }

 private:
  void report(const Revision& revision, std::string message, std::string hint = {}) {
    built_.problems.push_back({std::move(message), place_of(revision), std::move(hint)});
  }

  void read_ids() {
    built_.parts.ids.reserve(revisions_.size());
    for (Node node = 0; node < revisions_.size(); ++node) {
      const Revision& revision = revisions_[node];
      if (!is_revision_id(revision.id)) {
        report(revision, bad_revision_id(revision.id),
               "use letters, digits, '_' and '.', but not head, heads, base or current");
      }
      const auto [known, is_new] = built_.parts.ids.emplace(revision.id, node);
      if (!is_new) {
        report(revision,
               fmt::format("revision '{}' is present more than once: in {} and in {}", revision.id,
                           file_of(revisions_[known->second]), file_of(revision)),
               "give one of them another id, or remove the copy");
      }
    }
  }

  void read_labels() {
    for (Node node = 0; node < revisions_.size(); ++node) {
      for (const std::string& label : revisions_[node].branch_labels) {
        read_label(node, label);
      }
    }
  }

  void read_label(Node node, const std::string& label) {
    const Revision& revision = revisions_[node];
    if (!is_branch_label(label)) {
      report(
          revision,
          fmt::format("branch label '{}' of revision '{}' has characters that are not allowed or is a "
                      "reserved word",
                      label, revision.id),
          "use letters, digits, '_', '.' and '-' (not before a digit), but not head, heads, base or current");
    }
    const auto same_id = built_.parts.ids.find(label);
    if (same_id != built_.parts.ids.end()) {
      report_label_clash(label, revisions_[same_id->second], revision);
      return;
    }
    const auto [known, is_new] = built_.parts.labels.emplace(label, node);
    if (!is_new) {
      report_label_clash(label, revisions_[known->second], revision);
    }
  }

  void report_label_clash(const std::string& label, const Revision& owner, const Revision& revision) {
    report(revision,
           fmt::format("branch name '{}' in revision '{}' ({}) is already used by revision '{}' ({})", label,
                       revision.id, file_of(revision), owner.id, file_of(owner)),
           "choose another label");
  }

  void read_edges() {
    for (Node node = 0; node < revisions_.size(); ++node) {
      for (const std::string& parent : revisions_[node].down_revisions) {
        read_parent(node, parent);
      }
      for (const std::string& dependency : revisions_[node].depends_on) {
        read_dependency(node, dependency);
      }
    }
  }

  void read_parent(Node node, const std::string& parent) {
    const auto found = built_.parts.ids.find(parent);
    if (found != built_.parts.ids.end()) {
      parents_.emplace_back(node, found->second);
      return;
    }
    const Revision& revision = revisions_[node];
    const auto label = built_.parts.labels.find(parent);
    report(revision,
           fmt::format("revision '{}' names parent '{}', which no script defines", revision.id, parent),
           label == built_.parts.labels.end()
               ? parent_hint(node, parent)
               : fmt::format("'{}' is a branch label of revision '{}': name the revision", parent,
                             revisions_[label->second].id));
  }

  void read_dependency(Node node, const std::string& dependency) {
    const auto by_id = built_.parts.ids.find(dependency);
    if (by_id != built_.parts.ids.end()) {
      dependencies_.emplace_back(node, by_id->second);
      return;
    }
    const auto by_label = built_.parts.labels.find(dependency);
    if (by_label != built_.parts.labels.end()) {
      dependencies_.emplace_back(node, by_label->second);
      return;
    }
    const Revision& revision = revisions_[node];
    report(revision,
           fmt::format("revision '{}' depends on '{}', which is neither a revision nor a branch label",
                       revision.id, dependency),
           dependency_hint(node, dependency));
  }

  /// Every hint costs a pass over all names, so only the first faults get one.
  bool may_suggest() { return suggestions_++ < kSuggestions; }

  /// The script of an applied revision may be what is missing; of those of Alembic the log knows nothing.
  static std::string or_from_log(const std::string& suggestion, const Revision& user, const std::string& id) {
    if (user.is_alembic) {
      return suggestion;
    }
    const std::string from_log =
        fmt::format("if '{0}' was applied, `metaxy-migrate show --applied {0}` prints it: put it back", id);
    return suggestion.empty() ? from_log : fmt::format("{} Or, {}", suggestion, from_log);
  }

  std::string parent_hint(Node node, const std::string& parent) {
    return may_suggest() ? or_from_log(did_you_mean(parent, ids_not_above(node)), revisions_[node], parent)
                         : std::string();
  }

  /// Files name whole ids; a part of one, which would do on the command line, is the likely slip.
  std::string dependency_hint(Node user, const std::string& dependency) {
    if (!may_suggest()) {
      return {};
    }
    for (const Revision& revision : revisions_) {
      if (!dependency.empty() && revision.id.starts_with(dependency)) {
        return fmt::format("write the whole id: '{}'", revision.id);
      }
    }
    std::vector<std::string> names = ids_not_above(user);
    for (const Revision& revision : revisions_) {
      names.insert(names.end(), revision.branch_labels.begin(), revision.branch_labels.end());
    }
    return or_from_log(did_you_mean(dependency, names), revisions_[user], dependency);
  }

  /// What a revision could need: not itself and what stands on it, which would be a cycle.
  std::vector<std::string> ids_not_above(Node node) const {
    std::multimap<std::string_view, Node> users;
    for (Node user = 0; user < revisions_.size(); ++user) {
      for (const std::vector<std::string>* needs :
           {&revisions_[user].down_revisions, &revisions_[user].depends_on}) {
        for (const std::string& needed : *needs) {
          users.emplace(needed, user);
        }
      }
    }
    std::vector<bool> is_above(revisions_.size(), false);
    std::vector<Node> todo = {node};
    while (!todo.empty()) {
      const Node next = todo.back();
      todo.pop_back();
      if (is_above[next]) {
        continue;
      }
      is_above[next] = true;
      const auto [begin, end] = users.equal_range(revisions_[next].id);
      for (auto user = begin; user != end; ++user) {
        todo.push_back(user->second);
      }
    }
    std::vector<std::string> ids;
    for (Node other = 0; other < revisions_.size(); ++other) {
      if (!is_above[other]) {
        ids.push_back(revisions_[other].id);
      }
    }
    return ids;
  }

  /// A group that is a cycle by parents alone is not told again as a cycle by dependencies.
  void refuse_cycles(const Adjacency& parents, const Adjacency& all_needs) {
    std::vector<bool> told(revisions_.size(), false);
    for (const std::vector<Node>& path : cycles_in(parents)) {
      report_cycle("", path);
      for (const Node node : path) {
        told[node] = true;
      }
    }
    for (const std::vector<Node>& path : cycles_in(all_needs)) {
      if (std::none_of(path.begin(), path.end(), [&](Node node) { return told[node]; })) {
        report_cycle("dependency ", path);
      }
    }
  }

  void report_cycle(std::string_view kind_of_edges, const std::vector<Node>& path) {
    constexpr std::size_t kShown = 20;
    const std::size_t members = path.size() - 1;
    std::string text;
    for (std::size_t i = 0; i < std::min(members, kShown); ++i) {
      text += revisions_[path[i]].id + " -> ";
    }
    if (members > kShown) {
      text += fmt::format("... ({} more) -> ", members - kShown);
    }
    text += revisions_[path.back()].id;
    std::string files;
    for (std::size_t i = 0; i < std::min(members, kShown); ++i) {
      files += (files.empty() ? "" : ", ") + file_of(revisions_[path[i]]);
    }
    report(revisions_[path.front()],
           fmt::format("{}{} is detected in revisions: {}", kind_of_edges,
                       members == 1 ? "self-loop" : "cycle", text),
           fmt::format("change the parents or dependencies in one of {}", files));
  }

  void finish(const Adjacency& parents, const Adjacency& all_needs);
  Edges needs_without_implied(const Adjacency& all_needs) const;

  std::span<const Revision> revisions_;
  Edges parents_;
  Edges dependencies_;
  std::size_t suggestions_ = 0;
  BuiltParts built_;
};

void PartsBuilder::finish(const Adjacency& parents, const Adjacency& all_needs) {
  GraphParts& parts = built_.parts;
  parts.parents = parents;
  parts.children = parents.reversed();
  parts.all_needs = all_needs;
  parts.needed_by = all_needs.reversed();
  parts.needs =
      dependencies_.empty() ? parents : Adjacency(revisions_.size(), needs_without_implied(all_needs));
  const Edges order = dependencies_.empty() ? Edges{} : branch_order(parents, dependencies_, all_needs);
  parts.comes_after = order.empty() ? parts.needs : with_edges(parts.needs, order);
  parts.comes_before = order.empty() ? parts.needed_by : with_edges(all_needs, order).reversed();
}

/// Parents, then each dependency unless an ancestor (by parents) has it too. Only dependencies that several
/// revisions share can be implied, so one walk over the descendants of the sharers answers for all of them.
Edges PartsBuilder::needs_without_implied(const Adjacency& all_needs) const {
  const GraphParts& parts = built_.parts;
  const std::vector<Node> order = in_order_of_need(all_needs, parts.needed_by);
  std::vector<std::size_t> rank(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    rank[order[i]] = i;
  }
  std::vector<std::size_t> by_target(dependencies_.size());
  std::iota(by_target.begin(), by_target.end(), std::size_t{0});
  std::stable_sort(by_target.begin(), by_target.end(), [this](std::size_t a, std::size_t b) {
    return dependencies_[a].second < dependencies_[b].second;
  });
  std::vector<bool> is_implied(dependencies_.size(), false);
  std::vector<Node> reached_for(order.size(), kNoNode);
  for (std::size_t begin = 0, end = 0; begin < by_target.size(); begin = end) {
    const Node dependency = dependencies_[by_target[begin]].second;
    std::vector<Node> todo;
    std::size_t last = 0;
    for (; end < by_target.size() && dependencies_[by_target[end]].second == dependency; ++end) {
      todo.push_back(dependencies_[by_target[end]].first);
      last = std::max(last, rank[todo.back()]);
    }
    // Below the last sharer in order there is no further sharer to reach.
    while (end - begin > 1 && !todo.empty()) {
      const Node node = todo.back();
      todo.pop_back();
      for (const Node child : parts.children.of(node)) {
        if (rank[child] <= last && reached_for[child] != dependency) {
          reached_for[child] = dependency;
          todo.push_back(child);
        }
      }
    }
    for (std::size_t i = begin; i < end; ++i) {
      is_implied[by_target[i]] = reached_for[dependencies_[by_target[i]].first] == dependency;
    }
  }
  Edges needs = parents_;
  for (std::size_t i = 0; i < dependencies_.size(); ++i) {
    if (!is_implied[i]) {
      needs.push_back(dependencies_[i]);
    }
  }
  return needs;
}

}  // namespace

BuiltParts build_parts(std::span<const Revision> revisions) { return PartsBuilder(revisions).build(); }

}  // namespace metaxy::migrate
