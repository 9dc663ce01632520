// Batches, and reads through them: against a std::map that says what must be seen.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "store/store_testing.h"

namespace basalt {
namespace {

using Model = std::map<std::string, std::string>;

std::string get(Store& store, Batch& pending, std::string_view key) {
  Value value;
  auto found = store.get(Column::items, key, {.pending = &pending}, &value);
  if (!found) return "(" + describe(found.error()) + ")";
  return *found ? std::string(value.view()) : "(none)";
}

std::string forward(Store& store, Batch& pending, const CursorBounds& bounds = {}) {
  std::string seen;
  auto cursor = store.cursor(Column::items, {.pending = &pending}, bounds);
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
    seen += std::string(cursor.key()) + "=" + std::string(cursor.value()) + " ";
  }
  EXPECT_TRUE(succeeded(cursor.status()));
  return seen;
}

std::string backward(Store& store, Batch& pending, const CursorBounds& bounds = {}) {
  std::string seen;
  auto cursor = store.cursor(Column::items, {.pending = &pending}, bounds);
  for (cursor.seek_to_last(); cursor.valid(); cursor.prev()) {
    seen += std::string(cursor.key()) + "=" + std::string(cursor.value()) + " ";
  }
  EXPECT_TRUE(succeeded(cursor.status()));
  return seen;
}

class BatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Batch batch;
    for (const char* key : {"a", "c", "e", "g"}) batch.put(Column::items, key, std::string(key) + "1");
    ASSERT_TRUE(succeeded(store_->write(batch, WriteMode::blocking)));
  }
  TempStore store_;
  Batch batch_;
};

TEST_F(BatchTest, ReadsSeePendingWrites) {
  EXPECT_EQ(get(*store_, batch_, "a"), "a1");
  batch_.put(Column::items, "b", "b2");
  batch_.put(Column::items, "c", "c2");
  batch_.erase(Column::items, "e");
  batch_.put(Column::scores, "e", "another column");
  EXPECT_EQ(get(*store_, batch_, "a"), "a1");
  EXPECT_EQ(get(*store_, batch_, "b"), "b2");
  EXPECT_EQ(get(*store_, batch_, "c"), "c2");
  EXPECT_EQ(get(*store_, batch_, "e"), "(none)");
  EXPECT_EQ(forward(*store_, batch_), "a=a1 b=b2 c=c2 g=g1 ");
  EXPECT_EQ(backward(*store_, batch_), "g=g1 c=c2 b=b2 a=a1 ");
  // Written after the index was made.
  batch_.put(Column::items, "b", "b3");
  batch_.put(Column::items, "e", "e3");
  batch_.erase(Column::items, "g");
  EXPECT_EQ(get(*store_, batch_, "b"), "b3");
  EXPECT_EQ(forward(*store_, batch_), "a=a1 b=b3 c=c2 e=e3 ");
  Batch none;
  EXPECT_EQ(forward(*store_, none), "a=a1 c=c1 e=e1 g=g1 ") << "nothing is applied yet";
  ASSERT_TRUE(succeeded(store_->write(batch_, WriteMode::no_stall)));
  EXPECT_EQ(forward(*store_, none), "a=a1 b=b3 c=c2 e=e3 ");
}

TEST_F(BatchTest, AValueReadFromTheBatchIsACopy) {
  batch_.put(Column::items, "b", "b2");
  Value value;
  ASSERT_TRUE(*store_->get(Column::items, "b", {.pending = &batch_}, &value));
  batch_.clear();
  for (int i = 0; i < 100; ++i) batch_.put(Column::items, "x", "overwritten");
  EXPECT_EQ(value.view(), "b2");
}

