#pragma once
// `upgrade A:B --sql`, `downgrade A:B --sql`: the run as statements, without a connection.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "command/workspace.hpp"
#include "run/executor.hpp"

namespace metaxy::migrate {

struct OfflineRequest {
  Direction direction = Direction::upgrade;
  /// `A:B`; for an upgrade `B` alone is `base:B`.
  std::string range;
  bool allows_destructive = false;
  std::optional<TransactionMode> transaction;
};

/// Gives the text piece by piece, and nothing at all when something is wrong: whoever pipes it into a
/// database must not get half. Says on stderr when there is nothing to do.
void run_offline(const OfflineRequest& request, const Workspace& workspace, const Context& context,
                 const std::function<void(std::string_view)>& write);

/// `stamp TO... --sql`, each `TO` or `FROM:TO` with the same FROM; without one, from base.
void run_offline_stamp(const std::vector<std::string>& targets, const Workspace& workspace,
                       const Context& context, const std::function<void(std::string_view)>& write);

/// `ensure-version --sql`.
void run_offline_tables(const Workspace& workspace, const Context& context,
                        const std::function<void(std::string_view)>& write);

}  // namespace metaxy::migrate
