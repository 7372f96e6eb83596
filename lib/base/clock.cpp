#include "base/clock.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>

namespace metaxy::migrate {

Instant SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::chrono::microseconds SystemClock::monotonic() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

std::string formatted(Instant instant, std::string_view format) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(instant));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 256> buffer{};
  const std::size_t length = std::strftime(buffer.data(), buffer.size(), std::string(format).c_str(), &parts);
  return {buffer.data(), length};
}

std::string iso_seconds(Instant instant) { return formatted(instant, "%Y-%m-%dT%H:%M:%SZ"); }

std::string iso_micros(Instant instant) {
  const auto micros = (instant - std::chrono::floor<std::chrono::seconds>(instant)).count();
  return formatted(instant, "%Y-%m-%d %H:%M:%S") + fmt::format(".{:06d}", micros);
}

}  // namespace metaxy::migrate
