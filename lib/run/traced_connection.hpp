#pragma once
// A connection that tells an observer each statement and its time (`-d sql`, `-d stats`). Everything else is
// the connection's behind it.

#include <memory>

#include "base/clock.hpp"
#include "dialect/connection.hpp"
#include "run/events.hpp"

namespace metaxy::migrate {

/// Clock and observer must outlive the connection.
std::unique_ptr<Connection> traced(std::unique_ptr<Connection> connection, const Clock& clock,
                                   Observer& observer);

}  // namespace metaxy::migrate
