#pragma once
// `rebase`: puts a script that no database has yet on top of another revision, with all that stands on it.

#include <string>
#include <vector>

#include "command/session.hpp"

namespace metaxy::migrate {

struct RebaseRequest {
  std::string revision;
  /// As typed; empty: the one other head.
  std::string onto;
  /// Do not look whether the database has it.
  bool is_offline = false;
};
struct RebaseResult {
  std::string environment;
  std::string revision;
  std::string file;
  /// Its parents before and after.
  std::vector<std::string> from;
  std::vector<std::string> onto;
  /// What stands on it and moves with it, in an order in which it can be applied.
  std::vector<std::string> moved;
};
/// Rewrites one line of one file. Throws Error(usage) for what is applied in the database and for a place
/// that makes no sense, Error(integrity) when what moves contradicts what it moves onto.
RebaseResult run_rebase(const RebaseRequest& request, const Workspace& workspace, Context& context);

}  // namespace metaxy::migrate
