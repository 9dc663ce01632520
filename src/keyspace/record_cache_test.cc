// That a copy never outlives what it is a copy of.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "keyspace/keyspace_testing.h"
#include "keyspace/record_cache.h"

namespace basalt {
namespace {

class RecordCacheTest : public ::testing::Test {
 protected:
  RecordCache::Moment moment(std::string_view name, uint32_t version = 4, int64_t now_ms = 1000) {
    const Key key{0, name};
    return {Column::strings, {key, KeyLocks::hash_of(key), {version}, {0}, now_ms}};
  }
  std::string found(const RecordCache::Moment& moment) {
    Value value;
    return cache_.find(moment, value) ? std::string(value.view()) : "(none)";
  }
  RecordCache cache_{1 << 20};
};

TEST_F(RecordCacheTest, ACopyCountsWhileNothingHasChanged) {
  EXPECT_EQ(found(moment("a")), "(none)");
  cache_.offer(moment("a"), "record");
  EXPECT_EQ(found(moment("a")), "record");
  EXPECT_EQ(found(moment("b")), "(none)");
  auto other = moment("a");
  other.column = Column::heads;
  EXPECT_EQ(found(other), "(none)");
  other = moment("a");
  other.at.key.db = 1;
  EXPECT_EQ(found(other), "(none)");
  other = moment("a");
  other.at.stamp = {2};
  EXPECT_EQ(found(other), "(none)") << "databases were flushed or swapped";
  EXPECT_EQ(found(moment("a", 8)), "(none)") << "the stripe was locked since";
  EXPECT_EQ(found(moment("a", 4, 60'000)), "record");
  EXPECT_EQ(found(moment("a", 4, 62'000)), "(none)") << "versions may have come round";
  EXPECT_EQ(found(moment("a", 4, 500)), "(none)") << "nor when the clock went back";
  cache_.clear();
  EXPECT_EQ(found(moment("a")), "(none)");
}

TEST_F(RecordCacheTest, WhatIsTooLargeIsNotKept) {
  cache_.offer(moment("a"), std::string(RecordCache::kSlotBytes, 'x'));
  EXPECT_EQ(found(moment("a")), "(none)");
  const std::string name(100, 'n'), record(100, 'r');
  cache_.offer(moment(name), record);
  EXPECT_EQ(found(moment(name)), record);
}

TEST(RecordCacheSlots, AnotherRecordGetsInAtItsSecondLook) {
  RecordCache cache(1);
  const Key a{0, "a"}, b{0, "b"};
  const RecordCache::Moment of_a{Column::strings, {a, KeyLocks::hash_of(a), {4}, {0}, 0}};
  const RecordCache::Moment of_b{Column::strings, {b, KeyLocks::hash_of(b), {4}, {0}, 0}};
  Value value;
  cache.offer(of_a, "1");
  cache.offer(of_b, "2");
  EXPECT_TRUE(cache.find(of_a, value));
  cache.offer(of_b, "2");
  EXPECT_TRUE(cache.find(of_b, value));
  EXPECT_EQ(value.view(), "2");
  EXPECT_FALSE(cache.find(of_a, value));
}

class CachedKeyspace : public ::testing::Test {
 protected:
  // Twice, so that the second answer may come from a copy.
  std::string get(Key key) {
    std::string answers[2];
    for (auto& answer : answers) {
      Txn txn(*keyspace_, Access::blocking);
      auto record = txn.find(key);
      answer = !record ? "(failed)" : *record ? std::string((*record)->head.body) : "(none)";
    }
    EXPECT_EQ(answers[0], answers[1]);
    return answers[1];
  }
  TempKeyspace keyspace_;
};

TEST_F(CachedKeyspace, WritesDeletesFlushesAndSwapsShowAtOnce) {
  const Key a0{0, "a"}, a1{1, "a"};
  keyspace_.set(a0, "zero");
  keyspace_.set(a1, "one");
  EXPECT_EQ(get(a0), "zero");
  EXPECT_EQ(get(a1), "one");
  auto swap = [&] {
    Txn txn(*keyspace_, Access::blocking);
    ASSERT_TRUE(succeeded(txn.swap_databases(0, 1)));
    ASSERT_TRUE(succeeded(txn.commit()));
  };
  swap();
  EXPECT_EQ(get(a0), "one");
  keyspace_.set(a1, "zero, written while it was the other's");
  swap();
  EXPECT_EQ(get(a0), "zero, written while it was the other's");
  keyspace_.write(a0, [&](Txn& txn) {
    auto record = txn.find(a0);
    ASSERT_TRUE(record && *record);
    txn.erase(a0, **record);
  });
  EXPECT_EQ(get(a0), "(none)");
  Txn txn(*keyspace_, Access::blocking);
  ASSERT_TRUE(succeeded(txn.flush_database(1)));
  ASSERT_TRUE(succeeded(txn.commit()));
  EXPECT_EQ(get(a1), "(none)");
}

TEST_F(CachedKeyspace, ReadersNeverSeeWhatWasReplaced) {
  constexpr int kWrites = 3000;
  const Key key{0, "counter"};
  keyspace_.set(key, "0");
  std::atomic<int> written{0};
  std::atomic<bool> ended{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!ended) {
        const int least = written;
        Txn txn(*keyspace_, Access::blocking);
        auto record = txn.find(key);
        ASSERT_TRUE(record && *record);
        ASSERT_GE(std::stoi(std::string((*record)->head.body)), least);
      }
    });
  }
  for (int i = 1; i <= kWrites; ++i) {
    keyspace_.set(key, std::to_string(i));
    written = i;
  }
  ended = true;
  for (auto& reader : readers) reader.join();
}

}  // namespace
}  // namespace basalt
