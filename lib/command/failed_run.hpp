#pragma once
// What people are told when a run failed half-way.

#include "command/session.hpp"
#include "run/executor.hpp"

namespace metaxy::migrate {

/// Throws the error for people: what failed, what is true now, what to do next.
[[noreturn]] void explain_failure(const RunFailed& failure, Session& session, const Workspace& workspace,
                                  const Context& context, const std::string& backup);

}  // namespace metaxy::migrate
