#include "keyspace/key_tally.h"

#include <gtest/gtest.h>

#include "keyspace/keyspace_testing.h"

namespace basalt {
namespace {

class KeyTallyTest : public ::testing::Test {
 protected:
  KeyTallyTest() {
    keyspace_.set({0, "a"}, "value");
    keyspace_.set({0, "b"}, std::string(10'000, 'x'), 1'800'000'000'000);
    keyspace_.set({1, "c"}, "other database");
    keyspace_.set_packed({0, "list"}, Type::list, "\x01x");
    keyspace_.set_spread({0, "set"}, 50);
  }
  KeyTally tally(size_t most_big_keys = 10) {
    return KeyTally(
        *keyspace_.store, [](DbId db) { return db == 0; }, most_big_keys);
  }
  // How many pages it took.
  static int run(KeyTally& tally, uint64_t page) {
    std::string position;
    for (int pages = 1;; ++pages) {
      const auto end = tally.advance(position, page);
      EXPECT_TRUE(succeeded(end));
      if (!end || *end) return pages;
    }
  }

  TempKeyspace keyspace_;
};

TEST_F(KeyTallyTest, CountsByTypeAndEncodingWhateverThePages) {
  for (const uint64_t page : {1, 2, 3, 100}) {
    KeyTally counted = tally();
    run(counted, page);
    ASSERT_EQ(counted.groups().size(), 3u);
    const auto& strings = counted.groups().at({Type::string, Encoding::plain});
    EXPECT_EQ(strings.keys, 2u);
    EXPECT_EQ(strings.expiring, 1u);
    EXPECT_EQ(strings.elements, 10'005u);
    EXPECT_EQ(counted.groups().at({Type::list, Encoding::packed}).keys, 1u);
    const auto& sets = counted.groups().at({Type::set, Encoding::spread});
    EXPECT_EQ(sets.elements, 50u);
    EXPECT_GE(sets.bytes, 50u * 13);
  }
}

TEST_F(KeyTallyTest, OnePageEndsAtOnce) {
  KeyTally counted = tally();
  EXPECT_EQ(run(counted, 100), 1);
}

TEST_F(KeyTallyTest, KeepsTheLargestKeys) {
  KeyTally counted = tally(2);
  run(counted, 1);
  const auto big = counted.big_keys();
  ASSERT_EQ(big.size(), 2u);
  EXPECT_EQ(big[0].name, "b");
  EXPECT_EQ(big[1].name, "set");
  KeyTally none = tally(0);
  run(none, 100);
  EXPECT_TRUE(none.big_keys().empty());
}

TEST_F(KeyTallyTest, CountsRecordsThatMakeNoSense) {
  Batch batch;
  batch.put(Column::heads, layout::record_key(0, "broken"), "\x7f");
  batch.put(Column::strings, "x", "");
  ASSERT_TRUE(succeeded(keyspace_.store->write(batch, WriteMode::blocking)));
  KeyTally counted = tally();
  run(counted, 2);
  EXPECT_EQ(counted.damaged(), 2u);
  EXPECT_EQ(counted.groups().size(), 3u);
}

}  // namespace
}  // namespace basalt
