#pragma once
// The lines that Alembic prints for heads, current, history, branches and show, letter for letter, so that
// scripts which parse them go on working (`--format alembic`). Where Alembic prints labels or children in a
// random order, ours are sorted. Colours, the drawn graph and JSON are not here.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "revision/graph.hpp"

namespace metaxy::migrate {

/// One line a revision, or a block of lines with all that is known about it (`-v`).
enum class AlembicListing { brief, verbose };

/// `id (label1, label2) (head)`, with `(effective head)` for one that another revision depends on.
std::vector<std::string> alembic_heads_lines(const RevisionGraph& graph, std::span<const std::string> ids,
                                             AlembicListing listing = AlembicListing::brief);

/// `id (head) (mergepoint)`.
std::vector<std::string> alembic_current_lines(const RevisionGraph& graph, std::span<const std::string> ids,
                                               AlembicListing listing = AlembicListing::brief);

/// `a, b (deps) -> id (labels) (head) (current) (branchpoint) (mergepoint), message`; no parents: `<base>`.
/// `current` holds the rows to be marked; empty without `--indicate-current`.
std::vector<std::string> alembic_history_lines(const RevisionGraph& graph, std::span<const std::string> ids,
                                               std::span<const std::string> current,
                                               AlembicListing listing = AlembicListing::brief);

/// Every branch point from the newest down, each followed by its children: `   -> child (labels) (head)`.
std::vector<std::string> alembic_branches_lines(const RevisionGraph& graph,
                                                AlembicListing listing = AlembicListing::brief);

/// `Rev:`, `Parent:` or `Merges:`, `Path:` and so on, and the message; the block that `show` prints.
std::vector<std::string> alembic_entry_lines(const RevisionGraph& graph, std::string_view id,
                                             bool is_current = false);

/// `Running upgrade a, b -> c, message`; an empty side for base.
std::string alembic_step_line(const RevisionGraph& graph, std::string_view id, bool is_upgrade);

}  // namespace metaxy::migrate
