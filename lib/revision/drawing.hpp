#pragma once
// The graph as lines of text: a column for each branch, newest revision first, branches and merges drawn.
// Pure; what is written behind the drawing, and its colours, are not here.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "revision/graph.hpp"

namespace metaxy::migrate {

/// `|`, `+` and `'` everywhere, or lines as UTF-8 terminals have them.
enum class DrawingStyle { ascii, unicode };

/// One line. Between `left` and `right` stands the sign of the revision, which the caller chooses, with a
/// blank before `right` if that is not empty. A line without a revision, where branches part or join, is
/// `left` alone, and empty between graphs that hang together in no way.
struct DrawnLine {
  std::string left;
  /// Index in the list of ids.
  std::optional<std::size_t> revision;
  std::string right;

  bool operator==(const DrawnLine&) const = default;
};

/// `ids` in an order in which every revision comes before its parents. Parents that are not among them are
/// left out. Dependencies are not drawn. Throws Error(usage) for an id that the graph lacks.
std::vector<DrawnLine> drawn(const RevisionGraph& graph, std::span<const std::string> ids,
                             DrawingStyle style = DrawingStyle::ascii);

}  // namespace metaxy::migrate