TEST_F(BatchTest, BoundsHoldForPendingWritesToo) {
  for (const char* key : {"b", "c", "d", "f", "h"}) batch_.put(Column::items, key, "2");
  EXPECT_EQ(forward(*store_, batch_, {.lower = "c", .upper = "f"}), "c=2 d=2 e=e1 ");
  EXPECT_EQ(backward(*store_, batch_, {.lower = "c", .upper = "f"}), "e=e1 d=2 c=2 ");
  EXPECT_EQ(forward(*store_, batch_, {.lower = "f"}), "f=2 g=g1 h=2 ");
  EXPECT_EQ(backward(*store_, batch_, {.upper = "c"}), "b=2 a=a1 ");
  auto cursor = store_->cursor(Column::items, {.pending = &batch_}, {.lower = "c", .upper = "f"});
  cursor.seek("a");
  ASSERT_TRUE(cursor.valid());
  EXPECT_EQ(cursor.key(), "c");
  cursor.seek_for_prev("z");
  ASSERT_TRUE(cursor.valid());
  EXPECT_EQ(cursor.key(), "e");
  cursor.seek("f");
  EXPECT_FALSE(cursor.valid());
  cursor.seek_for_prev("b");
  EXPECT_FALSE(cursor.valid());
}

TEST_F(BatchTest, ErasedRangesAreAppliedInPlace) {
  batch_.put(Column::items, "c", "c2");
  EXPECT_EQ(get(*store_, batch_, "c"), "c2");
  batch_.erase_range(Column::items, "b", "f");
  batch_.put(Column::items, "d", "d2");
  EXPECT_EQ(get(*store_, batch_, "d"), "d2");
  ASSERT_TRUE(succeeded(store_->write(batch_, WriteMode::blocking)));
  Batch none;
  EXPECT_EQ(forward(*store_, none), "a=a1 d=d2 g=g1 ");
}

TEST_F(BatchTest, RollBackForgetsWhatFollowedSave) {
  batch_.put(Column::items, "a", "a2");
  batch_.save();
  EXPECT_EQ(batch_.count(), 1u);
  batch_.put(Column::items, "a", "a3");
  batch_.erase(Column::items, "c");
  batch_.erase_range(Column::items, "e", "z");
  batch_.roll_back();
  EXPECT_EQ(batch_.count(), 1u);
  EXPECT_EQ(get(*store_, batch_, "a"), "a2");
  batch_.put(Column::items, "a", "a4");
  EXPECT_EQ(get(*store_, batch_, "a"), "a4");
  batch_.roll_back();
  EXPECT_EQ(get(*store_, batch_, "a"), "a2") << "the index forgets too";
  batch_.put(Column::items, "b", "b2");
  EXPECT_EQ(forward(*store_, batch_), "a=a2 b=b2 c=c1 e=e1 g=g1 ");
  ASSERT_TRUE(succeeded(store_->write(batch_, WriteMode::blocking)));
  Batch none;
  EXPECT_EQ(forward(*store_, none), "a=a2 b=b2 c=c1 e=e1 g=g1 ");
  batch_.clear();
  batch_.put(Column::items, "z", "z");
  batch_.roll_back();
  EXPECT_TRUE(batch_.empty()) << "clear forgets the save";
}

TEST_F(BatchTest, AWrittenBatchCanBeWrittenAgainAndMoved) {
  batch_.put(Column::items, "n", "1");
  ASSERT_TRUE(succeeded(store_->write(batch_, WriteMode::no_stall)));
  Batch moved = std::move(batch_);
  EXPECT_EQ(moved.count(), 1u);
  ASSERT_TRUE(succeeded(store_->write(moved, WriteMode::blocking)));
  moved.clear();
  ASSERT_TRUE(succeeded(store_->write(moved, WriteMode::blocking))) << "an empty batch changes nothing";
}

