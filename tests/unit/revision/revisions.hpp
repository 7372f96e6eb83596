#pragma once
// Graphs in one line: `graph({rev("a"), rev("b", {"a"})})`.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "revision/graph.hpp"

namespace metaxy::migrate::test {

inline Revision rev(std::string id, std::vector<std::string> parents = {},
                    std::vector<std::string> depends_on = {}, std::vector<std::string> labels = {}) {
  Revision revision;
  revision.message = "rev " + id;
  revision.file = id + ".sql";
  revision.id = std::move(id);
  revision.down_revisions = std::move(parents);
  revision.depends_on = std::move(depends_on);
  revision.branch_labels = std::move(labels);
  return revision;
}

inline std::vector<std::string> sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return texts;
}

inline RevisionGraph graph(std::vector<Revision> revisions) { return RevisionGraph(std::move(revisions)); }

/// a - b - c1 - d1 and b - c2 - d2, each branch with a label.
inline RevisionGraph forked() {
  return graph({rev("a"), rev("b", {"a"}), rev("c1", {"b"}, {}, {"left"}), rev("d1", {"c1"}),
                rev("c2", {"b"}, {}, {"right"}), rev("d2", {"c2"})});
}

}  // namespace metaxy::migrate::test
