#include "diff/order.hpp"

#include <algorithm>
#include <cstddef>

namespace metaxy::migrate {

namespace {

enum class Mark { unseen, open, done };

struct Node {
  const Table* table = nullptr;
  Mark mark = Mark::unseen;
  /// The constraint to look at next.
  std::size_t next = 0;
};

/// Depth-first search with a stack of its own: chains of tables may be longer than the call stack.
class Search {
 public:
  explicit Search(const std::vector<const Table*>& tables) {
    for (const Table* table : tables) {
      nodes_.push_back({table});
    }
    for (Node& node : nodes_) {
      by_name_.emplace(node.table->name, &node);
    }
  }

  CreationOrder run() {
    for (Node& node : nodes_) {
      open(node);
      while (!stack_.empty()) {
        advance(*stack_.back());
      }
    }
    return std::move(order_);
  }

 private:
  void open(Node& node) {
    if (node.mark == Mark::unseen) {
      node.mark = Mark::open;
      stack_.push_back(&node);
    }
  }

  void advance(Node& node) {
    if (node.next == node.table->constraints.size()) {
      node.mark = Mark::done;
      order_.tables.push_back(node.table);
      stack_.pop_back();
      return;
    }
    const Constraint& constraint = node.table->constraints[node.next++];
    const ForeignKey* key = std::get_if<ForeignKey>(&constraint);
    const auto parent = key == nullptr ? by_name_.end() : by_name_.find(key->referenced_table);
    if (parent == by_name_.end() || parent->second == &node) {
      return;
    }
    if (parent->second->mark == Mark::open) {
      order_.deferred[node.table->name].push_back(constraint);
    }
    open(*parent->second);
  }

  std::vector<Node> nodes_;
  std::map<TableName, Node*> by_name_;
  std::vector<Node*> stack_;
  CreationOrder order_;
};

}  // namespace

CreationOrder creation_order(const std::vector<const Table*>& tables) { return Search(tables).run(); }

Table without_deferred(const Table& table, const CreationOrder& order) {
  Table result = table;
  const auto found = order.deferred.find(table.name);
  if (found != order.deferred.end()) {
    for (const Constraint& constraint : found->second) {
      result.constraints.erase(std::remove(result.constraints.begin(), result.constraints.end(), constraint),
                               result.constraints.end());
    }
  }
  return result;
}

}  // namespace metaxy::migrate
