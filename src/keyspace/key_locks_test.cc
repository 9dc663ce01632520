#include "keyspace/key_locks.h"

#include <gmock/gmock.h>

#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "keyspace/database_gate.h"

namespace basalt {
namespace {

TEST(KeyLocks, KeysOfTwoDatabasesAreDifferentKeys) {
  KeyLocks locks;
  EXPECT_EQ(locks.stripe_of({0, "a"}), locks.stripe_of({0, "a"}));
  int same = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string name = std::to_string(i);
    same += locks.stripe_of({0, name}) == locks.stripe_of({1, name});
  }
  EXPECT_LT(same, 10);
}

TEST(KeyLocks, TheStateTellsWhetherAnybodyWasThere) {
  KeyLocks locks;
  const Key key{0, "a"};
  const auto before = locks.state_of(key);
  EXPECT_TRUE(before.quiet());
  {
    KeyLockSet set(locks);
    set.acquire({&key, 1});
    EXPECT_FALSE(locks.state_of(key).quiet());
  }
  EXPECT_TRUE(locks.state_of(key).quiet());
  EXPECT_FALSE(locks.state_of(key) == before);
}

TEST(KeyLocks, TheSameKeyTwiceIsOneLock) {
  KeyLocks locks;
  KeyLockSet set(locks);
  const Key keys[] = {{0, "a"}, {0, "b"}, {0, "a"}};
  set.acquire(keys);
  EXPECT_TRUE(set.try_add(keys));
  EXPECT_TRUE(set.holds(keys[1]));
  set.release();
  EXPECT_FALSE(set.holds(keys[0]));
  EXPECT_TRUE(set.empty());
}

TEST(KeyLocks, TryAddTakesAllOrNothing) {
  KeyLocks locks;
  KeyLockSet mine(locks);
  KeyLockSet other(locks);
  const Key a{0, "a"}, b{0, "b"}, c{0, "c"};
  ASSERT_NE(locks.stripe_of(a), locks.stripe_of(b));
  other.acquire({&b, 1});
  mine.acquire({&c, 1});
  const Key both[] = {a, b};
  EXPECT_FALSE(mine.try_add(both));
  EXPECT_FALSE(mine.holds(a));
  EXPECT_TRUE(mine.holds(c));
  EXPECT_TRUE(locks.state_of(a).quiet());
  other.release();
  EXPECT_TRUE(mine.try_add(both));
}

TEST(KeyLocks, ManyThreadsLoseNoIncrement) {
  KeyLocks locks(4);  // hardly any stripes: everybody waits for everybody
  constexpr int kThreads = 6, kRounds = 5'000;
  std::vector<uint64_t> counters(8, 0);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      KeyLockSet set(locks);
      for (int i = 0; i < kRounds; ++i) {
        const std::string names[] = {std::to_string(random_below(8)), std::to_string(random_below(8))};
        const Key keys[] = {{0, names[0]}, {0, names[1]}};
        if (t % 2 == 0) set.acquire(keys);
        else {
          while (!set.try_add(keys)) std::this_thread::yield();
        }
        ++counters[names[0][0] - '0'];
        set.release();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  uint64_t sum = 0;
  for (uint64_t counter : counters) sum += counter;
  EXPECT_EQ(sum, uint64_t{kThreads} * kRounds);
}

// Whoever waits gets the key although others, who never sleep, want it all the time.
TEST(KeyLocks, WaitersAreNotStarved) {
  KeyLocks locks;
  const Key hot{0, "hot"};
  std::atomic<bool> over{false};
  std::atomic<int> holders{0}, most{0};
  auto hold = [&] {
    most = std::max(most.load(), ++holders);
    --holders;
  };
  std::vector<std::thread> busy, patient;
  for (int t = 0; t < 2; ++t) {
    busy.emplace_back([&] {
      while (!over) {
        KeyLockSet set(locks);
        if (set.try_add({&hot, 1})) hold();
      }
    });
  }
  for (int t = 0; t < 4; ++t) {
    patient.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        KeyLockSet set(locks);
        set.acquire({&hot, 1});
        hold();
      }
    });
  }
  for (auto& thread : patient) thread.join();
  over = true;
  for (auto& thread : busy) thread.join();
  EXPECT_EQ(most, 1);
  KeyLockSet set(locks);
  EXPECT_TRUE(set.try_add({&hot, 1})) << "nobody is left that others have to stand back for";
}

TEST(DatabaseGate, SharedByManyOrClosedByOne) {
  DatabaseGate gate;
  gate.enter(1);
  EXPECT_TRUE(gate.try_enter(2));
  EXPECT_FALSE(gate.try_close(std::nullopt));
  EXPECT_FALSE(gate.try_close(1)) << "the other share is still there";
  gate.leave(2);
  EXPECT_TRUE(gate.try_close(1)) << "only the closer's own share";
  EXPECT_FALSE(gate.try_enter(3));
  EXPECT_FALSE(gate.try_close(std::nullopt));
  EXPECT_FALSE(gate.close(5)) << "with a share of its own it cannot wait for the other closer";
  gate.open();
  EXPECT_TRUE(gate.try_enter(3));
}

TEST(DatabaseGate, ClosersAndSharersTakeTurns) {
  DatabaseGate gate;
  int value = 0;  // changed only by closers
  std::vector<std::thread> threads;
  std::atomic<bool> torn{false};
  for (uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2'000; ++i) {
        gate.enter(t);
        const int seen = value;
        std::this_thread::yield();
        if (seen != value) torn = true;
        gate.leave(t);
      }
    });
  }
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        ASSERT_TRUE(gate.close(std::nullopt));
        ++value;
        gate.open();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(torn);
  EXPECT_EQ(value, 100);
}

}  // namespace
}  // namespace basalt
