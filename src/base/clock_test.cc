#include "base/clock.h"

#include <gtest/gtest.h>

#include <ctime>

namespace basalt {
namespace {

TEST(Clock, SystemClockIsUnixTime) {
  int64_t before = std::time(nullptr);
  int64_t now = SystemClock().now_ms() / 1000;
  EXPECT_GE(now, before);
  EXPECT_LE(now, before + 60);
}

TEST(Clock, ManualClockMovesByHandOnly) {
  ManualClock clock(1'000);
  EXPECT_EQ(clock.now_ms(), 1'000);
  clock.advance_ms(234);
  EXPECT_EQ(clock.now_ms(), 1'234);
  EXPECT_EQ(clock.now_us(), 1'234'000);
}

TEST(Clock, MonotonicNeverGoesBack) {
  int64_t last = monotonic_us();
  for (int i = 0; i < 1000; ++i) {
    int64_t now = monotonic_us();
    ASSERT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace basalt
