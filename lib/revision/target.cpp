#include "revision/target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "base/text.hpp"

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

std::vector<Place> all_at(std::span<const Node> nodes) {
  std::vector<Place> places;
  for (const Node node : nodes) {
    places.push_back(Place::at(node));
  }
  return places;
}

/// "several of the rows are on the branch": which one `+1` or `-1` means cannot be told.
Error several_rows(const RevisionGraph& graph, std::string_view what, std::span<const Node> rows) {
  std::vector<std::string> quoted;
  for (const Node row : rows) {
    quoted.push_back(in_quotes(graph.id(row)));
  }
  return Error(
      ErrorKind::usage,
      fmt::format("ambiguous {} from multiple current revisions: {}", what, join(quoted, ", ")),
      {.where = std::nullopt, .hint = "name a branch as in 'label@+1', or the revision", .notes = {}});
}

/// The places of an end of a range, all of which must be revisions.
std::vector<Node> current_nodes(const RevisionGraph& graph, const RangeEnd& current) {
  return current.typed ? revisions_at(current.places(graph), *current.typed) : current.rows;
}

/// Where `branch@+N` begins to count: the row on the branch, else the highest applied revision on it, else
/// below its base.
std::vector<Node> start_on_branch(const RevisionGraph& graph, const RangeEnd& current,
                                  std::string_view branch) {
  const std::vector<Node> rows = current_nodes(graph, current);
  std::vector<Node> starts = on_branch(graph, rows, branch);
  if (!starts.empty()) {
    return starts;
  }
  const std::vector<Node> active = on_branch(graph, closure(graph, rows, Along::needs).nodes(), branch);
  NodeSet is_below(graph.size());
  for (const Node node : active) {
    for (const Node needed : graph.needs(node)) {
      is_below.insert(needed);
    }
  }
  std::copy_if(active.begin(), active.end(), std::back_inserter(starts),
               [&](Node node) { return !is_below.contains(node); });
  return starts;
}

Place steps_up_from_current(const RevisionGraph& graph, const RangeEnd& current,
                            const RelativeIdentifier& target, Overwalk overwalk) {
  std::optional<Node> start;
  if (target.branch.empty() && current.typed) {
    start = place_of_one(graph, *current.typed);
  } else {
    const std::vector<Node> starts =
        target.branch.empty() ? current.rows : start_on_branch(graph, current, target.branch);
    if (starts.size() > 1) {
      throw several_rows(graph, "upgrade", starts);
    }
    start = starts.empty() ? std::nullopt : std::optional<Node>(starts.front());
  }
  const Place place = walk(graph, start, target.steps, target.branch, overwalk);
  if (place.kind == Place::Kind::nowhere) {
    throw too_few_revisions(target.number);
  }
  return place;
}

/// `branch@symbol`, or `symbol` alone.
std::string with_branch(const RelativeIdentifier& target) {
  return target.branch.empty() ? target.symbol : target.branch + "@" + target.symbol;
}

/// The one row from which `-N` or `branch@-N` counts down.
Node row_to_go_down_from(const RevisionGraph& graph, const RangeEnd& current,
                         const RelativeIdentifier& target) {
  std::vector<Node> rows = current.rows;
  if (current.typed) {
    rows = {revision_named(graph, *current.typed)};
  }
  if (target.branch.empty()) {
    if (rows.empty()) {
      throw too_few_revisions(target.number);
    }
    return rows.front();
  }
  std::vector<Node> on = on_branch(graph, rows, target.branch);
  if (on.empty()) {
    on = on_branch(graph, branch_tips(graph, rows), target.branch);
  }
  if (on.size() > 1) {
    throw several_rows(graph, "downgrade", on);
  }
  if (on.empty()) {
    throw Error(ErrorKind::usage,
                fmt::format("nothing on branch '{}' is applied, so '{}@{}' has nowhere to begin",
                            target.branch, target.branch, target.number));
  }
  return on.front();
}

