#include "revision/descent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

/// Alembic walks down one of several `tips` at a time and may list a tip only when no other tip lies above
/// it. It answers that from a set of ancestors a tip; here a count of unlisted users answers it for almost
/// every revision, and only where a tip has to wait are the tips above it looked for.
class Descent {
 public:
  Descent(const RevisionGraph& graph, const NodeSet& selected, std::span<const Node> heads)
      : graph_(graph),
        todo_(selected),
        is_tip_(graph.size()),
        reached_in_(graph.size(), 0),
        users_(graph.size(), 0) {
    NodeSet starts(graph.size());
    for (const Node head : heads) {
      if (selected.contains(head)) {
        starts.insert(head);
      }
    }
    tips_ = starts.nodes();
    for (const Node tip : tips_) {
      is_tip_.insert(tip);
    }
    has_gaps_ = leaves_and_returns();
    for (const Node node : selected.nodes()) {
      for (const Node needed : graph.comes_after(node)) {
        ++users_[needed];
      }
    }
  }

  std::vector<Node> run() {
    listed_.reserve(todo_.size());
    while (!tips_.empty()) {
      const std::optional<std::size_t> other = tip_above(tips_[at_]);
      if (other) {
        at_ = *other;
      } else {
        list_tip();
      }
    }
    if (!todo_.empty()) {
      throw Error(
          ErrorKind::usage,
          fmt::format(
              "the selected revisions are not connected: '{}' is reached only through revisions outside "
              "the range",
              graph_.id(todo_.nodes().front())));
    }
    return std::move(listed_);
  }

 private:
  /// Whether a way down from the selection leads out of it and back in. Then the count of users says too
  /// little.
  bool leaves_and_returns() const {
    std::vector<Node> outside;
    NodeSet seen(graph_.size());
    const auto leave_from = [&](Node node) {
      for (const Node needed : graph_.comes_after(node)) {
        if (!todo_.contains(needed) && seen.insert(needed)) {
          outside.push_back(needed);
        }
      }
    };
    for (const Node node : todo_.nodes()) {
      leave_from(node);
    }
    while (!outside.empty()) {
      const Node node = outside.back();
      outside.pop_back();
      for (const Node needed : graph_.comes_after(node)) {
        if (todo_.contains(needed)) {
          return true;
        }
      }
      leave_from(node);
    }
    return false;
  }

  /// Index of the first tip, in order of the list, from which `node` can be reached.
  std::optional<std::size_t> tip_above(Node node) {
    if (!has_gaps_ && users_[node] == 0) {
      return std::nullopt;
    }
    ++search_;
    bool is_found = false;
    std::vector<Node> above = {node};
    while (!above.empty()) {
      const Node next = above.back();
      above.pop_back();
      for (const Node user : graph_.comes_before(next)) {
        const bool may_lead_to_tip = todo_.contains(user) || has_gaps_;
        if (may_lead_to_tip && reached_in_[user] != search_) {
          reached_in_[user] = search_;
          is_found = is_found || is_tip_.contains(user);
          above.push_back(user);
        }
      }
    }
    if (!is_found) {
      return std::nullopt;
    }
    const auto first =
        std::find_if(tips_.begin(), tips_.end(), [&](Node tip) { return reached_in_[tip] == search_; });
    return static_cast<std::size_t>(first - tips_.begin());
  }

  void list_tip() {
    const Node node = tips_[at_];
    listed_.push_back(node);
    todo_.erase(node);
    is_tip_.erase(node);
    bool is_replaced = false;
    for (const Node needed : graph_.comes_after(node)) {
      --users_[needed];
      if (!todo_.contains(needed) || is_tip_.contains(needed)) {
        continue;
      }
      is_tip_.insert(needed);
      if (is_replaced) {
        tips_.push_back(needed);
      } else {
        tips_[at_] = needed;
        is_replaced = true;
      }
    }
    if (!is_replaced) {
      tips_.erase(tips_.begin() + static_cast<std::ptrdiff_t>(at_));
      at_ = at_ == 0 ? 0 : at_ - 1;
    }
  }

  const RevisionGraph& graph_;
  NodeSet todo_;
  NodeSet is_tip_;
  std::vector<Node> tips_;
  /// Index in `tips_` of the branch that is walked down.
  std::size_t at_ = 0;
  std::vector<Node> listed_;
  /// Number of the search that reached a node last.
  std::vector<std::uint32_t> reached_in_;
  std::uint32_t search_ = 0;
  /// How many unlisted selected revisions need a node directly.
  std::vector<std::uint32_t> users_;
  bool has_gaps_ = false;
};

}  // namespace

std::vector<Node> newest_first(const RevisionGraph& graph, const NodeSet& selected,
                               std::span<const Node> heads) {
  return Descent(graph, selected, heads).run();
}

}  // namespace metaxy::migrate
