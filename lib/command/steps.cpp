#include "command/steps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command/partial.hpp"
#include "revision/traversal.hpp"

namespace metaxy::migrate {

namespace {

void require_heads(const Session& session, const std::string& from) {
  std::vector<std::string> expected = resolve_all(session.graph(), from);
  std::vector<std::string> found = session.state.rows;
  std::sort(expected.begin(), expected.end());
  std::sort(found.begin(), found.end());
  if (expected != found) {
    throw Error(ErrorKind::usage,
                fmt::format("the database is at {}, not at {}", found.empty() ? "base" : join(found, ", "),
                            expected.empty() ? "base" : join(expected, ", ")),
                {.where = {}, .hint = "nothing was run; `status` tells where it is", .notes = {}});
  }
}

}  // namespace

std::vector<Step> decide_steps(const RunRequest& request, const Session& session, const Context& context) {
  const RevisionRange range = revision_range(request.target);
  if (range.from) {
    require_heads(session, *range.from);
  }
  if (request.direction == Direction::upgrade) {
    return upgrade_steps(session.graph(), session.state.rows, range.to);
  }
  const std::string warning = downgrade_warning(session.state.rows, range.to);
  if (!warning.empty()) {
    context.observer.on(Warning{warning});
  }
  return downgrade_steps(session.graph(), session.state.rows, range.to);
}

std::vector<Step> steps_of_resume(const Session& session, const Workspace& workspace,
                                  const Context& context) {
  const PartialRevision& partial = *session.state.partial;
  if (partial.direction == Direction::upgrade) {
    return with_partial_first(upgrade_steps(session.graph(), session.state.rows, partial.revision), session,
                              workspace, context);
  }
  std::vector<Step> steps = with_partial_first(downgrade_steps(session.graph(), session.state.rows, "base"),
                                               session, workspace, context);
  steps.resize(1);
  return steps;
}

}  // namespace metaxy::migrate
