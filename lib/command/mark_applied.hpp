#pragma once
// Writing a revision into the version table without running its script: stamp, adopt, adopt-drift.

#include <string>
#include <vector>

#include "command/session.hpp"

namespace metaxy::migrate {

/// In one transaction: the row changes that lead to `targets`, and one log row of this action for each
/// revision in `ids`, with its script's checksums and text. Creates the state tables.
void mark_applied(const std::vector<std::string>& targets, const std::vector<std::string>& ids,
                  const std::string& action, const RevisionGraph& graph, Session& session,
                  const Workspace& workspace, const Context& context);

/// The same of a script that was written for it. Where marking it fails, the script goes again: a refused
/// command leaves nothing.
void mark_written(const std::string& id, const std::string& file, const std::string& action,
                  const RevisionGraph& graph, Session& session, const Workspace& workspace, Context& context);

/// A log row for a revision of this graph: message, parents, checksums, text.
LogRow log_row_for(const Revision& revision, const std::string& action, const Workspace& workspace,
                   const Context& context);

/// What the log is to say of a stamp that changes the rows to `heads`: each revision that counts as applied
/// from now on, with its script, so that edits show later. Where that is none, where others cease to be
/// applied, and where `is_purging` all, a row without a revision comes first.
std::vector<LogRow> stamp_log(const std::vector<std::string>& rows, const std::vector<std::string>& heads,
                              bool is_purging, const RevisionGraph& graph, const Workspace& workspace,
                              const Context& context);

}  // namespace metaxy::migrate
