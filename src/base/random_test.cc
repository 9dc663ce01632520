#include "base/random.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace basalt {
namespace {

TEST(Random, BelowStaysBelowAndReachesEverything) {
  for (uint64_t n : {1u, 2u, 3u, 7u, 10u}) {
    std::set<uint64_t> seen;
    for (int i = 0; i < 1000; ++i) {
      uint64_t v = random_below(n);
      ASSERT_LT(v, n);
      seen.insert(v);
    }
    EXPECT_EQ(seen.size(), n);
  }
  uint64_t huge = (uint64_t{1} << 63) + 1;
  for (int i = 0; i < 1000; ++i) ASSERT_LT(random_below(huge), huge);
}

// Of 3 * 2^62 values a third lies in each of three equal parts, and a third leaves each remainder by 3.
// Cutting 64 bits by a modulo would favour the first part, by a bare multiplication one remainder.
TEST(Random, BelowIsUniform) {
  constexpr uint64_t kPart = uint64_t{1} << 62;
  constexpr int kDraws = 30'000;
  int parts[3] = {}, remainders[3] = {};
  for (int i = 0; i < kDraws; ++i) {
    uint64_t v = random_below(3 * kPart);
    ++parts[v / kPart];
    ++remainders[v % 3];
  }
  constexpr double kSevenDeviations = 600;
  for (int count : parts) EXPECT_NEAR(count, kDraws / 3, kSevenDeviations);
  for (int count : remainders) EXPECT_NEAR(count, kDraws / 3, kSevenDeviations);
}

TEST(Random, ThreadsDrawDifferentNumbers) {
  uint64_t other = 0;
  std::thread([&] { other = random_u64(); }).join();
  EXPECT_NE(random_u64(), other);
  EXPECT_NE(random_u64(), random_u64());
}

TEST(Random, HexadecimalOfTheLengthAsked) {
  std::string id = random_hex(20);
  EXPECT_EQ(id.size(), 40u);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(id, random_hex(20));
  EXPECT_EQ(random_hex(0), "");
}

}  // namespace
}  // namespace basalt
