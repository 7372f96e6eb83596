#pragma once
// Times a part of a command for `-d stats`.

#include <string_view>

#include "command/context.hpp"

namespace metaxy::migrate {

/// From construction to destruction; `name` is a literal, the context outlives it.
class Phase {
 public:
  Phase(const Context& context, std::string_view name)
      : context_(context), name_(name), start_(context.clock.monotonic()) {}
  ~Phase() {
    if (context_.options.debug.has_stats) {
      context_.observer.on(
          PhaseFinished{.phase = std::string(name_), .elapsed = context_.clock.monotonic() - start_});
    }
  }
  Phase(const Phase&) = delete;
  Phase& operator=(const Phase&) = delete;

 private:
  const Context& context_;
  std::string_view name_;
  std::chrono::microseconds start_;
};

}  // namespace metaxy::migrate
