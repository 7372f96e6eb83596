#pragma once
// From "where the database is" and what a person typed to the exact steps, with the rows of the version table after each. Pure.
// Orders and results are Alembic's wherever Alembic is right (the cases are replayed by a test).

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "revision/graph.hpp"
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

/// `current`: rows of the version table in physical order. `target` as typed: `head`, `heads`, `base`, an id, a unique
/// prefix, a label, `label@x`, `+N`, `-N`, `x+N`, `x-N` ... Throw Error(usage) for unknown or ambiguous identifiers
/// (naming candidates) and for targets that make no sense; Error(integrity) for several heads where one is needed.
std::vector<Step> upgrade_steps(const RevisionGraph& graph, std::span<const std::string> current,
                                std::string_view target);
std::vector<Step> downgrade_steps(const RevisionGraph& graph, std::span<const std::string> current,
                                  std::string_view target);

struct StampStep {
  std::vector<std::string> from;
  std::vector<std::string> to;
  std::vector<RowChange> rows;
  std::vector<std::string> heads_after;

  bool operator==(const StampStep&) const = default;
};
std::vector<StampStep> stamp_steps(const RevisionGraph& graph, std::span<const std::string> current,
                                   std::span<const std::string> targets);

/// One id for what was typed (`head`, prefix, label@head, ...); nullopt for `base`. Throws Error(usage).
std::optional<std::string> resolve_one(const RevisionGraph& graph, std::string_view typed);
/// All ids it stands for (`heads`, `label@heads`, ...); empty for `base`.
std::vector<std::string> resolve_all(const RevisionGraph& graph, std::string_view typed);
/// What `show`, `revision --head` accept (also `-N` below the heads), as in Alembic.
std::vector<std::string> resolve_for_show(const RevisionGraph& graph, std::string_view typed,
                                          std::span<const std::string> current);

/// Ids of a history range `A:B` (each side may be empty, `current`, relative), newest first; empty text: all.
std::vector<std::string> history_range(const RevisionGraph& graph, std::string_view range,
                                       std::span<const std::string> current);

/// The ids that are applied when the version table holds `rows`.
std::set<std::string> applied_ids(const RevisionGraph& graph, std::span<const std::string> rows);

/// `rows` without those that another row already implies.
std::vector<std::string> minimal_heads(const RevisionGraph& graph, std::span<const std::string> rows);

}  // namespace metaxy::migrate
