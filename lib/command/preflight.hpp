#pragma once
// What is checked before the first statement of a run. Each check throws; none changes anything.

#include <set>
#include <string>
#include <vector>

#include "command/run_scripts.hpp"

namespace metaxy::migrate {

/// Edited applied scripts (and for upgrade missing ones) stop the run: Error(integrity) with the difference
/// of both texts.
void require_integrity(const RunRequest& request, const Session& session, const AppliedScripts& applied,
                       const std::vector<RunStep>& steps, const Workspace& workspace, const Context& context);

/// Refuses destructive statements without a mark, a downgrade without a downgrade section, and what runs in
/// no transaction inside of one. To be given every step, then asked.
class RunnableCheck {
 public:
  RunnableCheck(bool allows_destructive, const Dialect& dialect)
      : allows_destructive_(allows_destructive), dialect_(dialect) {}
  /// Throws Error(script).
  void add(const RunStep& step);
  /// Throws Error(usage) that names every unmarked statement.
  void finish() const;

 private:
  bool allows_destructive_;
  const Dialect& dialect_;
  std::vector<Problem> unmarked_;
};
void require_runnable(const RunRequest& request, const std::vector<RunStep>& steps,
                      const Workspace& workspace);

/// Statements on a table that our scripts made and another project took over since: Error(usage).
void require_tables_are_ours(const std::vector<RunStep>& steps, const AppliedScripts& applied,
                             const Session& session, const Workspace& workspace);

/// A downgrade leaves what its upgrade adopted, by skipping the statement that drops it: where a statement
/// does more than that, it stops the run. Error(script).
void require_adopted_can_stay(const std::vector<RunStep>& steps, const Workspace& workspace);

/// A view in the way of a step stops the run (Error(script)), as does drift on a table that the steps touch
/// (Error(drift)); elsewhere drift warns. Tables to adopt must have an acceptable shape. Returns what is
/// there now of that which statements would adopt: "t" and "t.c".
std::set<std::string> require_no_drift(const std::vector<RunStep>& steps, const AppliedScripts& applied,
                                       Session& session, const Workspace& workspace, const Context& context);

bool is_backup_needed(BackupPolicy policy, const std::vector<RunStep>& steps);

/// Above `backup_limit` an automatic backup is asked about.
void require_backup_size(const std::string& file, const RunRequest& request, const Workspace& workspace,
                         Context& context);

}  // namespace metaxy::migrate
