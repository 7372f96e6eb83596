#include "revision/cycles.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace metaxy::migrate {

namespace {

using Node = Adjacency::Node;

/// Tarjan's strongly connected groups, with the stack of calls kept by hand.
class Groups {
 public:
  explicit Groups(const Adjacency& edges)
      : edges_(edges),
        index_(edges.size(), Adjacency::kNone),
        low_(edges.size(), 0),
        group_(edges.size(), Adjacency::kNone) {
    for (Node node = 0; node < edges_.size(); ++node) {
      if (index_[node] == Adjacency::kNone) {
        visit(node);
      }
    }
  }

  Node group_of(Node node) const { return group_[node]; }

 private:
  struct Call {
    Node node = 0;
    std::size_t next_edge = 0;
  };

  void visit(Node root) {
    enter(root);
    while (!calls_.empty()) {
      Call& call = calls_.back();
      const std::span<const Node> targets = edges_.of(call.node);
      if (call.next_edge == targets.size()) {
        leave();
        continue;
      }
      const Node target = targets[call.next_edge++];
      if (index_[target] == Adjacency::kNone) {
        enter(target);
      } else if (group_[target] == Adjacency::kNone) {
        low_[call.node] = std::min(low_[call.node], index_[target]);
      }
    }
  }

  void enter(Node node) {
    index_[node] = low_[node] = next_index_++;
    open_.push_back(node);
    calls_.push_back({node, 0});
  }

  void leave() {
    const Node node = calls_.back().node;
    calls_.pop_back();
    if (!calls_.empty()) {
      const Node caller = calls_.back().node;
      low_[caller] = std::min(low_[caller], low_[node]);
    }
    if (low_[node] != index_[node]) {
      return;
    }
    Node member = Adjacency::kNone;
    do {
      member = open_.back();
      open_.pop_back();
      group_[member] = node;
    } while (member != node);
  }

  const Adjacency& edges_;
  std::vector<Node> index_;
  std::vector<Node> low_;
  std::vector<Node> group_;
  std::vector<Node> open_;
  std::vector<Call> calls_;
  Node next_index_ = 0;
};

/// The shortest way from `start` back to itself inside its group; empty when there is none.
std::vector<Node> shortest_cycle(const Adjacency& needs, const Groups& groups, Node start,
                                 std::vector<Node>& reached_from) {
  std::vector<Node> queue = {start};
  for (std::size_t i = 0; i < queue.size(); ++i) {
    for (const Node target : needs.of(queue[i])) {
      if (groups.group_of(target) != groups.group_of(start)) {
        continue;
      }
      if (target == start) {
        // Walking back along `reached_from` turns the path round: it ends with what needs `start`'s needs,
        // which is start.
        std::vector<Node> path = {start};
        for (Node node = queue[i]; node != start; node = reached_from[node]) {
          path.push_back(node);
        }
        path.push_back(start);
        return path;
      }
      if (reached_from[target] == Adjacency::kNone) {
        reached_from[target] = queue[i];
        queue.push_back(target);
      }
    }
  }
  return {};
}

}  // namespace

std::vector<std::vector<Node>> cycles_in(const Adjacency& needs) {
  const Groups groups(needs);
  std::vector<bool> is_told(needs.size(), false);
  std::vector<Node> reached_from(needs.size(), Adjacency::kNone);
  std::vector<std::vector<Node>> cycles;
  for (Node node = 0; node < needs.size(); ++node) {
    if (is_told[groups.group_of(node)]) {
      continue;
    }
    is_told[groups.group_of(node)] = true;
    std::vector<Node> path = shortest_cycle(needs, groups, node, reached_from);
    if (!path.empty()) {
      cycles.push_back(std::move(path));
    }
  }
  return cycles;
}

std::vector<Node> in_order_of_need(const Adjacency& needs, const Adjacency& needed_by) {
  std::vector<std::size_t> missing(needs.size());
  std::vector<Node> order;
  order.reserve(needs.size());
  for (Node node = 0; node < needs.size(); ++node) {
    missing[node] = needs.of(node).size();
    if (missing[node] == 0) {
      order.push_back(node);
    }
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const Node next : needed_by.of(order[i])) {
      if (--missing[next] == 0) {
        order.push_back(next);
      }
    }
  }
  return order;
}

}  // namespace metaxy::migrate
