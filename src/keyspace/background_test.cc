// Expiry, garbage, purges, counts: each called directly, and all together on the background thread.
#include <gmock/gmock.h>

#include <chrono>
#include <set>
#include <thread>

#include "keyspace/keyspace_testing.h"
#include "keyspace/object_ids.h"
#include "layout/system_record.h"

namespace basalt {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr uint64_t kAll = UINT64_MAX;
constexpr int64_t kGrace = 10'000;

std::string nth(int i) { return "key:" + std::to_string(i); }

// ---- expiry ----

TEST(Expiry, RemovesWhatIsDueWithItsEventAndNothingElse) {
  TempKeyspace keyspace;
  Recorder recorder;
  const int64_t now = keyspace.clock.now_ms();
  keyspace.set({0, "string"}, "v", now + 10);
  keyspace.set_packed({1, "packed"}, Type::hash, "b", now + 10);
  keyspace.set_spread({2, "spread"}, 3, now + 10);
  keyspace.set({0, "later"}, "v", now + 1'000);
  keyspace.set({0, "never"}, "v");
  keyspace->set_observer(&recorder);
  EXPECT_EQ(*keyspace->expire_due(kAll), 0u);
  keyspace.clock.advance_ms(10);
  EXPECT_EQ(*keyspace->expire_due(kAll), 0u) << "a key lives through its last millisecond";
  keyspace.clock.advance_ms(1);
  EXPECT_EQ(*keyspace->expire_due(kAll), 3u);
  EXPECT_THAT(recorder.seen, UnorderedElementsAre("expired 0:string", "expired 1:packed", "expired 2:spread"));
  EXPECT_EQ(keyspace.rows(Column::strings), 2u);
  EXPECT_EQ(keyspace.rows(Column::heads), 0u);
  EXPECT_EQ(keyspace.rows(Column::expiry), 1u);
  EXPECT_EQ(keyspace->stats().garbage_pending, 1u);
  EXPECT_EQ(keyspace->stats().expired_keys, 3u);
  EXPECT_EQ(keyspace->stats().expired_stale_rows, 0u);
  EXPECT_FALSE(keyspace.store->wal_dirty()) << "what was removed is not only in the process's own buffer";
}

TEST(Expiry, StaleRowsGoWithoutTheirKeys) {
  TempKeyspace keyspace;
  Recorder recorder;
  const int64_t now = keyspace.clock.now_ms();
  keyspace.set({0, "overwritten"}, "v", now + 10);
  keyspace.set({0, "overwritten"}, "w");
  keyspace.set({0, "prolonged"}, "v", now + 10);
  keyspace.set({0, "prolonged"}, "w", now + 1'000);
  keyspace.set({1, "flushed"}, "v", now + 10);
  {
    Txn txn(*keyspace, Access::blocking);
    ASSERT_TRUE(succeeded(txn.flush_database(1)));
    ASSERT_TRUE(succeeded(txn.commit()));
  }
  EXPECT_EQ(keyspace.rows(Column::expiry), 4u);
  keyspace->set_observer(&recorder);
  keyspace.clock.advance_ms(11);
  EXPECT_EQ(*keyspace->expire_due(kAll), 0u);
  EXPECT_EQ(keyspace->stats().expired_stale_rows, 3u);
  EXPECT_EQ(keyspace.rows(Column::expiry), 1u);
  EXPECT_EQ(keyspace.get({0, "overwritten"}), "w");
  EXPECT_EQ(keyspace.get({0, "prolonged"}), "w");
  EXPECT_THAT(recorder.seen, IsEmpty());
}

TEST(Expiry, SwappedDatabasesExpireUnderTheirNewNumbers) {
  TempKeyspace keyspace;
  Recorder recorder;
  keyspace.set({0, "a"}, "v", keyspace.clock.now_ms() + 10);
  {
    Txn txn(*keyspace, Access::blocking);
    ASSERT_TRUE(succeeded(txn.swap_databases(0, 5)));
    ASSERT_TRUE(succeeded(txn.commit()));
  }
  keyspace->set_observer(&recorder);
  keyspace.clock.advance_ms(11);
  EXPECT_EQ(*keyspace->expire_due(kAll), 1u);
  EXPECT_THAT(recorder.seen, ElementsAre("expired 5:a"));
}

TEST(Expiry, StopsAtItsLimitAndGoesOnFromThere) {
  TempKeyspace keyspace;
  const int64_t now = keyspace.clock.now_ms();
  for (int i = 0; i < 100; ++i) keyspace.set({0, nth(i)}, "v", now + 10 + i % 3);
  keyspace.clock.advance_ms(1'000);
  EXPECT_EQ(*keyspace->expire_due(30), 30u);
  EXPECT_GE(keyspace->stats().expiry_lag_ms, 988);
  EXPECT_EQ(*keyspace->expire_due(30), 30u);
  EXPECT_EQ(*keyspace->expire_due(kAll), 40u);
  EXPECT_EQ(keyspace->stats().expiry_lag_ms, 0);
  EXPECT_EQ(keyspace.rows(Column::expiry), 0u);
}

TEST(Expiry, FindsRowsWrittenBehindItsBound) {
  TempKeyspace keyspace;
  keyspace.clock.advance_ms(1'000);
  EXPECT_EQ(*keyspace->expire_due(kAll), 0u);
  keyspace.set({0, "late"}, "v", keyspace.clock.now_ms() - 500);
  EXPECT_EQ(*keyspace->expire_due(kAll), 1u) << "a restored dump may be past its time already";
}

TEST(Expiry, OneDamagedRecordKeepsNobodyElseAlive) {
  TempKeyspace keyspace;
  const int64_t at = keyspace.clock.now_ms() + 10;
  for (int i = 0; i < 40; ++i) keyspace.set({0, nth(i)}, "v", at);
  Batch batch;
  batch.put(Column::strings, layout::record_key(0, nth(7)), "\xff");
  batch.put(Column::expiry, "damaged", "");
  ASSERT_TRUE(succeeded(keyspace.store->write(batch, WriteMode::blocking)));
  keyspace.clock.advance_ms(11);
  EXPECT_EQ(*keyspace->expire_due(kAll), 39u);
}

TEST(Expiry, HashFieldsAreTheHashTypesToRemove) {
  TempKeyspace keyspace;
  const int64_t now = keyspace.clock.now_ms();
  Head hash{.type = Type::hash, .encoding = Encoding::packed, .size = 2, .body = "two fields"};
  hash.next_field_expiry_ms = now + 10;
  keyspace.put({0, "h"}, hash);
  keyspace.set({0, "s"}, "v", now + 10);
  keyspace.clock.advance_ms(11);
  EXPECT_EQ(*keyspace->expire_due(kAll), 1u) << "without the hash type only the string goes";
  EXPECT_EQ(keyspace.rows(Column::expiry), 1u);

  keyspace.restart();  // walks from the beginning
  Recorder recorder;
  keyspace->set_observer(&recorder);
  keyspace->set_field_expirer([&](Txn& txn, Key key, Record record) -> Result<bool> {
    EXPECT_EQ(record.head.body, "two fields");
    Head rest = record.head;
    rest.next_field_expiry_ms = 0;
    rest.body = "one field";
    txn.put(key, rest, &record);
    txn.touch(key, EventClass::hash, "hexpired");
    return false;
  });
  EXPECT_EQ(*keyspace->expire_due(kAll), 0u);
  EXPECT_EQ(keyspace.get({0, "h"}), "one field");
  EXPECT_EQ(keyspace.rows(Column::expiry), 0u);
  EXPECT_THAT(recorder.seen, ElementsAre("hexpired 0:h"));
}

TEST(Expiry, AHashWithManyDueFieldsIsDoneInSteps) {
  TempKeyspace keyspace;
  const int64_t now = keyspace.clock.now_ms();
  Head hash{.type = Type::hash, .encoding = Encoding::packed, .size = 5, .body = "fields"};
  hash.next_field_expiry_ms = now + 10;
  keyspace.put({0, "h"}, hash);
  keyspace->set_field_expirer([&](Txn& txn, Key key, Record record) -> Result<bool> {
    Head rest = record.head;
    --rest.size;
    rest.next_field_expiry_ms = rest.size == 1 ? 0 : rest.next_field_expiry_ms + rest.size % 2;
    txn.put(key, rest, &record);
    return rest.size > 1;
  });
  keyspace.clock.advance_ms(100);
  EXPECT_EQ(*keyspace->expire_due(kAll), 0u);
  Txn txn(*keyspace, Access::blocking);
  EXPECT_EQ((*txn.find({0, "h"}))->head.size, 1u);
  EXPECT_EQ(keyspace.rows(Column::expiry), 0u);
  EXPECT_EQ(keyspace->stats().expiry_lag_ms, 0);
}

TEST(Expiry, AFieldExpirerThatFailsLeavesNothingHalfDone) {
  TempKeyspace keyspace;
  Head hash{.type = Type::hash, .encoding = Encoding::packed, .size = 2, .body = "two fields"};
  hash.next_field_expiry_ms = keyspace.clock.now_ms() + 10;
  keyspace.put({0, "h"}, hash);
  keyspace.set({0, "s"}, "v", keyspace.clock.now_ms() + 10);
  keyspace->set_field_expirer([&](Txn& txn, Key key, Record record) -> Result<bool> {
    txn.erase(key, record);
    return tl::unexpected<Error>(StorageError{StorageError::Cause::corruption, "a damaged field"});
  });
  keyspace.clock.advance_ms(11);
  EXPECT_EQ(*keyspace->expire_due(kAll), 1u);
  EXPECT_EQ(keyspace.get({0, "h"}), "two fields");
}

TEST(Expiry, AtTheSameTimeAsWriters) {
  TempKeyspace keyspace;
  constexpr int kKeys = 20;
  std::atomic<bool> stop{false};
  std::thread expirer([&] {
    while (!stop) {
      keyspace.clock.advance_ms(1);
      ASSERT_TRUE(succeeded(keyspace->expire_due(kAll)));
    }
  });
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = nth(i % kKeys);
    keyspace.set({0, name}, "v", i % 3 == 0 ? 0 : keyspace.clock.now_ms() + 1 + i % 3);
    if (i % 3 != 0) continue;
    ASSERT_EQ(keyspace.get({0, name}), "v") << "a key without expiry never leaves";
  }
  stop = true;
  expirer.join();
  keyspace.clock.advance_ms(10);
  ASSERT_TRUE(succeeded(keyspace->expire_due(kAll)));
  EXPECT_EQ(keyspace.rows(Column::expiry), 0u) << "no row is left behind";
}

// ---- garbage ----

TEST(Garbage, ItemsGoAfterTheGracePeriod) {
  TempKeyspace keyspace;
  keyspace.set_spread({0, "a"}, 100);
  keyspace.set_spread({0, "b"}, 50);
  keyspace.erase({0, "a"});
  EXPECT_EQ(*keyspace->collect_garbage(kAll), 0u);
  keyspace.clock.advance_ms(kGrace - 1);
  EXPECT_EQ(*keyspace->collect_garbage(kAll), 0u);
  EXPECT_EQ(keyspace.rows(Column::items), 150u);
  keyspace.clock.advance_ms(1);
  EXPECT_EQ(*keyspace->collect_garbage(kAll), 1u);
  EXPECT_EQ(keyspace.rows(Column::items), 50u) << "the living one keeps its items";
  EXPECT_EQ(keyspace.rows(Column::system, layout::garbage_prefix()), 0u);
  EXPECT_EQ(keyspace->stats().garbage_pending, 0u);
  EXPECT_EQ(keyspace->stats().garbage_collected, 1u);
}

TEST(Garbage, EveryColumnOfATypeIsCleared) {
  TempKeyspace keyspace;
  auto make = [&](Key key, Type type, std::vector<Column> columns) {
    keyspace.write(key, [&](Txn& txn) {
      const ObjectId object = txn.new_object(key);
      for (Column column : columns) txn.put_item(column, layout::member_key(object, "x"), "");
      txn.put(key, {.type = type, .encoding = Encoding::spread, .size = 1, .object = object}, nullptr);
    });
    keyspace.erase(key);
  };
  make({0, "zset"}, Type::zset, {Column::items, Column::scores});
  make({0, "hash"}, Type::hash, {Column::items, Column::scores});
  make({0, "list"}, Type::list, {Column::items});
  make({0, "string"}, Type::string, {Column::items});
  make({0, "stream"}, Type::stream, {Column::streams});
  keyspace.clock.advance_ms(kGrace);
  EXPECT_EQ(*keyspace->collect_garbage(kAll), 5u);
  for (Column column : {Column::items, Column::scores, Column::streams}) EXPECT_EQ(keyspace.rows(column), 0u);
}

TEST(Garbage, LargeOnesGoInOnePiece) {
  TempKeyspace keyspace;
  keyspace.set_spread({0, "large"}, 10'500);
  keyspace.set_spread({0, "small"}, 10);
  keyspace.erase({0, "large"});
  // A size that isn't true (it is only a hint): more items than a tombstone each is good for.
  const ObjectId object = keyspace.set_spread({0, "lies"}, 10'500);
  keyspace.put({0, "lies"}, {.type = Type::set, .encoding = Encoding::spread, .size = 1, .object = object});
  keyspace.erase({0, "lies"});
  keyspace.clock.advance_ms(kGrace);
  EXPECT_EQ(*keyspace->collect_garbage(kAll), 2u);
  EXPECT_EQ(keyspace.rows(Column::items), 10u);
}

TEST(Garbage, GoesOnWhereItStoppedAlsoAfterARestart) {
  TempKeyspace keyspace;
  for (int i = 0; i < 10; ++i) {
    keyspace.set_spread({0, nth(i)}, 300);
    keyspace.erase({0, nth(i)});
  }
  keyspace.clock.advance_ms(kGrace);
  EXPECT_EQ(*keyspace->collect_garbage(3), 3u);
  EXPECT_EQ(*keyspace->collect_garbage(3), 3u);
  EXPECT_EQ(keyspace->stats().garbage_pending, 4u);
  keyspace.restart();
  EXPECT_EQ(keyspace->stats().garbage_pending, 4u);
  EXPECT_EQ(*keyspace->collect_garbage(kAll), 4u);
  EXPECT_EQ(keyspace.rows(Column::items), 0u);
}

TEST(Garbage, AReaderThatFoundTheCollectionBeforeFinishes) {
  TempKeyspace keyspace;
  const ObjectId object = keyspace.set_spread({0, "a"}, 10);
  Txn reader(*keyspace, Access::blocking);
  reader.freeze();
  ASSERT_TRUE(*reader.exists({0, "a"}));
  keyspace.erase({0, "a"});
  keyspace.clock.advance_ms(kGrace);
  EXPECT_EQ(*keyspace->collect_garbage(kAll), 1u);
  Value value;
  EXPECT_TRUE(*reader.get(Column::items, layout::member_key(object, "5"), &value));
}

// ---- purges ----

void flush(TempKeyspace& keyspace, uint16_t db) {
  Txn txn(*keyspace, Access::blocking);
  ASSERT_TRUE(succeeded(txn.flush_database(db)));
  ASSERT_TRUE(succeeded(txn.commit()));
}

TEST(Purge, RemovesAFlushedDatabaseAndOnlyThat) {
  for (int keys : {5, 2'000}) {
    SCOPED_TRACE(keys);
    TempKeyspace keyspace;
    for (int i = 0; i < keys; ++i) keyspace.set({0, nth(i)}, "v");
    keyspace.set_spread({0, "spread"}, 10);
    keyspace.set_packed({0, "packed"}, Type::hash, "b");
    keyspace.set({1, "other"}, "v");
    keyspace.set_spread({1, "other spread"}, 10);
    ASSERT_TRUE(succeeded(keyspace.store->flush_memtables()));
    flush(keyspace, 0);
    keyspace.set({0, "new"}, "v");
    EXPECT_EQ(*keyspace->purge_dropped_databases(), 0u) << "not within the grace period";
    keyspace.clock.advance_ms(kGrace);
    EXPECT_EQ(*keyspace->purge_dropped_databases(), 1u);
    EXPECT_EQ(keyspace->stats().purges_pending, 0u);
    EXPECT_EQ(keyspace.rows(Column::system, layout::purge_prefix()), 0u);
    EXPECT_EQ(keyspace.rows(Column::strings), 2u);
    EXPECT_EQ(keyspace.rows(Column::heads), 1u);
    EXPECT_EQ(keyspace.rows(Column::items), 10u);
    EXPECT_EQ(keyspace.get({0, "new"}), "v");
    EXPECT_EQ(keyspace.get({1, "other"}), "v");
  }
}

TEST(Purge, SurvivesARestart) {
  TempKeyspace keyspace;
  keyspace.set({0, "a"}, "v");
  flush(keyspace, 0);
  keyspace.restart();
  EXPECT_EQ(keyspace->stats().purges_pending, 1u);
  keyspace.clock.advance_ms(kGrace);
  EXPECT_EQ(*keyspace->purge_dropped_databases(), 1u);
  EXPECT_EQ(keyspace.rows(Column::strings), 0u);
}

TEST(Purge, RangesComeBackOnlyWhenTheyAreClean) {
  // The search for a fresh range comes to the last one, and begins again at the first.
  TempStore store;
  ManualClock clock(1);
  Batch batch;
  batch.put(Column::system, layout::database_map_key(), layout::encode_database_map({{0, 3}, 65'000}));
  for (DbId id : {1, 2, 5}) batch.put(Column::system, layout::purge_key(id), layout::encode_purge(1));
  ASSERT_TRUE(succeeded(store->write(batch, WriteMode::blocking)));
  auto keyspace = *Keyspace::open(*store, clock, {.databases = 2});
  std::set<DbId> unclean = {1, 2, 5};
  for (int i = 0; i < 1'200; ++i) {
    Txn txn(*keyspace, Access::blocking);
    const Key key{0, "k"};
    ASSERT_TRUE(succeeded(txn.lock({&key, 1})));
    ASSERT_FALSE(*txn.exists(key)) << i;
    ASSERT_TRUE(unclean.insert(txn.db_id(0)).second) << "given out twice: " << txn.db_id(0);
    ASSERT_NE(txn.db_id(0), txn.db_id(1));
    ASSERT_LT(txn.db_id(0), 65'535);
    ASSERT_TRUE(succeeded(txn.put_string_blind(key, "v", 0)));
    ASSERT_TRUE(succeeded(txn.flush_database(0)));
    ASSERT_TRUE(succeeded(txn.commit()));
    if (i % 500 != 499) continue;
    clock.advance_ms(kGrace);
    ASSERT_EQ(*keyspace->purge_dropped_databases(), unclean.size());
    unclean.clear();
  }
}

TEST(Purge, WithoutACleanRangeAFlushIsRefused) {
  TempStore store;
  ManualClock clock(1);
  Batch batch;
  for (int id = 0; id < 65'535; ++id) {
    if (id != 7) batch.put(Column::system, layout::purge_key(static_cast<DbId>(id)), layout::encode_purge(0));
  }
  ASSERT_TRUE(succeeded(store->write(batch, WriteMode::blocking)));
  batch.clear();
  batch.put(Column::system, layout::database_map_key(), layout::encode_database_map({{7}, 0}));
  ASSERT_TRUE(succeeded(store->write(batch, WriteMode::blocking)));
  auto keyspace = *Keyspace::open(*store, clock, {.databases = 1});
  Txn txn(*keyspace, Access::blocking);
  const Key key{0, "k"};
  ASSERT_TRUE(succeeded(txn.lock({&key, 1})));
  ASSERT_TRUE(succeeded(txn.put_string_blind(key, "v", 0)));
  auto flushed = txn.flush_database(0);
  ASSERT_FALSE(flushed);
  EXPECT_THAT(describe(flushed.error()), ::testing::HasSubstr("still being purged"));
}

// ---- object ids ----

TEST(ObjectIds, TheMarkStaysAheadOfEveryIdEvenWhenItIsNotMovedInTime) {
  TempStore store;
  ObjectIds ids;
  ASSERT_TRUE(succeeded(ids.load(*store)));
  uint64_t last = 0;
  for (uint64_t i = 0; i < 3 * ObjectIds::kBlock; ++i) last = ids.take();
  ASSERT_TRUE(succeeded(ids.cover(*store, last, WriteMode::no_stall)));
  ObjectIds after_crash;
  ASSERT_TRUE(succeeded(after_crash.load(*store)));
  EXPECT_GT(after_crash.take(), last);
}

TEST(ObjectIds, ADamagedMarkIsAnError) {
  TempStore store;
  Batch batch;
  batch.put(Column::system, layout::object_counter_key(), "short");
  ASSERT_TRUE(succeeded(store->write(batch, WriteMode::blocking)));
  ManualClock clock(1);
  auto opened = Keyspace::open(*store, clock, {});
  ASSERT_FALSE(opened);
  EXPECT_THAT(describe(opened.error()), ::testing::HasSubstr("object counter"));
}

// ---- counts ----

TEST(Counts, ExactForSmallDatabases) {
  TempKeyspace keyspace;
  const int64_t now = keyspace.clock.now_ms();
  for (int i = 0; i < 10; ++i) keyspace.set({0, nth(i)}, "v");
  keyspace.set({0, "ttl 1"}, "v", now + 1'000);
  keyspace.set_packed({0, "ttl 3"}, Type::set, "b", now + 3'000);
  keyspace.set({0, "gone"}, "v", now + 1);
  keyspace.set({1, "other"}, "v");
  keyspace.clock.advance_ms(2);
  Txn txn(*keyspace, Access::blocking);
  const auto count = *keyspace->count_keys(txn, 0);
  // With the one that has expired and is still there.
  EXPECT_EQ(count.keys, 13u);
  EXPECT_EQ(count.expires, 3u);
  EXPECT_EQ(count.average_ttl_ms, 1'998);
  EXPECT_TRUE(count.exact);
  EXPECT_EQ((*keyspace->count_keys(txn, 1)).keys, 1u);
  EXPECT_EQ((*keyspace->count_keys(txn, 2)).keys, 0u);
}

TEST(Counts, LargeDatabasesAreCountedInTheBackground) {
  TempKeyspace keyspace;
  constexpr uint64_t kKeys = Keyspace::kExactCountLimit + 5'000;
  Batch batch;
  for (uint64_t i = 0; i < kKeys; ++i) {
    batch.put(Column::strings, layout::record_key(0, nth(static_cast<int>(i))), std::string_view("\0v", 2));
  }
  ASSERT_TRUE(succeeded(keyspace.store->write(batch, WriteMode::blocking)));
  EXPECT_FALSE(keyspace->last_count(0));
  Txn txn(*keyspace, Access::blocking);
  auto count = *keyspace->count_keys(txn, 0);
  EXPECT_FALSE(count.exact);
  EXPECT_GT(count.keys, Keyspace::kExactCountLimit);
  ASSERT_TRUE(succeeded(keyspace->refresh_counts()));
  EXPECT_EQ(keyspace->last_count(0)->keys, kKeys);
  keyspace.clock.advance_ms(3'000);
  count = *keyspace->count_keys(txn, 0);
  EXPECT_EQ(count.keys, kKeys);
  EXPECT_EQ(count.age_ms, 3'000);
  EXPECT_FALSE(count.exact);
}

// ---- all together ----

TEST(Background, TheThreadDoesItAllAndStopsPromptly) {
  TempKeyspace keyspace({.garbage_grace_ms = 0});
  keyspace.set({0, "a"}, "v", keyspace.clock.now_ms() + 1);
  keyspace.set_spread({0, "b"}, 10);
  keyspace.erase({0, "b"});
  keyspace.set({1, "c"}, "v");
  flush(keyspace, 1);
  keyspace.clock.advance_ms(2);
  keyspace->start();
  const auto begin = std::chrono::steady_clock::now();
  auto done = [&] {
    const auto stats = keyspace->stats();
    return stats.expired_keys == 1 && stats.garbage_collected == 1 && stats.purges_pending == 0 &&
           keyspace->last_count(0);
  };
  while (!done() && std::chrono::steady_clock::now() - begin < std::chrono::seconds(10)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(done());
  keyspace->set_active_expire(false);
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  keyspace.set({0, "stays"}, "v", keyspace.clock.now_ms() + 1);
  keyspace.clock.advance_ms(2);
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
  EXPECT_EQ(keyspace->stats().expired_keys, 1u);
  const auto stop = std::chrono::steady_clock::now();
  keyspace->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - stop, std::chrono::seconds(1));
  keyspace->start();  // and can be started again
  keyspace->stop();
}

TEST(Keyspace, ReloadReadsEverythingAgain) {
  TempKeyspace keyspace;
  keyspace.set({0, "a"}, "v");
  const ObjectId before = keyspace.set_spread({0, "b"}, 1);
  ASSERT_TRUE(succeeded(keyspace.store->reopen()));
  ASSERT_TRUE(succeeded(keyspace->reload()));
  EXPECT_EQ(keyspace.get({0, "a"}), "v");
  EXPECT_GT(keyspace.set_spread({0, "c"}, 1), before);
}

}  // namespace
}  // namespace basalt
