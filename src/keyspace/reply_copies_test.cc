// That a copy of a reply is given only for the question it answers, and only while it is true.
#include "keyspace/reply_copies.h"

#include <gtest/gtest.h>

#include <vector>

namespace basalt {
namespace {

class ReplyCopiesTest : public ::testing::Test {
 protected:
  using Words = std::vector<std::string_view>;

  ReplyQuestion question(uint32_t version = 8, int64_t now_ms = 1000) {
    const Key key{db_, words_[1]};
    return {{key, KeyLocks::hash_of(key), {version}, {stamp_}, now_ms}, words_, protocol_};
  }
  std::string found(const ReplyQuestion& question) {
    std::string out = "before ";
    return copies_.find(question, out) ? out : "(none)";
  }

  Words words_{"LRANGE", "key", "0", "99"};
  uint16_t db_ = 0;
  uint32_t stamp_ = 0;
  uint8_t protocol_ = 2;
  ReplyCopies copies_{ReplyCopies::kMostBytes};  // one slot
};

TEST_F(ReplyCopiesTest, ACopyCountsWhileNothingHasChanged) {
  EXPECT_EQ(found(question()), "(none)");
  copies_.keep(question(), 0, "reply");
  EXPECT_EQ(found(question()), "before reply");
  EXPECT_EQ(found(question(16)), "(none)") << "the key's stripe was locked since";
  EXPECT_EQ(found(question(8, 61'000)), "before reply");
  EXPECT_EQ(found(question(8, 61'001)), "(none)") << "versions may have come round";
  EXPECT_EQ(found(question(8, 999)), "(none)") << "the clock went back";
  stamp_ = 2;
  EXPECT_EQ(found(question()), "(none)") << "databases were flushed or swapped";
  stamp_ = 0;
  copies_.clear();
  EXPECT_EQ(found(question()), "(none)");
}

TEST_F(ReplyCopiesTest, EveryWordCounts) {
  copies_.keep(question(), 0, "reply");
  for (const Words& others : {Words{"LRANGE", "other", "0", "99"}, Words{"LRANGE", "key", "0", "98"},
                              Words{"LRANGE", "key", "0"}, Words{"LRANGE", "key", "09", "9"}}) {
    words_ = others;
    EXPECT_EQ(found(question()), "(none)");
  }
  words_ = {"LRANGE", "key", "0", "99"};
  protocol_ = 3;
  EXPECT_EQ(found(question()), "(none)");
  protocol_ = 2;
  db_ = 1;
  EXPECT_EQ(found(question()), "(none)");
  db_ = 0;
  EXPECT_EQ(found(question()), "before reply");
}

TEST_F(ReplyCopiesTest, AnExpiredKeyHasNoCopy) {
  copies_.keep(question(), 5000, "reply");
  EXPECT_EQ(found(question(8, 5000)), "before reply");
  EXPECT_EQ(found(question(8, 5001)), "(none)");
}

TEST_F(ReplyCopiesTest, WhatIsMadeTwiceInARowIsWanted) {
  EXPECT_FALSE(copies_.wants(question(), 1000));
  EXPECT_TRUE(copies_.wants(question(), 1000));
  words_[3] = "9";
  EXPECT_FALSE(copies_.wants(question(), 1000));
  EXPECT_TRUE(copies_.wants(question(), ReplyCopies::kMostBytes - 100));
  EXPECT_FALSE(copies_.wants(question(), ReplyCopies::kLeastBytes - 1));
  EXPECT_FALSE(copies_.wants(question(), ReplyCopies::kMostBytes)) << "with the words it is too much";
}

}  // namespace
}  // namespace basalt
