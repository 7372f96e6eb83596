#include "revision/drawing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/error.hpp"
#include "revision/closure.hpp"

namespace metaxy::migrate {

namespace {

using Node = RevisionGraph::Node;

struct Strokes {
  std::string_view line;
  std::string_view across;
  /// A branch that goes by under a connection.
  std::string_view crossed;
  /// Where a connection leaves the branch on the left.
  std::string_view start;
  std::string_view opened;
  std::string_view last_opened;
  std::string_view closed;
  std::string_view last_closed;
};

constexpr Strokes kAscii = {"|", "-", "|", "+", ".", ".", "'", "'"};
constexpr Strokes kUnicode = {"│", "─", "┼", "├", "┬", "╮", "┴", "╯"};

class Drawing {
 public:
  Drawing(const RevisionGraph& graph, std::span<const std::string> ids, DrawingStyle style)
      : graph_(graph), strokes_(style == DrawingStyle::ascii ? kAscii : kUnicode), is_shown_(graph.size()) {
    for (const std::string& id : ids) {
      const std::optional<Node> node = graph.node_of_id(id);
      if (!node) {
        throw Error(ErrorKind::usage, fmt::format("there is no revision '{}'", id));
      }
      is_shown_.insert(*node);
      nodes_.push_back(*node);
    }
  }

  std::vector<DrawnLine> lines() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const std::size_t lane = lane_of(nodes_[i]);
      lines_.push_back({stretch(0, lane), i, stretch(lane + 1, lanes_.size())});
      go_on_from(nodes_[i], lane);
    }
    return std::move(lines_);
  }

 private:
  /// What a column leads down to; nothing: it is free.
  using Lane = std::optional<Node>;

  /// The leftmost column that leads to `node`; the others that do are closed.
  std::size_t lane_of(Node node) {
    std::vector<std::size_t> leading;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      if (lanes_[i] == node) {
        leading.push_back(i);
      }
    }
    if (leading.empty()) {
      // What hangs together in no way is kept apart.
      if (lanes_.empty() && !lines_.empty()) {
        lines_.emplace_back();
      }
      return free_lane_from(0);
    }
    if (leading.size() > 1) {
      connect(leading, strokes_.closed, strokes_.last_closed);
      for (std::size_t i = 1; i < leading.size(); ++i) {
        lanes_[leading[i]].reset();
      }
      drop_free_ends();
    }
    return leading.front();
  }

  std::size_t free_lane_from(std::size_t begin) {
    for (std::size_t i = begin; i < lanes_.size(); ++i) {
      if (!lanes_[i]) {
        return i;
      }
    }
    lanes_.emplace_back();
    return lanes_.size() - 1;
  }

  void go_on_from(Node node, std::size_t lane) {
    std::vector<std::size_t> opened = {lane};
    lanes_[lane].reset();
    for (const Node parent : graph_.parents(node)) {
      if (!is_shown_.contains(parent)) {
        continue;
      }
      const std::size_t next = lanes_[lane] ? free_lane_from(lane + 1) : lane;
      if (next != lane) {
        opened.push_back(next);
      }
      lanes_[next] = parent;
    }
    if (opened.size() > 1) {
      std::sort(opened.begin(), opened.end());
      connect(opened, strokes_.opened, strokes_.last_opened);
    }
    drop_free_ends();
  }

  /// A line from the first of `places` to the last one, which are in order.
  void connect(const std::vector<std::size_t>& places, std::string_view between, std::string_view last) {
    std::string text = stretch(0, places.front());
    std::size_t next = 1;
    text += strokes_.start;
    for (std::size_t i = places.front() + 1; i <= places.back(); ++i) {
      text += strokes_.across;
      if (i != places[next]) {
        text += lanes_[i] ? strokes_.crossed : strokes_.across;
      } else {
        text += i == places.back() ? last : between;
        ++next;
      }
    }
    const std::string rest = stretch(places.back() + 1, lanes_.size());
    lines_.push_back({rest.empty() ? text : text + " " + rest, std::nullopt, {}});
  }

  /// The columns from `begin` to `end`, a blank between each two, and behind the last one if another column
  /// follows.
  std::string stretch(std::size_t begin, std::size_t end) const {
    std::string text;
    for (std::size_t i = begin; i < end; ++i) {
      text += lanes_[i] ? strokes_.line : std::string_view(" ");
      text += i + 1 < lanes_.size() ? " " : "";
    }
    return text;
  }

  void drop_free_ends() {
    while (!lanes_.empty() && !lanes_.back()) {
      lanes_.pop_back();
    }
  }

  const RevisionGraph& graph_;
  const Strokes& strokes_;
  NodeSet is_shown_;
  std::vector<Node> nodes_;
  std::vector<Lane> lanes_;
  std::vector<DrawnLine> lines_;
};

}  // namespace

std::vector<DrawnLine> drawn(const RevisionGraph& graph, std::span<const std::string> ids,
                             DrawingStyle style) {
  return Drawing(graph, ids, style).lines();
}

}  // namespace metaxy::migrate
