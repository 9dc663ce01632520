#include "store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "store/damage_testing.h"
#include "store/store_testing.h"

namespace basalt {
namespace {

void put(Store& store, Column column, std::string_view key, std::string_view value) {
  Batch batch;
  batch.put(column, key, value);
  ASSERT_TRUE(succeeded(store.write(batch, WriteMode::blocking)));
}

/// The value, "(none)" or "(would block)".
std::string get(Store& store, Column column, std::string_view key, const ReadView& view = {}) {
  Value value;
  auto found = store.get(column, key, view, &value);
  if (!found) return found.error().would_block() ? "(would block)" : "(" + describe(found.error()) + ")";
  return *found ? std::string(value.view()) : "(none)";
}

TEST(Store, WhatIsWrittenIsRead) {
  TempStore store;
  for (size_t i = 0; i < kColumnCount; ++i) {
    auto column = static_cast<Column>(i);
    EXPECT_EQ(get(*store, column, "key"), "(none)");
    put(*store, column, "key", std::string("value of ") + std::string(kColumnNames[i]));
    EXPECT_EQ(get(*store, column, "key"), std::string("value of ") + std::string(kColumnNames[i]));
  }
  Batch batch;
  batch.erase(Column::strings, "key");
  batch.put(Column::strings, std::string_view("\0\xff", 2), "");
  ASSERT_TRUE(succeeded(store->write(batch, WriteMode::no_stall)));
  EXPECT_EQ(get(*store, Column::strings, "key"), "(none)");
  EXPECT_EQ(get(*store, Column::strings, std::string_view("\0\xff", 2)), "");
  EXPECT_EQ(get(*store, Column::heads, "key"), "value of heads");
}

TEST(Store, ABatchIsAppliedInOrder) {
  TempStore store;
  Batch batch;
  batch.put(Column::items, "a1", "old");
  batch.put(Column::items, "b1", "kept");
  batch.erase_range(Column::items, "a", "b");
  batch.put(Column::items, "a2", "new");
  batch.put(Column::items, "a2", "newer");
  EXPECT_EQ(batch.count(), 5u);
  ASSERT_TRUE(succeeded(store->write(batch, WriteMode::blocking)));
  EXPECT_EQ(get(*store, Column::items, "a1"), "(none)");
  EXPECT_EQ(get(*store, Column::items, "a2"), "newer");
  EXPECT_EQ(get(*store, Column::items, "b1"), "kept");
  batch.clear();
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch.bytes(), 0u);
}

TEST(Store, ColdDataBlocksTheCacheOnlyReaderUntilItWasRead) {
  TempStore store;
  put(*store, Column::strings, "cold", std::string(100, 'x'));
  const ReadView cache_only{.mode = ReadMode::cache_only};
  EXPECT_EQ(get(*store, Column::strings, "cold", cache_only), std::string(100, 'x')) << "memtables are memory";
  ASSERT_TRUE(succeeded(store->flush_memtables()));
  store.restart();
  EXPECT_EQ(get(*store, Column::strings, "cold", cache_only), "(would block)");
  {
    auto cursor = store->cursor(Column::strings, cache_only, {});
    cursor.seek_to_first();
    EXPECT_FALSE(cursor.valid());
    ASSERT_FALSE(cursor.status());
    EXPECT_TRUE(cursor.status().error().would_block());
  }
  EXPECT_EQ(get(*store, Column::strings, "cold"), std::string(100, 'x'));
  EXPECT_EQ(get(*store, Column::strings, "cold", cache_only), std::string(100, 'x'));
  auto cursor = store->cursor(Column::strings, cache_only, {});
  cursor.seek_to_first();
  EXPECT_TRUE(cursor.valid());
}

TEST(Store, ACursorGivesUpAtItsStepLimit) {
  TempStore store;
  for (int i = 0; i < 10; ++i) put(*store, Column::strings, "k" + std::to_string(i), "v");
  auto cursor = store->cursor(Column::strings, {}, {.step_limit = 4});
  cursor.seek_to_first();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(cursor.valid());
    cursor.next();
  }
  EXPECT_EQ(cursor.key(), "k3") << "one seek and three steps";
  ASSERT_TRUE(succeeded(cursor.status()));
  cursor.next();
  EXPECT_FALSE(cursor.valid());
  ASSERT_FALSE(cursor.status());
  EXPECT_TRUE(cursor.status().error().would_block());
}

