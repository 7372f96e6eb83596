#pragma once
// What a run does about a revision that an earlier run left partly done: it is carried on or refused, never
// stepped over. Each check throws; none changes anything.

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "command/run_scripts.hpp"

namespace metaxy::migrate {

/// "1 section and 2 statements of the next".
std::string done_text(const PartialRevision& partial);

/// Without the script of a partly done revision nothing can carry it on or undo it. Throws Error(integrity).
void require_script_of_partial(const Session& session);

/// Refuses to guess about a statement that was started and maybe ended before the process was killed, and to
/// resume what is not there. Throws Error(partially_applied|usage).
void require_no_doubt(const RunRequest& request, const Session& session, const Workspace& workspace,
                      const Context& context);

/// What is partly done comes before all else, so that never two revisions are. Throws
/// Error(partially_applied) when the steps have nothing of it, Error(integrity) when another revision has got
/// between. Precondition: the session has a partial revision.
std::vector<Step> with_partial_first(std::vector<Step> steps, const Session& session,
                                     const Workspace& workspace, const Context& context);

/// The tables that a partly done revision holds between two shapes: they are no drift.
class UnfinishedTables {
 public:
  /// None.
  UnfinishedTables() = default;
  /// nullopt: what its script changes is not known, so it may be any.
  explicit UnfinishedTables(std::optional<std::set<TableName>> tables) : tables_(std::move(tables)) {}
  bool may_hold(const TableName& table) const { return !tables_ || tables_->count(table) != 0; }

 private:
  std::optional<std::set<TableName>> tables_ = std::set<TableName>();
};
UnfinishedTables unfinished_tables(const Session& session, const Workspace& workspace,
                                   const Context& context);

/// The script was edited in the part that is done: Error(integrity).
[[noreturn]] void refuse_edited(const PartialRevision& partial, const ScriptFacts& facts);

/// The script of a partly done revision may be edited behind its last done statement only. How many
/// statements its first section has that is not done.
std::size_t require_same_done_part(const RunStep& step, const PartialRevision& partial,
                                   const Workspace& workspace, const Context& context);

/// `--skip-statement` must name one of those `statements` that is not done: Error(usage).
void require_statement_to_skip(std::size_t number, const PartialRevision& partial, std::size_t statements);

}  // namespace metaxy::migrate
