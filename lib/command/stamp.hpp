#pragma once
// `stamp`: says where the database is without running anything; `ensure-version`: makes the state tables.

#include <string>
#include <vector>

#include "command/session.hpp"
#include "revision/traversal.hpp"

namespace metaxy::migrate {

struct StampRequest {
  std::vector<std::string> targets;
  /// Stamp although live is not what the scripts say at the target.
  bool is_forced = false;
  /// Delete all rows first, also ones that nothing explains.
  bool is_purging = false;
  bool is_rebind = false;
  /// The database file, elsewhere than beside the configuration.
  bool may_create = false;
  /// Take over the edited script of this applied revision; no targets then.
  std::string accepted_edit;
};
struct StampResult {
  std::string environment;
  std::vector<std::string> heads_before;
  std::vector<std::string> heads;
  std::vector<StampStep> steps;
  /// Revision whose edited script counts as what was applied from now on; empty: none.
  std::string accepted_edit;
};
/// Throws Error(drift) when the database is not what the scripts say at the target, listing the differences.
StampResult run_stamp(const StampRequest& request, const Workspace& workspace, Context& context);

StampResult run_ensure_version(bool may_create, const Workspace& workspace, Context& context);

}  // namespace metaxy::migrate