TEST(Store, ACacheOnlyCursorDoesNotStepOverManyTombstones) {
  TempStore store;
  Batch batch;
  auto key = [](int i) { return "k" + std::to_string(100'000 + i); };
  for (int i = 0; i < 20'000; ++i) batch.put(Column::items, key(i), "v");
  for (int i = 0; i < 19'000; ++i) batch.erase(Column::items, key(i));
  ASSERT_TRUE(succeeded(store->write(batch, WriteMode::blocking)));
  auto quick = store->cursor(Column::items, {.mode = ReadMode::cache_only}, {});
  quick.seek("k");
  ASSERT_FALSE(quick.valid());
  EXPECT_TRUE(!quick.status() && quick.status().error().would_block());
  quick.seek(key(18'000));
  EXPECT_TRUE(quick.valid()) << "a thousand are few";
  auto patient = store->cursor(Column::items, {}, {});
  patient.seek("k");
  ASSERT_TRUE(patient.valid());
  EXPECT_EQ(patient.key(), key(19'000));
}

TEST(Store, ASnapshotStaysWhereItWasTaken) {
  TempStore store;
  put(*store, Column::heads, "k", "before");
  auto snapshot = store->snapshot();
  put(*store, Column::heads, "k", "after");
  put(*store, Column::heads, "new", "x");
  const ReadView then{.snapshot = &snapshot};
  EXPECT_EQ(get(*store, Column::heads, "k", then), "before");
  EXPECT_EQ(get(*store, Column::heads, "new", then), "(none)");
  EXPECT_EQ(get(*store, Column::heads, "k"), "after");
  auto cursor = store->cursor(Column::heads, then, {});
  cursor.seek_to_first();
  ASSERT_TRUE(cursor.valid());
  EXPECT_EQ(cursor.value(), "before");
  cursor.next();
  EXPECT_FALSE(cursor.valid());
  EXPECT_TRUE(succeeded(cursor.status()));
}

TEST(Store, AValueOutlivesAMove) {
  TempStore store;
  put(*store, Column::strings, "short", "abc");
  put(*store, Column::strings, "long", std::string(1000, 'y'));
  for (bool flushed : {false, true}) {
    if (flushed) {
      ASSERT_TRUE(succeeded(store->flush_memtables()));
    }
    Value a, b;
    ASSERT_TRUE(*store->get(Column::strings, "short", {}, &a));
    ASSERT_TRUE(*store->get(Column::strings, "long", {}, &b));
    Value c = std::move(a);
    EXPECT_EQ(c.view(), "abc");
    c = std::move(b);
    EXPECT_EQ(c.view(), std::string(1000, 'y'));
    ASSERT_TRUE(*store->get(Column::strings, "short", {}, &c));
    EXPECT_EQ(c.view(), "abc");
  }
}

constexpr int kKilledWrites = 1000;

TEST(Store, DISABLED_WriteFlushAndDie) {
  auto store = Store::open({.directory = child_argument(), .memory_budget = 32 << 20});
  ASSERT_TRUE(succeeded(store));
  for (int i = 0; i < kKilledWrites; ++i) {
    Batch batch;
    batch.put(Column::strings, "k" + std::to_string(i), std::to_string(i));
    batch.put(Column::heads, "h" + std::to_string(i), std::to_string(i));
    ASSERT_TRUE(succeeded((*store)->write(batch, WriteMode::no_stall)));
    ASSERT_TRUE((*store)->wal_dirty());
    ASSERT_TRUE(succeeded((*store)->flush_wal()));
    ASSERT_FALSE((*store)->wal_dirty());
  }
  ::kill(::getpid(), SIGKILL);
}

TEST(Store, AKilledProcessKeepsWhatItFlushed) {
  TempDirectory directory;
  ASSERT_EQ(run_in_child("Store.DISABLED_WriteFlushAndDie", directory / "data"), -1) << "killed";
  auto store = Store::open({.directory = directory / "data", .memory_budget = 32 << 20});
  ASSERT_TRUE(succeeded(store));
  EXPECT_FALSE((*store)->recovery().created);
  EXPECT_GT((*store)->recovery().wal_bytes, 0u);
  for (int i = 0; i < kKilledWrites; ++i) {
    ASSERT_EQ(get(**store, Column::strings, "k" + std::to_string(i)), std::to_string(i));
    ASSERT_EQ(get(**store, Column::heads, "h" + std::to_string(i)), std::to_string(i));
  }
}

TEST(Store, ReopenKeepsEverything) {
  TempStore store;
  put(*store, Column::strings, "a", "1");
  ASSERT_TRUE(succeeded(store->reopen()));
  EXPECT_EQ(get(*store, Column::strings, "a"), "1");
  put(*store, Column::strings, "b", "2");
  ASSERT_TRUE(succeeded(store->flush_memtables()));
  ASSERT_TRUE(succeeded(store->reopen()));
  EXPECT_EQ(get(*store, Column::strings, "b"), "2");
}

TEST(Store, ACheckpointOpensAsAStore) {
  TempStore store;
  put(*store, Column::strings, "in a table", "1");
  ASSERT_TRUE(succeeded(store->flush_memtables()));
  put(*store, Column::streams, "in a memtable", "2");
  TempDirectory other;
  const std::string copy = other / "copy";
  ASSERT_TRUE(succeeded(store->checkpoint(copy)));
  put(*store, Column::strings, "later", "3");
  EXPECT_FALSE(store->checkpoint(copy)) << "it exists";
  auto opened = Store::open({.directory = copy, .memory_budget = 32 << 20});
  ASSERT_TRUE(succeeded(opened));
  EXPECT_EQ(get(**opened, Column::strings, "in a table"), "1");
  EXPECT_EQ(get(**opened, Column::streams, "in a memtable"), "2");
  EXPECT_EQ(get(**opened, Column::strings, "later"), "(none)");
}

TEST(Store, ReadOnlyReadsAndRefusesWrites) {
  TempStore store;
  put(*store, Column::strings, "a", "1");
  store.close();
  auto options = store.options;
  options.read_only = true;
  auto opened = Store::open(options);
  ASSERT_TRUE(succeeded(opened));
  EXPECT_EQ(get(**opened, Column::strings, "a"), "1");
  Batch batch;
  batch.put(Column::strings, "b", "2");
  auto written = (*opened)->write(batch, WriteMode::blocking);
  ASSERT_FALSE(written);
  ASSERT_TRUE(written.error().storage());
  EXPECT_EQ(written.error().storage()->cause, StorageError::Cause::read_only) << describe(written.error());
}

TEST(Store, DropsWholeFilesAndMeasures) {
  TempStore store;
  const std::string value(1000, 'v');
  for (int i = 0; i < 2000; ++i) {
    char key[16];
    snprintf(key, sizeof key, "k%06d", i);
    put(*store, Column::items, key, value + std::to_string(i));
  }
  EXPECT_GT(store->approximate_size(Column::items, "k", ""), 100'000u);
  ASSERT_TRUE(succeeded(store->flush_memtables()));
  ASSERT_TRUE(succeeded(store->compact(Column::items, "", "")));
  EXPECT_EQ(store->property(Column::items, "rocksdb.estimate-num-keys"), 2000u);
  EXPECT_EQ(store->property("rocksdb.num-snapshots"), 0u);
  EXPECT_FALSE(store->text_property(Column::items, "rocksdb.stats").empty());
  ASSERT_TRUE(succeeded(store->verify_checksums()));
  ASSERT_TRUE(succeeded(store->drop_files_in_range(Column::items, "k", "l")));
  EXPECT_EQ(get(*store, Column::items, "k000000"), "(none)");
  EXPECT_GT(store->ticker("rocksdb.bytes.written"), 2'000'000u);
  EXPECT_EQ(store->ticker("no such ticker"), 0u);
}

TEST(Store, FiltersAreInOnePieceWhileAllOfThemFitInTheCache) {
  const auto kinds_at = [](uint64_t budget) {
    TempStore store(budget);
    put(*store, Column::strings, "key", "value");
    EXPECT_TRUE(succeeded(store->flush_memtables()));
    return filter_kinds(store);
  };
  EXPECT_THAT(kinds_at(64 << 20), testing::HasSubstr("partitionedfilter."));
#ifndef BASALT_SYSTEM_ROCKSDB
  EXPECT_THAT(kinds_at(1 << 30), testing::Not(testing::HasSubstr("partitionedfilter.")));
#endif
}

TEST(Store, TheMemoryBudgetChangesAtRunTime) {
  TempStore store(64 << 20);
  EXPECT_EQ(store->memory().budget, 64u << 20);
  EXPECT_EQ(store->memory().cache_capacity, 58u << 20);
  store->set_memory_budget(128 << 20);
  EXPECT_EQ(store->memory().budget, 128u << 20);
  EXPECT_EQ(store->memory().cache_capacity, 116u << 20);
  put(*store, Column::strings, "a", "1");
  EXPECT_GT(store->memory().memtables, 0u);
}

TEST(Store, AWriteThatWouldStallWaitsOnlyWhenItMay) {
  TempStore store;
  store.close();
  // Small memtables, and one file in level 0 stops writes until it is compacted away.
  store.options.overrides = {{"write_buffer_size", "65536"},
                             {"level0_file_num_compaction_trigger", "1"},
                             {"level0_slowdown_writes_trigger", "1"},
                             {"level0_stop_writes_trigger", "1"}};
  store.open();
  const std::string value(1000, 'x');
  int refused = 0;
  for (int i = 0; i < 100'000 && refused < 3; ++i) {
    Batch batch;
    const auto key = std::to_string(i);
    batch.put(Column::strings, key, value);
    auto written = store->write(batch, WriteMode::no_stall);
    if (written) continue;
    ASSERT_TRUE(written.error().would_block()) << describe(written.error());
    ++refused;
    EXPECT_EQ(get(*store, Column::strings, key), "(none)") << "nothing was changed";
    ASSERT_TRUE(succeeded(store->write(batch, WriteMode::blocking)));
    EXPECT_EQ(get(*store, Column::strings, key), value);
  }
  EXPECT_EQ(refused, 3);
}

// A compaction can't get past a damaged table: writes and flushes go on as long as they need none, and what waits for
// one is refused. What is whole is read all the time, and opening the store again would not help.
TEST(Store, ADamagedTableStopsWritesOnlyWhenTheyWaitForItsCompaction) {
  TempStore store;
  put(*store, Column::strings, "damaged", std::string(10'000, 'x'));
  ASSERT_TRUE(succeeded(store->flush_memtables()));
  store.close();
  store.options.overrides = {{"write_buffer_size", "65536"},
                             {"level0_file_num_compaction_trigger", "2"},
                             {"level0_slowdown_writes_trigger", "6"},
                             {"level0_stop_writes_trigger", "6"}};
  flip_byte(largest_table(store.path()), 20);
  store.open();
  Batch batch;
  for (const char* key : {"a", "z"}) batch.put(Column::strings, key, std::string(1000, 'y'));
  ASSERT_TRUE(succeeded(store->write(batch, WriteMode::blocking)));
  ASSERT_TRUE(succeeded(store->flush_memtables()));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (store->failures().corruption == 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ASSERT_GT(store->failures().corruption, 0u) << "no compaction met the damage";
  EXPECT_FALSE(store->background_error());
  EXPECT_TRUE(succeeded(store->write(batch, WriteMode::blocking)));
  EXPECT_TRUE(succeeded(store->flush_memtables()));

  std::optional<Error> refusal;
  for (int i = 0; i < 100'000 && !refusal; ++i) {
    if (const auto written = store->write(batch, WriteMode::blocking); !written) refusal = written.error();
  }
  ASSERT_TRUE(refusal && refusal->storage());
  EXPECT_EQ(refusal->storage()->cause, StorageError::Cause::corruption);
  EXPECT_NE(describe(*refusal).find("compaction cannot get past damage"), std::string::npos) << describe(*refusal);
  EXPECT_TRUE(store->background_error());
  EXPECT_TRUE(store->write_stalled());
  EXPECT_FALSE(store->needs_reopen());
  EXPECT_EQ(get(*store, Column::strings, "a"), std::string(1000, 'y'));
}

TEST(Store, MemoryStaysWithinTheBudget) {
  constexpr uint64_t kBudget = 16 << 20;
  TempStore store(kBudget);
  std::mt19937_64 random(1);
  Batch batch;
  uint64_t most = 0;
  for (int i = 0; i < 40'000; ++i) {
    std::string value(1000, '\0');
    for (char& c : value) c = static_cast<char>(random());
    batch.put(i % 2 ? Column::strings : Column::items, std::to_string(random()), value);
    if (i % 50) continue;
    ASSERT_TRUE(succeeded(store->write(batch, WriteMode::blocking)));
    batch.clear();
    const auto memory = store->memory();
    most = std::max({most, memory.cache_usage, memory.memtables});
  }
  // 40 MB went through. Memtables are charged to the cache, so its usage is all of it; a block that
  // is in use may exceed the capacity for a moment.
  EXPECT_LT(most, kBudget * 5 / 4);
  EXPECT_GT(most, kBudget / 16);
}

TEST(Store, WalDirtyUntilACompletedFlush) {
  TempStore store;
  ASSERT_TRUE(succeeded(store->flush_wal()));
  EXPECT_FALSE(store->wal_dirty());
  put(*store, Column::strings, "a", "1");
  EXPECT_TRUE(store->wal_dirty());
  ASSERT_TRUE(succeeded(store->flush_wal()));
  EXPECT_FALSE(store->wal_dirty());
  put(*store, Column::strings, "a", "2");
  ASSERT_TRUE(succeeded(store->sync_wal()));
  EXPECT_FALSE(store->wal_dirty());
}

}  // namespace
}  // namespace basalt