TEST_F(BatchTest, BigBatchesAreAppliedWhole) {
  for (int i = 0; i < 20'000; ++i) batch_.put(Column::heads, "k" + std::to_string(i), std::string(100, 'x'));
  EXPECT_GT(batch_.bytes(), 2'000'000u);
  ASSERT_TRUE(succeeded(store_->write(batch_, WriteMode::blocking)));
  batch_.clear();
  EXPECT_EQ(batch_.bytes(), 0u);
  Value value;
  EXPECT_TRUE(*store_->get(Column::heads, "k19999", {}, &value));
}

// Random writes, saves, roll-backs, commits and cursor steps; the model is a map.
class RandomBatchTest : public ::testing::Test {
 protected:
  RandomBatchTest() {
    const char* given = std::getenv("BASALT_TEST_SEED");
    seed_ = given ? std::strtoull(given, nullptr, 10) : std::random_device()();
    random_.seed(seed_);
  }
  ~RandomBatchTest() override {
    if (HasFailure()) std::fprintf(stderr, "BASALT_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed_));
  }
  uint64_t below(uint64_t n) { return random_() % n; }
  std::string key() { return std::string(1, static_cast<char>('a' + below(20))); }

  void write_something() {
    const auto k = key();
    if (below(3)) {
      const auto v = std::to_string(++version_);
      batch_.put(Column::items, k, v);
      pending_[k] = v;
    } else {
      batch_.erase(Column::items, k);
      pending_.erase(k);
    }
  }

  void walk() {
    const std::string a = key(), b = key();
    CursorBounds bounds;
    if (below(2)) bounds.lower = std::min(a, b);
    if (below(2)) bounds.upper = std::max(a, b);
    Model visible;
    for (const auto& [k, v] : pending_) {
      if (k >= bounds.lower && (bounds.upper.empty() || k < bounds.upper)) visible[k] = v;
    }
    auto cursor = store_->cursor(Column::items, {.pending = &batch_}, bounds);
    auto at = visible.end();
    for (int step = 0; step < 30; ++step) {
      const auto target = key();
      if (at == visible.end() || below(4) == 0) {
        switch (below(4)) {
          case 0:
            cursor.seek_to_first();
            at = visible.begin();
            break;
          case 1:
            cursor.seek_to_last();
            at = visible.empty() ? visible.end() : std::prev(visible.end());
            break;
          case 2:
            cursor.seek(target);
            at = visible.lower_bound(target);
            break;
          case 3:
            cursor.seek_for_prev(target);
            at = visible.upper_bound(target);
            at = at == visible.begin() ? visible.end() : std::prev(at);
            break;
        }
      } else if (below(2)) {
        cursor.next();
        ++at;
      } else {
        cursor.prev();
        at = at == visible.begin() ? visible.end() : std::prev(at);
      }
      ASSERT_EQ(cursor.valid(), at != visible.end()) << "[" << bounds.lower << "," << bounds.upper << ") " << target;
      if (at == visible.end()) continue;
      ASSERT_EQ(cursor.key(), at->first);
      ASSERT_EQ(cursor.value(), at->second);
    }
  }

  uint64_t seed_;
  std::mt19937_64 random_;
  TempStore store_;
  Batch batch_;
  Model committed_, saved_, pending_;
  int version_ = 0;
};

TEST_F(RandomBatchTest, BehavesAsAMap) {
  for (int i = 0; i < 4000 && !HasFatalFailure(); ++i) {
    switch (below(10)) {
      case 0:
        batch_.save();
        saved_ = pending_;
        break;
      case 1:
        batch_.roll_back();
        pending_ = saved_;
        break;
      case 2:
        ASSERT_TRUE(succeeded(store_->write(batch_, WriteMode::no_stall)));
        batch_.clear();
        committed_ = saved_ = pending_;
        // Tables and memtables alike.
        if (below(50) == 0) {
          ASSERT_TRUE(succeeded(store_->flush_memtables()));
        }
        break;
      case 3: walk(); break;
      case 4: {
        const auto k = key();
        auto found = pending_.find(k);
        ASSERT_EQ(get(*store_, batch_, k), found == pending_.end() ? "(none)" : found->second);
        break;
      }
      default: write_something();
    }
  }
}

}  // namespace
}  // namespace basalt
