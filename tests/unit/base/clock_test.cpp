#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace metaxy::migrate {
namespace {

Instant at(std::chrono::microseconds since_epoch) { return Instant(since_epoch); }

// 2026-11-22 13:05:00 UTC
constexpr std::chrono::seconds kAfternoon{1795352700};

TEST(Clock, IsoSecondsAreInUtcAndCutTheFraction) {
  EXPECT_EQ(iso_seconds(at(kAfternoon + std::chrono::microseconds(999999))), "2026-11-22T13:05:00Z");
}

TEST(Clock, IsoMicrosHaveSixDigits) {
  EXPECT_EQ(iso_micros(at(kAfternoon)), "2026-11-22 13:05:00.000000");
  EXPECT_EQ(iso_micros(at(kAfternoon + std::chrono::microseconds(120))), "2026-11-22 13:05:00.000120");
}

TEST(Clock, TimesBefore1970AreRoundedDown) {
  EXPECT_EQ(iso_seconds(at(std::chrono::microseconds(-1))), "1969-12-31T23:59:59Z");
  EXPECT_EQ(iso_micros(at(std::chrono::microseconds(-1))), "1969-12-31 23:59:59.999999");
}

TEST(Clock, FormatsAsFileNamesNeedIt) {
  EXPECT_EQ(formatted(at(kAfternoon), "%Y%m%d_%H%M"), "20261122_1305");
}

TEST(Clock, LeapDayIsADay) {
  EXPECT_EQ(iso_seconds(at(std::chrono::seconds(1709164800))), "2024-02-29T00:00:00Z");
}

TEST(SystemClock, MonotonicTimeDoesNotGoBack) {
  const SystemClock clock;
  const std::chrono::microseconds first = clock.monotonic();
  EXPECT_GE(clock.monotonic(), first);
}

TEST(SystemClock, NowIsAfterThisTestWasWritten) {
  EXPECT_GT(SystemClock().now(), at(std::chrono::seconds(1700000000)));
}

}  // namespace
}  // namespace metaxy::migrate
