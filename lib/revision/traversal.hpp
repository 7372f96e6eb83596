#pragma once
// From "where the database is" and what a person typed to the exact steps, with the rows of the version table
// after each. Pure. Orders and results are Alembic's wherever Alembic is right (the cases are replayed by a
// test).

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "revision/graph.hpp"
#include "revision/resolve.hpp"
#include "revision/script.hpp"

namespace metaxy::migrate {

/// What a step does to the version table. Rows deleted and inserted; `update` is one row changed from -> to.
struct RowChange {
  enum class Kind { insert, remove, update };
  Kind kind = Kind::insert;
  std::string from;
  std::string to;

  bool operator==(const RowChange&) const = default;
};

struct Step {
  std::string revision;
  Direction direction = Direction::upgrade;
  /// In the order in which they must be carried out.
  std::vector<RowChange> rows;
  /// The version table afterwards, sorted.
  std::vector<std::string> heads_after;

  bool operator==(const Step&) const = default;
};

// `current`: rows of the version table in physical order; a row that is not in the graph is an
// Error(integrity). `target` as typed: `head`, `heads`, `base`, an id, a unique prefix, a label, `label@x`,
// `+N`, `-N`, `x+N`, `x-N` ... All throw Error(usage) for unknown or ambiguous identifiers (naming
// candidates) and for targets that make no sense; Error(integrity) for several heads where one is needed.

/// Everything the target needs and that is not applied; empty when all of it is.
std::vector<Step> upgrade_steps(const RevisionGraph& graph, std::span<const std::string> current,
                                std::string_view target);

/// Everything above the target, with all that depends on it; other branches stay.
std::vector<Step> downgrade_steps(const RevisionGraph& graph, std::span<const std::string> current,
                                  std::string_view target);

/// The same steps, all in one direction, with that of `revision` before the others; empty where there is
/// none, or where another one must come first.
std::vector<Step> with_first_step(const RevisionGraph& graph, std::span<const std::string> current,
                                  std::vector<Step> steps, const std::string& revision);

/// What to say before a downgrade whose target does not name one branch (`-1` with several rows acts on the
/// first row); empty otherwise.
std::string downgrade_warning(std::span<const std::string> current, std::string_view target);

struct StampStep {
  std::vector<std::string> from;
  std::vector<std::string> to;
  std::vector<RowChange> rows;
  /// Without rows that another one implies, whatever was asked for.
  std::vector<std::string> heads_after;

  bool operator==(const StampStep&) const = default;
};

/// Targets are absolute. For `stamp --purge` give no rows: they need not be known then.
std::vector<StampStep> stamp_steps(const RevisionGraph& graph, std::span<const std::string> current,
                                   std::span<const std::string> targets);

/// Ids of a history range `A:B` (each side may be empty, `current`, relative), newest first; empty text: all.
std::vector<std::string> history_range(const RevisionGraph& graph, std::string_view range,
                                       std::span<const std::string> current);

/// The ids that are applied when the version table holds `rows`.
std::set<std::string> applied_ids(const RevisionGraph& graph, std::span<const std::string> rows);

/// `rows` without those that another row already implies.
std::vector<std::string> minimal_heads(const RevisionGraph& graph, std::span<const std::string> rows);

/// The tips of every branch that is applied, in load order: the rows and those that they imply by dependency.
/// What `current` lists.
std::vector<std::string> current_tips(const RevisionGraph& graph, std::span<const std::string> rows);

/// Whether the rows are exactly the heads of the scripts, as `current --check-heads` asks. As in Alembic a
/// head that another revision depends on must be a row of its own.
bool is_at_heads(const RevisionGraph& graph, std::span<const std::string> rows);

}  // namespace metaxy::migrate