DowngradeTarget steps_down(const RevisionGraph& graph, const RangeEnd& current,
                           const RelativeIdentifier& target, Overwalk overwalk) {
  const bool is_from_current = target.symbol.empty();
  RelativeIdentifier from = target;
  if (is_from_current) {
    from.symbol = graph.id(row_to_go_down_from(graph, current, target));
    if (from.branch.empty()) {
      from.branch = current.typed.value_or(from.symbol);
    }
  }
  const std::optional<Node> start = place_of_one(graph, with_branch(from));
  const Place place = walk(graph, start, target.steps, {}, overwalk);
  if (place.kind == Place::Kind::nowhere) {
    throw is_from_current
        ? too_few_revisions(target.number)
        : Error(ErrorKind::usage, fmt::format("walked too far: there are fewer than {} revisions below '{}'",
                                              -target.steps, with_branch(target)));
  }
  return {from.branch, place};
}

DowngradeTarget steps_up_from_symbol(const RevisionGraph& graph, const RelativeIdentifier& target,
                                     Overwalk overwalk) {
  if (target.symbol.empty()) {
    throw too_few_revisions(target.number);
  }
  const Place place = walk(graph, place_of_one(graph, target.symbol), target.steps, target.branch, overwalk);
  if (place.kind == Place::Kind::nowhere) {
    throw Error(ErrorKind::usage, fmt::format("walked too far: there are fewer than {} revisions above '{}'",
                                              target.steps, target.symbol));
  }
  return {target.branch, place};
}

}  // namespace

std::vector<Place> RangeEnd::places(const RevisionGraph& graph) const {
  return typed ? places_of(graph, *typed) : all_at(rows);
}

std::vector<Node> branch_tips(const RevisionGraph& graph, std::span<const Node> nodes) {
  const NodeSet below = closure(graph, nodes, Along::needs);
  std::vector<Node> tips;
  for (const Node node : below.nodes()) {
    const std::span<const Node> children = graph.children(node);
    if (std::none_of(children.begin(), children.end(), [&](Node child) { return below.contains(child); })) {
      tips.push_back(node);
    }
  }
  return tips;
}

std::vector<Place> upgrade_target(const RevisionGraph& graph, const RangeEnd& current,
                                  std::string_view target, Overwalk overwalk) {
  const std::optional<RelativeIdentifier> relative = relative_identifier(target);
  if (!relative) {
    return places_of(graph, target);
  }
  if (relative->symbol.empty()) {
    if (relative->steps <= 0) {
      throw too_few_revisions(relative->steps == 0 ? "0" : relative->number);
    }
    return {steps_up_from_current(graph, current, *relative, overwalk)};
  }
  // Counting up, the branch chooses between children; counting down, it chooses what to begin with.
  const bool is_up = relative->steps > 0;
  const std::optional<Node> start = place_of_one(graph, is_up ? relative->symbol : with_branch(*relative));
  return {walk(graph, start, relative->steps, is_up ? relative->branch : std::string(), overwalk)};
}

DowngradeTarget downgrade_target(const RevisionGraph& graph, const RangeEnd& current, std::string_view target,
                                 Overwalk overwalk) {
  const std::optional<RelativeIdentifier> relative = relative_identifier(target);
  if (relative) {
    return relative->steps < 0 ? steps_down(graph, current, *relative, overwalk)
                               : steps_up_from_symbol(graph, *relative, overwalk);
  }
  const std::size_t at = target.rfind('@');
  const bool has_branch = at != std::string_view::npos && at > 0;
  const std::string_view symbol = at == std::string_view::npos ? target : target.substr(at + 1);
  const std::optional<Node> node = place_of_one(graph, symbol);
  return {has_branch ? std::string(target.substr(0, at)) : std::string(),
          node ? Place::at(*node) : Place::base()};
}

}  // namespace metaxy::migrate
