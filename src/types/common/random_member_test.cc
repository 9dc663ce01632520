#include "types/common/random_member.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>

#include "base/hash.h"
#include "command/command_testing.h"

namespace basalt {
namespace {

// Collections are made straight from items: only they matter here.
class RandomMemberTest : public ::testing::Test {
 public:
  static constexpr ObjectId kObject = 7;

  RandomMemberTest() : fixture_({}), txn_(fixture_.keyspace(), Access::blocking) {}

  void add(std::string_view name) {
    txn_.put_item(Column::items, layout::member_key(kObject, name), name);
    ++size_;
  }
  void add_numbered(int count) {
    for (int i = 0; i < count; ++i) add(fmt::format("m{}", i));
  }
  void commit() { ASSERT_TRUE(txn_.commit()); }

  std::vector<std::string> sample(int64_t count) {
    std::vector<std::string> names;
    auto done = sample_members(txn_, kObject, size_, count, [&](Member member) -> Result<void> {
      EXPECT_EQ(member.name, member.value);
      names.emplace_back(member.name);
      return {};
    });
    EXPECT_TRUE(done);
    return names;
  }

  // Pearson's statistic of `counts` against the uniform distribution, as standard deviations from what
  // it is on average. Beyond 8 lies less than one in 10^10 of what a fair sampler gives.
  double deviation(const std::map<std::string, uint64_t>& counts) const {
    uint64_t total = 0;
    for (const auto& [name, count] : counts) total += count;
    const double expected = static_cast<double>(total) / static_cast<double>(size_);
    double chi_square = static_cast<double>(size_ - counts.size()) * expected;
    for (const auto& [name, count] : counts) {
      const double off = static_cast<double>(count) - expected;
      chi_square += off * off / expected;
    }
    const auto freedom = static_cast<double>(size_ - 1);
    return (chi_square - freedom) / std::sqrt(2 * freedom);
  }

 protected:
  CommandFixture fixture_;
  Txn txn_;
  uint64_t size_ = 0;
};

constexpr double kTolerated = 8;

TEST_F(RandomMemberTest, DartsAreFair) {
  add_numbered(700);
  commit();
  RandomMember darts(txn_, kObject, size_);
  std::map<std::string, uint64_t> counts;
  for (int i = 0; i < 70'000; ++i) ++counts[std::string(darts.pick()->name)];
  EXPECT_EQ(counts.size(), size_);
  EXPECT_LT(std::abs(deviation(counts)), kTolerated);
}

TEST_F(RandomMemberTest, SeekingARandomHashWouldFailThisTest) {
  add_numbered(700);
  commit();
  MemberCursor cursor(txn_, kObject);
  std::map<std::string, uint64_t> counts;
  for (uint64_t i = 0; i < 70'000; ++i) {
    cursor.seek(static_cast<uint32_t>(i * 61'356));  // evenly over the hash space
    if (auto item = *cursor.item()) ++counts[std::string(item->position.name)];
  }
  EXPECT_GT(deviation(counts), 10 * kTolerated);
}

TEST_F(RandomMemberTest, SmallCollectionsAreFair) {
  for (int members = 1; members <= 6; ++members) {
    add(fmt::format("m{}", members));
    commit();
    RandomMember darts(txn_, kObject, size_);
    std::map<std::string, uint64_t> counts;
    for (int i = 0; i < 6'000; ++i) ++counts[std::string(darts.pick()->name)];
    EXPECT_EQ(counts.size(), size_);
    if (members > 1) {
      EXPECT_LT(deviation(counts), 3 * kTolerated) << members;
    }
  }
}

// Items whose hashes all lie in one bucket, as someone may contrive: slower, but nobody is left out.
TEST_F(RandomMemberTest, CrowdedHashesAreStillAllPicked) {
  for (int i = 0; size_ < 60; ++i) {
    const std::string name = fmt::format("m{}", i);
    if (member_hash(name) >> 20 == 0x5a5) add(name);
  }
  commit();
  RandomMember darts(txn_, kObject, size_);
  std::map<std::string, uint64_t> counts;
  // The bucket's items are not equally likely; the unlikeliest comes in time.
  for (int i = 0; i < 600'000 && counts.size() < size_; ++i) ++counts[std::string(darts.pick()->name)];
  EXPECT_EQ(counts.size(), size_);
}

TEST_F(RandomMemberTest, DistinctSamples) {
  add_numbered(1000);
  commit();
  for (int64_t count : {0, 1, 5, 31, 32, 500, 999, 1000, 1001, 100'000}) {
    const auto names = sample(count);
    EXPECT_EQ(names.size(), std::min<uint64_t>(count, size_));
    EXPECT_EQ(std::set(names.begin(), names.end()).size(), names.size());
  }
}

TEST_F(RandomMemberTest, DistinctSamplesAreFair) {
  add_numbered(400);
  commit();
  for (int64_t count : {3, 40}) {  // by darts, by walking
    std::map<std::string, uint64_t> counts;
    for (int64_t i = 0; i < 8'000; i += count) {
      for (const auto& name : sample(count)) ++counts[name];
    }
    // Samples without repeats spread more evenly than independent ones.
    EXPECT_LT(deviation(counts), kTolerated) << count;
    EXPECT_GT(deviation(counts), -kTolerated) << count;
  }
}

TEST_F(RandomMemberTest, RepeatedSamples) {
  add_numbered(400);
  commit();
  for (int64_t count : {1, 10, 100, 5'000}) {
    const auto names = sample(-count);
    EXPECT_EQ(names.size(), static_cast<uint64_t>(count));
  }
  std::map<std::string, uint64_t> counts;
  for (const auto& name : sample(-20'000)) ++counts[name];
  EXPECT_LT(std::abs(deviation(counts)), kTolerated);
}

TEST_F(RandomMemberTest, AWrongSizeEndsInAnErrorNotALoop) {
  add_numbered(3);
  commit();
  auto ignore = [](Member) -> Result<void> { return {}; };
  EXPECT_FALSE(sample_members(txn_, kObject, 1000, 20, ignore));
  EXPECT_FALSE(sample_members(txn_, kObject, 1000, 1000, ignore));
  EXPECT_FALSE(sample_members(txn_, kObject + 1, 1000, 1, ignore));
  EXPECT_FALSE(sample_members(txn_, kObject + 1, 10, -5, ignore));
}

TEST_F(RandomMemberTest, AFailingSinkEndsIt) {
  add_numbered(100);
  commit();
  for (int64_t count : {2, 50, -2, -50}) {
    int seen = 0;
    auto refuse = [&](Member) -> Result<void> {
      ++seen;
      return fail("ERR enough");
    };
    EXPECT_FALSE(sample_members(txn_, kObject, size_, count, refuse));
    EXPECT_EQ(seen, 1);
  }
}

TEST(RandomReplyCount, AsRedisCounts) {
  EXPECT_EQ(random_reply_count(5, 3), 3u);
  EXPECT_EQ(random_reply_count(2, 3), 2u);
  EXPECT_EQ(random_reply_count(-5, 3), 5u);
  EXPECT_EQ(random_reply_count(-5, 0), 0u);
  EXPECT_EQ(random_reply_count(0, 3), 0u);
}

}  // namespace
}  // namespace basalt
