#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "revision/descent.hpp"
#include "revision/target.hpp"
#include "revision/traversal.hpp"
#include "revision/version_rows.hpp"

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

std::string as_text(const RevisionGraph& graph, const RangeEnd& end) {
  return end.typed ? *end.typed : join(graph.ids(end.rows), ", ");
}

/// "label@..." below: only what carries that label is wanted above. An id in its place stands for its
/// branch's label.
void keep_labelled(const RevisionGraph& graph, std::vector<Node>& wanted, const std::string& below) {
  std::string branch = below.substr(0, below.find('@'));
  const std::optional<Node> named = place_of_one(graph, branch);
  if (named && graph.id(*named) == branch) {
    const std::vector<std::string> labels = graph.labels(*named);
    if (labels.size() != 1) {
      throw Error(ErrorKind::usage,
                  fmt::format("'{}' does not stand for one branch: revision '{}' carries {}", below, branch,
                              counted(labels.size(), "label")),
                  {.where = std::nullopt, .hint = "name a branch label before the '@'", .notes = {}});
    }
    branch = labels.front();
  }
  std::erase_if(wanted, [&](Node node) {
    const std::vector<std::string> labels = graph.labels(node);
    return std::find(labels.begin(), labels.end(), branch) == labels.end();
  });
}

/// What lies between the two ends, both included.
class Range {
 public:
  Range(const RevisionGraph& graph, RangeEnd below, RangeEnd above)
      : graph_(graph), below_(std::move(below)), above_(std::move(above)) {}

  std::vector<Node> newest_first() const {
    std::vector<Node> wanted = wanted_above();
    refuse_overlap(graph_, wanted, Along::needs);
    NodeSet selected = closure(graph_, wanted, Along::needs);
    const std::vector<Node> from = start_below(selected);
    refuse_overlap(graph_, from, Along::needs);
    for (const Node node : closure(graph_, from, Along::needs).nodes()) {
      selected.erase(node);
    }
    for (const Node node : from) {
      selected.insert(node);
    }
    if (!from.empty()) {
      refuse_overlap(graph_, from, Along::children);
      const NodeSet descendants = closure(graph_, from, Along::children);
      for (const Node node : selected.nodes()) {
        if (!descendants.contains(node)) {
          selected.erase(node);
        }
      }
    }
    return migrate::newest_first(graph_, selected, wanted);
  }

 private:
  std::vector<Node> wanted_above() const {
    const std::vector<Place> places =
        above_.typed ? upgrade_target(graph_, below_, *above_.typed, Overwalk::clamp) : above_.places(graph_);
    std::vector<Node> wanted = revisions_at(places, as_text(graph_, above_));
    if (below_.typed && below_.typed->find('@') != std::string::npos) {
      keep_labelled(graph_, wanted, *below_.typed);
    }
    return wanted;
  }

  /// Empty: begin at the base.
  std::vector<Node> start_below(const NodeSet& needed) const {
    const std::vector<Place> places = below_.places(graph_);
    const bool is_outside = std::any_of(places.begin(), places.end(), [&](const Place& place) {
      return place.kind == Place::Kind::base || (place.is_revision() && !needed.contains(place.node));
    });
    if (is_outside) {
      throw Error(ErrorKind::usage,
                  fmt::format("requested range {}:{} does not refer to ancestor/descendant revisions on "
                              "one branch",
                              as_text(graph_, below_), as_text(graph_, above_)));
    }
    if (!places.empty() && places.front().kind == Place::Kind::nowhere) {
      // "-N" walked off below the heads of the scripts; it then counts from the other end of the range.
      const Place place = downgrade_target(graph_, above_, *below_.typed, Overwalk::clamp).place;
      return place.is_revision() ? std::vector<Node>{place.node} : std::vector<Node>{};
    }
    return revisions_at(places, as_text(graph_, below_));
  }

  const RevisionGraph& graph_;
  RangeEnd below_;
  RangeEnd above_;
};

/// `current` with an empty version table counts as an empty side, as in Alembic.
RangeEnd range_end(const RevisionGraph& graph, const std::string& typed, std::string_view when_empty,
                   std::span<const std::string> current, bool is_current) {
  if (is_current && !current.empty()) {
    return {nodes_of_rows(graph, current), std::nullopt};
  }
  return {{}, typed.empty() || is_current ? std::string(when_empty) : typed};
}

}  // namespace

std::vector<std::string> history_range(const RevisionGraph& graph, std::string_view range,
                                       std::span<const std::string> current) {
  RevisionRange ends = revision_range(trimmed(range));
  if (!ends.from) {
    if (!range.empty()) {
      throw Error(
          ErrorKind::usage,
          fmt::format("history range requires [start]:[end], [start]:, or :[end], found '{}'", range));
    }
    ends = {std::string(), std::string()};
  }
  // Only one side may be the database's; the other is then an identifier like any other.
  const bool is_above_current = ends.to == "current";
  const bool is_below_current = !is_above_current && *ends.from == "current";
  const Range wanted(graph, range_end(graph, *ends.from, "base", current, is_below_current),
                     range_end(graph, ends.to, "heads", current, is_above_current));
  return graph.ids(wanted.newest_first());
}

}  // namespace metaxy::migrate
