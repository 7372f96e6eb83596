#pragma once
// What a new revision becomes: where it hangs in the graph after `revision` or `merge`. Pure; ids are made
// and files are written elsewhere.

#include <string>
#include <vector>

#include "revision/graph.hpp"

namespace metaxy::migrate {

/// What was asked for. `merge A B` is a new revision on the heads A and B.
struct NewRevision {
  std::string id;
  std::string message;
  /// Identifiers as typed; `base` for a new root, `heads` for all heads at once.
  std::vector<std::string> heads = {"head"};
  /// Whether a parent may be no head (`--splice`).
  bool is_spliced = false;
  /// Identifiers as typed; a label stays a label, all else becomes a whole id.
  std::vector<std::string> depends_on;
  std::vector<std::string> branch_labels;
};

/// The node to add: id, parents, dependencies, labels and message; the rest is left empty. Throws
/// Error(usage) for what is unknown, for a taken id or label, for a repeated parent, and for a parent that is
/// no head without `--splice`; Error(integrity) for several heads where one is asked for.
Revision planned_revision(const RevisionGraph& graph, const NewRevision& wanted);

}  // namespace metaxy::migrate
