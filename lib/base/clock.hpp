#pragma once
// One of the four doors for I/O: the time. Tests pass a clock that stands still.

#include <chrono>
#include <string>
#include <string_view>

namespace metaxy::migrate {

/// A point in time in UTC, whole microseconds.
using Instant = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  /// Time from an arbitrary start, for durations.
  virtual std::chrono::microseconds monotonic() const = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
  std::chrono::microseconds monotonic() const override;
};

/// `2026-11-22T13:05:00Z`.
std::string iso_seconds(Instant instant);
/// `2026-11-22 13:05:00.123456`, as databases write a timestamp without zone.
std::string iso_micros(Instant instant);
/// Text of `format` with strftime's conversions, in UTC.
std::string formatted(Instant instant, std::string_view format);

}  // namespace metaxy::migrate
