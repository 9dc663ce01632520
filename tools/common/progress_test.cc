#include "tools/common/progress.h"

#include <gtest/gtest.h>

namespace basalt::tools {
namespace {

TEST(Progress, LineHasShareRateAndTimeLeft) {
  Progress progress("copying", Unit::bytes, 400 << 20);
  progress.add(100 << 20);
  EXPECT_EQ(progress.line(2'000'000, 0), "copying 25% 100.0 MiB of 400.0 MiB, 50.0 MiB/s, 6 s left");
}

TEST(Progress, WithoutTotalNoTimeLeft) {
  Progress progress("reading", Unit::pieces, 0);
  progress.add(50);
  EXPECT_EQ(progress.line(5'000'000, 0), "reading 50, 10/s");
  EXPECT_EQ(progress.line(5'000'000, 80), "reading 50, 10/s");
}

TEST(Progress, OnATerminalTheBarTakesWhatIsLeftAndALineNeverWraps) {
  Progress progress("copying", Unit::bytes, 400 << 20);
  progress.add(100 << 20);
  const std::string figures = "25% 100.0 MiB of 400.0 MiB, 50.0 MiB/s, 6 s left";
  EXPECT_EQ(progress.line(2'000'000, 200), "copying [######..................] " + figures);
  EXPECT_EQ(progress.line(2'000'000, 80), "copying [#####...............] " + figures);
  EXPECT_EQ(progress.line(2'000'000, 64), "copying " + figures);
  EXPECT_EQ(progress.line(2'000'000, 20), "copying 25% 100.0 M");
}

TEST(Progress, HumanWords) {
  EXPECT_EQ(human_size(12), "12 bytes");
  EXPECT_EQ(human_size(1536), "1.5 KiB");
  EXPECT_EQ(human_size(3ULL << 40), "3.0 TiB");
  EXPECT_EQ(human_duration(59), "59 s");
  EXPECT_EQ(human_duration(250), "4 min 10 s");
  EXPECT_EQ(human_duration(7500), "2 h 5 min");
}

}  // namespace
}  // namespace basalt::tools
