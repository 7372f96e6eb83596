#include "revision/graph.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/text.hpp"
#include "revision/branch_labels.hpp"
#include "revision/closure.hpp"
#include "revision/descent.hpp"

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

}  // namespace

RevisionGraph::RevisionGraph(std::vector<Revision> revisions) : revisions_(std::move(revisions)) {
  BuiltParts built = build_parts(revisions_);
  if (!built.problems.empty()) {
    throw error_from(
        ErrorKind::integrity,
        fmt::format("the revision graph is broken: {}", counted(built.problems.size(), "problem")),
        built.problems);
  }
  parts_ = std::move(built.parts);
}

std::vector<Problem> RevisionGraph::problems_of(std::span<const Revision> revisions) {
  return build_parts(revisions).problems;
}

const Revision* RevisionGraph::find(std::string_view id) const {
  const std::optional<Node> node = node_of_id(id);
  return node ? &revisions_[*node] : nullptr;
}

std::optional<Node> RevisionGraph::node_of_id(std::string_view id) const {
  const auto found = parts_.ids.find(id);
  return found == parts_.ids.end() ? std::nullopt : std::optional<Node>(found->second);
}

std::optional<Node> RevisionGraph::node_of_label(std::string_view label) const {
  const auto found = parts_.labels.find(label);
  return found == parts_.labels.end() ? std::nullopt : std::optional<Node>(found->second);
}

Node RevisionGraph::existing(std::string_view id) const {
  const std::optional<Node> node = node_of_id(id);
  if (!node) {
    throw Error(ErrorKind::usage, fmt::format("there is no revision '{}'", id));
  }
  return *node;
}

std::vector<std::string> RevisionGraph::ids(std::span<const Node> nodes) const {
  std::vector<std::string> ids;
  ids.reserve(nodes.size());
  for (const Node node : nodes) {
    ids.push_back(id(node));
  }
  return ids;
}

template <typename Claim>
std::vector<Node> RevisionGraph::nodes_that(Claim claim) const {
  std::vector<Node> nodes;
  for (Node node = 0; node < size(); ++node) {
    if (claim(node)) {
      nodes.push_back(node);
    }
  }
  return nodes;
}

std::vector<Node> RevisionGraph::head_nodes() const {
  return nodes_that([this](Node node) { return is_head(node); });
}

std::vector<Node> RevisionGraph::effective_head_nodes() const {
  return nodes_that([this](Node node) { return is_effective_head(node); });
}

std::vector<Node> RevisionGraph::base_nodes() const {
  return nodes_that([this](Node node) { return is_base(node); });
}

std::vector<std::string> RevisionGraph::heads() const { return ids(head_nodes()); }
std::vector<std::string> RevisionGraph::effective_heads() const { return ids(effective_head_nodes()); }
std::vector<std::string> RevisionGraph::bases() const { return ids(base_nodes()); }

std::vector<std::string> RevisionGraph::children(std::string_view id) const {
  return ids(children(existing(id)));
}

std::vector<std::string> RevisionGraph::parents_and_dependencies(std::string_view id) const {
  return ids(all_needs(existing(id)));
}

std::vector<std::string> RevisionGraph::ancestors_in_order(std::span<const std::string> ids) const {
  std::vector<Node> from;
  from.reserve(ids.size());
  for (const std::string& id : ids) {
    from.push_back(existing(id));
  }
  std::vector<Node> order = newest_first(*this, closure(*this, from, Along::needs), from);
  return this->ids(std::vector<Node>(order.rbegin(), order.rend()));
}

std::vector<std::string> RevisionGraph::labels(std::string_view id) const { return labels(existing(id)); }
std::vector<std::string> RevisionGraph::labels(Node node) const { return branch_labels_of(*this, node); }
bool RevisionGraph::is_branch_point(std::string_view id) const { return is_branch_point(existing(id)); }
bool RevisionGraph::is_merge_point(std::string_view id) const { return is_merge_point(existing(id)); }

}  // namespace metaxy::migrate
