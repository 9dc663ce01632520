#include <gmock/gmock.h>

#include <thread>

#include "keyspace/keyspace_testing.h"
#include "layout/system_record.h"

namespace basalt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Key kA{0, "a"};
constexpr Key kB{0, "b"};

std::string error_of(const auto& result) { return result ? "(none)" : describe(result.error()); }

// ---- records ----

TEST(Txn, AStringIsWrittenBlindAndFound) {
  TempKeyspace keyspace;
  EXPECT_EQ(keyspace.get(kA), "(none)");
  keyspace.set(kA, "1");
  EXPECT_EQ(keyspace.get(kA), "1");
  EXPECT_EQ(keyspace.get({1, "a"}), "(none)") << "another database";
  keyspace.restart();
  EXPECT_EQ(keyspace.get(kA), "1");
  keyspace.set(kA, "");
  EXPECT_EQ(keyspace.get(kA), "");
  keyspace.erase(kA);
  EXPECT_EQ(keyspace.get(kA), "(none)");
  EXPECT_EQ(keyspace.rows(Column::strings), 0u);
}

TEST(Txn, FindTellsAboutTheWrongType) {
  TempKeyspace keyspace;
  keyspace.set(kA, "1");
  keyspace.set_packed(kB, Type::hash, "body");
  Txn txn(*keyspace, Access::blocking);
  EXPECT_THAT(error_of(txn.find(kA, Type::hash)), HasSubstr("WRONGTYPE"));
  EXPECT_THAT(error_of(txn.find(kB, Type::string)), HasSubstr("WRONGTYPE"));
  EXPECT_THAT(error_of(txn.find(kB, Type::set)), HasSubstr("WRONGTYPE"));
  EXPECT_TRUE((*txn.find(kB, Type::hash)).has_value());
  EXPECT_TRUE((*txn.find(kA, Type::string)).has_value());
  EXPECT_FALSE((*txn.find({0, "none"}, Type::hash)).has_value());
  EXPECT_TRUE(*txn.exists(kB));
  EXPECT_FALSE(*txn.exists({0, "none"}));
}

TEST(Txn, AKeyHasOneRecordWhateverReplacesWhat) {
  TempKeyspace keyspace;
  keyspace.set_packed(kA, Type::set, "packed");
  keyspace.set(kA, "string");
  EXPECT_EQ(keyspace.get(kA), "string");
  EXPECT_EQ(keyspace.rows(Column::heads), 0u);
  keyspace.set_packed(kA, Type::zset, "packed again");
  EXPECT_EQ(keyspace.get(kA), "packed again");
  EXPECT_EQ(keyspace.rows(Column::strings), 0u);
  keyspace.set_spread(kA, 3);
  EXPECT_EQ(keyspace.get(kA), "(spread)");
  EXPECT_EQ(keyspace->stats().garbage_pending, 0u);
  keyspace.set(kA, "string");
  EXPECT_EQ(keyspace.get(kA), "string");
  EXPECT_EQ(keyspace.rows(Column::heads), 0u);
  EXPECT_EQ(keyspace->stats().garbage_pending, 1u);
  EXPECT_EQ(keyspace.rows(Column::system, layout::garbage_prefix()), 1u);
}

TEST(Txn, OnlyAReplacedObjectBecomesGarbage) {
  TempKeyspace keyspace;
  const ObjectId object = keyspace.set_spread(kA, 3);
  keyspace.put(kA, {.type = Type::set, .encoding = Encoding::spread, .size = 4, .object = object});
  EXPECT_EQ(keyspace->stats().garbage_pending, 0u) << "the same object, one member more";
  keyspace.set_spread(kA, 2);
  EXPECT_EQ(keyspace->stats().garbage_pending, 1u);
  keyspace.erase(kA);
  EXPECT_EQ(keyspace->stats().garbage_pending, 2u);
  keyspace.restart();
  EXPECT_EQ(keyspace->stats().garbage_pending, 2u) << "counted anew at the start";
}

TEST(Txn, SeesItsOwnWritesAndNobodyElseDoes) {
  TempKeyspace keyspace;
  keyspace.set(kA, "before");
  Txn txn(*keyspace, Access::blocking);
  const Key keys[] = {kA, kB};
  ASSERT_TRUE(succeeded(txn.lock(keys)));
  ASSERT_TRUE(succeeded(txn.put_string_blind(kA, "after", 0)));
  txn.put(kB, {.type = Type::hash, .encoding = Encoding::packed, .size = 1, .body = "body"}, nullptr);
  EXPECT_EQ((*txn.find(kA))->head.body, "after");
  EXPECT_EQ((*txn.find(kB))->head.body, "body");
  EXPECT_EQ(keyspace.get(kA), "before");
  EXPECT_EQ(keyspace.get(kB), "(none)");
  ASSERT_TRUE(succeeded(txn.commit()));
  EXPECT_EQ(keyspace.get(kA), "after");
  EXPECT_EQ(keyspace.get(kB), "body");
}

TEST(Txn, AnAbandonedOneLeavesNothing) {
  TempKeyspace keyspace;
  Recorder recorder;
  keyspace->set_observer(&recorder);
  Txn txn(*keyspace, Access::blocking);
  ASSERT_TRUE(succeeded(txn.lock({&kA, 1})));
  ASSERT_TRUE(succeeded(txn.put_string_blind(kA, "1", 0)));
  txn.touch(kA, EventClass::string, "set");
  EXPECT_TRUE(txn.has_writes());
  txn.abandon();
  EXPECT_FALSE(txn.has_writes());
  EXPECT_FALSE(txn.holds_any());
  ASSERT_TRUE(succeeded(txn.commit()));
  EXPECT_EQ(keyspace.get(kA), "(none)");
  EXPECT_THAT(recorder.seen, IsEmpty());
}

TEST(Txn, RollsBackToASavePoint) {
  TempKeyspace keyspace;
  Recorder recorder;
  keyspace->set_observer(&recorder);
  Txn txn(*keyspace, Access::blocking);
  const Key keys[] = {kA, kB};
  ASSERT_TRUE(succeeded(txn.lock(keys)));
  ASSERT_TRUE(succeeded(txn.put_string_blind(kA, "1", 0)));
  txn.touch(kA, EventClass::string, "set");
  txn.save_point();
  ASSERT_TRUE(succeeded(txn.put_string_blind(kB, "2", 0)));
  txn.touch(kB, EventClass::string, "set");
  EXPECT_TRUE(*txn.exists(kB));
  txn.roll_back_to_save_point();
  EXPECT_FALSE(*txn.exists(kB));
  EXPECT_TRUE(*txn.exists(kA));
  ASSERT_TRUE(succeeded(txn.commit()));
  EXPECT_EQ(keyspace.get(kA), "1");
  EXPECT_EQ(keyspace.get(kB), "(none)");
  EXPECT_THAT(recorder.seen, ElementsAre("set 0:a"));
}

TEST(Txn, TheObserverHearsOfChangesAndOfMisses) {
  TempKeyspace keyspace;
  Recorder recorder;
  keyspace->set_observer(&recorder);
  keyspace.write(kA, [](Txn& txn) {
    txn.touch({0, txn.keep(std::string("kept") + "-name")}, EventClass::generic, txn.keep("del"));
    txn.notify(kA, EventClass::key_miss, "keymiss");
  });
  EXPECT_THAT(recorder.seen, ElementsAre("del 0:kept-name", "keymiss 0:a!"));
}

TEST(Txn, ReadersCountWhatTheyFindAndMiss) {
  TempKeyspace keyspace;
  keyspace.write(kA, [](Txn& txn) { ASSERT_TRUE(succeeded(txn.put_string_blind(kA, "1", 0))); });
  Txn txn(*keyspace, Access::blocking);
  EXPECT_TRUE(*txn.exists(kA));
  EXPECT_EQ(txn.lookups().hits, 0);
  txn.count_lookups(true);
  EXPECT_TRUE(*txn.exists(kA));
  EXPECT_FALSE(*txn.exists(kB));
  EXPECT_TRUE(txn.find_frozen(kA, Type::string)->has_value());
  EXPECT_FALSE(txn.find(kA, Type::hash).has_value());
  EXPECT_EQ(txn.lookups().hits, 3);
  EXPECT_EQ(txn.lookups().misses, 1);
}

TEST(Txn, DamagedRecordsAreErrorsThatNameColumnAndKey) {
  TempKeyspace keyspace;
  Batch batch;
  batch.put(Column::strings, layout::record_key(0, "a\x01"), "\xff");
  batch.put(Column::heads, layout::record_key(0, "b"), "\xff\xff");
  ASSERT_TRUE(succeeded(keyspace.store->write(batch, WriteMode::blocking)));
  Txn txn(*keyspace, Access::blocking);
  auto found = txn.find({0, "a\x01"});
  ASSERT_FALSE(found);
  ASSERT_NE(found.error().storage(), nullptr);
  EXPECT_EQ(found.error().storage()->cause, StorageError::Cause::corruption);
  EXPECT_THAT(found.error().storage()->detail, HasSubstr("column strings"));
  EXPECT_THAT(found.error().storage()->detail, HasSubstr("\"a\\x01\"")) << "escaped";
  EXPECT_THAT(error_of(txn.find(kB, Type::hash)), HasSubstr("column heads"));
  ASSERT_TRUE(succeeded(txn.lock({&kB, 1})));
  EXPECT_THAT(error_of(txn.put_string_blind(kB, "1", 0)), HasSubstr("column heads"));
}

// ---- expiry ----

TEST(Txn, AnExpiredKeyIsInvisibleAndLeavesWithWhoeverHoldsItsLock) {
  TempKeyspace keyspace;
  Recorder recorder;
  keyspace->set_observer(&recorder);
  const int64_t at = keyspace.clock.now_ms() + 100;
  keyspace.set(kA, "1", at);
  keyspace.set_spread(kB, 2, at);
  keyspace.clock.advance_ms(100);
  EXPECT_EQ(keyspace.get(kA), "1") << "it lives through its last millisecond, as in Redis";
  keyspace.clock.advance_ms(1);
  EXPECT_EQ(keyspace.get(kA), "(none)");
  EXPECT_EQ(keyspace.get(kB), "(none)");
  EXPECT_EQ(keyspace.rows(Column::strings), 1u) << "a reader removes nothing";
  EXPECT_THAT(recorder.seen, IsEmpty());
  keyspace.write(kA, [](Txn& txn) { EXPECT_FALSE(*txn.exists(kA)); });
  keyspace.write(kB, [](Txn& txn) { EXPECT_FALSE(*txn.exists(kB)); });
  EXPECT_EQ(keyspace.rows(Column::strings), 0u);
  EXPECT_EQ(keyspace.rows(Column::heads), 0u);
  EXPECT_EQ(keyspace.rows(Column::expiry), 0u);
  EXPECT_THAT(recorder.seen, ElementsAre("expired 0:a", "expired 0:b"));
  EXPECT_EQ(keyspace->stats().expired_keys, 2u);
  EXPECT_EQ(keyspace->stats().garbage_pending, 1u);
}

TEST(Txn, ABlindWriteOverAnExpiredCollectionTellsThatItExpired) {
  TempKeyspace keyspace;
  Recorder recorder;
  keyspace->set_observer(&recorder);
  keyspace.set_packed(kA, Type::list, "body", keyspace.clock.now_ms() + 10);
  keyspace.clock.advance_ms(11);
  keyspace.set(kA, "string");
  EXPECT_EQ(keyspace.get(kA), "string");
  EXPECT_EQ(keyspace.rows(Column::heads), 0u);
  EXPECT_EQ(keyspace.rows(Column::expiry), 0u);
  EXPECT_THAT(recorder.seen, ElementsAre("expired 0:a"));
}

TEST(Txn, TheExpiryIndexHasOneRowPerKeyAtItsEarliestTime) {
  TempKeyspace keyspace;
  const int64_t now = keyspace.clock.now_ms();
  auto due = [&]() -> int64_t {
    EXPECT_LE(keyspace.rows(Column::expiry), 1u);
    Cursor cursor = keyspace.store->cursor(Column::expiry, {}, {});
    cursor.seek_to_first();
    return cursor.valid() ? layout::decode_expiry_key(cursor.key())->expire_ms - now : 0;
  };
  Head hash{.type = Type::hash, .encoding = Encoding::packed, .size = 1, .body = "body"};
  hash.next_field_expiry_ms = now + 50;
  keyspace.put(kA, hash);
  EXPECT_EQ(due(), 50) << "of its fields";
  hash.expire_ms = now + 100;
  keyspace.put(kA, hash);
  EXPECT_EQ(due(), 50) << "still of its fields";
  hash.next_field_expiry_ms = now + 200;
  keyspace.put(kA, hash);
  EXPECT_EQ(due(), 100) << "its own";
  hash.expire_ms = 0;
  keyspace.put(kA, hash);
  EXPECT_EQ(due(), 200);
  keyspace.put(kA, {.expire_ms = now + 70, .size = 1, .body = "x"});
  EXPECT_EQ(due(), 70) << "a string in its place";
  keyspace.put(kA, {.expire_ms = now + 80, .size = 1, .body = "x"});
  EXPECT_EQ(due(), 80);
  keyspace.erase(kA);
  EXPECT_EQ(due(), 0);
}

// ---- locks and moments ----

TEST(Txn, InlineALockTakenElsewhereWouldBlock) {
  TempKeyspace keyspace;
  Txn holder(*keyspace, Access::blocking);
  ASSERT_TRUE(succeeded(holder.lock({&kA, 1})));
  EXPECT_TRUE(holder.holds(kA));
  Txn txn(*keyspace, Access::inline_);
  EXPECT_EQ(error_of(txn.lock({&kA, 1})), "would block");
  EXPECT_FALSE(txn.holds_any());
  ASSERT_TRUE(succeeded(txn.lock({&kB, 1})));
  EXPECT_EQ(error_of(txn.lock({&kA, 1})), "would block");
  EXPECT_TRUE(txn.holds(kB)) << "what was held stays held";
  holder.abandon();
  ASSERT_TRUE(succeeded(txn.lock({&kA, 1})));
  EXPECT_TRUE(txn.holds(kA));
}

TEST(Txn, BlockingWaitsForTheLock) {
  TempKeyspace keyspace;
  Txn holder(*keyspace, Access::blocking);
  ASSERT_TRUE(succeeded(holder.lock({&kA, 1})));
  std::thread other([&] { keyspace.set(kA, "other"); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ASSERT_TRUE(succeeded(holder.put_string_blind(kA, "holder", 0)));
  ASSERT_TRUE(succeeded(holder.commit()));
  other.join();
  EXPECT_EQ(keyspace.get(kA), "other");
}

TEST(Txn, BorrowedLocksCountAsHeld) {
  TempKeyspace keyspace;
  Txn owner(*keyspace, Access::blocking);
  ASSERT_TRUE(succeeded(owner.lock({&kA, 1})));
  Txn guest(*keyspace, Access::blocking);
  guest.borrow_locks(owner);
  EXPECT_TRUE(guest.holds(kA));
  ASSERT_TRUE(succeeded(guest.lock({&kB, 1}))) << "tried for";
  ASSERT_TRUE(succeeded(guest.put_string_blind(kA, "1", 0)));
  ASSERT_TRUE(succeeded(guest.commit()));
  EXPECT_EQ(keyspace.get(kA), "1");
  EXPECT_TRUE(owner.holds(kA)) << "the guest gives back only its own";
}

TEST(Txn, AFrozenOneReadsOneMoment) {
  TempKeyspace keyspace;
  keyspace.set(kA, "before");
  Txn txn(*keyspace, Access::inline_);
  txn.freeze();
  keyspace.set(kA, "after");
  keyspace.set_packed(kB, Type::set, "body");
  EXPECT_EQ((*txn.find(kA))->head.body, "before");
  EXPECT_FALSE(*txn.exists(kB));
  ASSERT_TRUE(succeeded(txn.lock({&kA, 1})));
  EXPECT_EQ((*txn.find(kA))->head.body, "after") << "a writer reads the latest state";
}

TEST(Txn, FreezesBesideLocks) {
  TempKeyspace keyspace;
  keyspace.set(kA, "locked");
  keyspace.set(kB, "before");
  Txn txn(*keyspace, Access::inline_);
  ASSERT_TRUE(succeeded(txn.lock({&kA, 1})));
  ASSERT_TRUE(succeeded(txn.put_string_blind(kA, "pending", 0)));
  txn.freeze();
  keyspace.set(kB, "seen");
  txn.freeze_all();
  keyspace.set(kB, "after");
  EXPECT_EQ((*txn.find(kA))->head.body, "pending");
  EXPECT_EQ((*txn.find(kB))->head.body, "seen");
  ASSERT_TRUE(succeeded(txn.commit()));
  EXPECT_EQ(keyspace.get(kA), "pending");
}

TEST(Txn, FindFrozenFreezesForSpreadCollectionsOnly) {
  TempKeyspace keyspace;
  keyspace.set_packed(kA, Type::set, "body");
  const ObjectId object = keyspace.set_spread(kB, 3);
  Txn txn(*keyspace, Access::blocking);
  ASSERT_TRUE((*txn.find_frozen(kA, Type::set)).has_value());
  keyspace.set_packed(kA, Type::set, "new body");
  EXPECT_EQ((*txn.find(kA))->head.body, "new body") << "one record needs no freezing";
  ASSERT_TRUE((*txn.find_frozen(kB, Type::set)).has_value());
  keyspace.write(kB, [&](Txn& writer) { writer.erase_item(Column::items, layout::member_key(object, "1")); });
  Value value;
  EXPECT_TRUE(*txn.get(Column::items, layout::member_key(object, "1"), &value));
}

TEST(Txn, AKeyThatChangesItsColumnIsNeverMissed) {
  TempKeyspace keyspace;
  keyspace.set(kA, "string");
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop) {
      keyspace.set_packed(kA, Type::hash, "hash");
      keyspace.set(kA, "string");
    }
  });
  for (int i = 0; i < 20'000; ++i) {
    Txn txn(*keyspace, Access::blocking);
    ASSERT_TRUE(*txn.exists(kA)) << "round " << i;
    auto as_hash = txn.find(kA, Type::hash);
    ASSERT_TRUE(!as_hash || as_hash->has_value()) << "round " << i;
  }
  stop = true;
  writer.join();
}

// ---- items ----

TEST(Txn, CursorsSeePendingItems) {
  TempKeyspace keyspace;
  const ObjectId object = keyspace.set_spread(kA, 3);
  Txn txn(*keyspace, Access::inline_);
  ASSERT_TRUE(succeeded(txn.lock({&kA, 1})));
  txn.put_item(Column::items, layout::member_key(object, "new"), "");
  txn.erase_item(Column::items, layout::member_key(object, "0"));
  const KeyBuffer lower = layout::object_prefix(object);
  const std::string upper = *prefix_successor(lower);
  Cursor cursor = txn.cursor(Column::items, {.lower = lower, .upper = upper});
  std::vector<std::string> members;
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
    members.emplace_back(layout::decode_member_key(cursor.key())->member);
  }
  EXPECT_THAT(members, ::testing::UnorderedElementsAre("1", "2", "new"));
}

TEST(Txn, InlineACursorGivesUpAfterManySteps) {
  TempKeyspace keyspace;
  const ObjectId object = keyspace.set_spread(kA, Txn::kInlineSteps + 1);
  const KeyBuffer lower = layout::object_prefix(object);
  const std::string upper = *prefix_successor(lower);
  for (Access access : {Access::inline_, Access::blocking}) {
    Txn txn(*keyspace, access);
    Cursor cursor = txn.cursor(Column::items, {.lower = lower, .upper = upper});
    uint64_t seen = 0;
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) ++seen;
    EXPECT_EQ(seen, access == Access::inline_ ? Txn::kInlineSteps : Txn::kInlineSteps + 1);
    EXPECT_EQ(error_of(cursor.status()), access == Access::inline_ ? "would block" : "(none)");
  }
}

TEST(Txn, SeekHintsTakeEffectAtCommitAndAreLoweredAtOnce) {
  TempKeyspace keyspace;
  const ObjectId object = keyspace.set_spread(kA, 1);
  keyspace.write(kA, [&](Txn& txn) {
    txn.narrow_seek_hint(object, ScoreEnd::low, "m");
    EXPECT_EQ(txn.seek_hint(object).low, "m");
    EXPECT_EQ(txn.seek_hint(object).high, "");
    txn.put_item(Column::scores, "m", "");
  });
  Txn abandoned(*keyspace, Access::blocking);
  ASSERT_TRUE(succeeded(abandoned.lock({&kA, 1})));
  EXPECT_EQ(abandoned.seek_hint(object).low, "m");
  abandoned.narrow_seek_hint(object, ScoreEnd::low, "z");
  EXPECT_EQ(abandoned.seek_hint(object).low, "z");
  abandoned.widen_seek_hint(object, "zz");
  EXPECT_EQ(abandoned.seek_hint(object).low, "z") << "above the hint";
  abandoned.widen_seek_hint(object, "p");
  EXPECT_EQ(abandoned.seek_hint(object).low, "m") << "the one before still holds";
  abandoned.narrow_seek_hint(object, ScoreEnd::low, "z");
  abandoned.abandon();
  keyspace.write(kA, [&](Txn& txn) {
    EXPECT_EQ(txn.seek_hint(object).low, "m");
    txn.widen_seek_hint(object, "a");
    EXPECT_EQ(txn.seek_hint(object).low, "");
  });
}

TEST(Txn, BothEndsHaveSeekHints) {
  TempKeyspace keyspace;
  const ObjectId object = keyspace.set_spread(kA, 1);
  keyspace.write(kA, [&](Txn& txn) {
    txn.narrow_seek_hint(object, ScoreEnd::high, "t");
    txn.narrow_seek_hint(object, ScoreEnd::low, "f");
    txn.narrow_seek_hint(object, ScoreEnd::high, "s");
    txn.put_item(Column::scores, "m", "");
  });
  keyspace.write(kA, [&](Txn& txn) {
    EXPECT_EQ(txn.seek_hint(object).low, "f");
    EXPECT_EQ(txn.seek_hint(object).high, "s");
    txn.widen_seek_hint(object, "r");
    EXPECT_EQ(txn.seek_hint(object).high, "s") << "inside";
    txn.widen_seek_hint(object, "s");
    EXPECT_EQ(txn.seek_hint(object).high, "") << "the high end is not inside";
    EXPECT_EQ(txn.seek_hint(object).low, "f");
    txn.widen_seek_hint(object, "e");
    EXPECT_TRUE(txn.seek_hint(object).empty());
  });
}

TEST(Txn, FrozenReadersTakeOnlyHintsThatHoldForTheirMoment) {
  TempKeyspace keyspace;
  ObjectId object = 0;
  keyspace.write(kA, [&](Txn& txn) {
    object = txn.new_object(kA);
    txn.put(kA, {.type = Type::zset, .encoding = Encoding::spread, .size = 1, .object = object}, nullptr);
  });
  const auto narrow = [&](std::string_view low) {
    keyspace.write(kA, [&](Txn& txn) {
      txn.narrow_seek_hint(object, ScoreEnd::low, low);
      txn.put_item(Column::scores, low, "");
    });
  };
  const auto insert = [&](std::string_view row) {
    keyspace.write(kA, [&](Txn& txn) {
      txn.widen_seek_hint(object, row);
      txn.put_item(Column::scores, row, "");
    });
  };
  const auto reader = [&] {
    auto txn = std::make_unique<Txn>(*keyspace, Access::blocking);
    EXPECT_TRUE((*txn->find_frozen(kA, Type::zset)).has_value());
    return txn;
  };
  EXPECT_TRUE(reader()->frozen_seek_hint(object).empty()) << "there is none yet";

  narrow("m");
  const auto before = reader();
  EXPECT_EQ(before->frozen_seek_hint(object).low, "m");
  insert("p");
  narrow("n");
  EXPECT_EQ(before->frozen_seek_hint(object).low, "m") << "what this moment has, not what came later";
  EXPECT_EQ(reader()->frozen_seek_hint(object).low, "n");
  EXPECT_TRUE(before->frozen_seek_hint(object + 1).empty());

  insert("a");
  EXPECT_TRUE(before->frozen_seek_hint(object).empty()) << "may be wrong, for all it knows";
  EXPECT_TRUE(reader()->frozen_seek_hint(object).empty());
  narrow("n");
  EXPECT_TRUE(before->frozen_seek_hint(object).empty()) << "the same bound, but another";
  EXPECT_EQ(reader()->frozen_seek_hint(object).low, "n");
}

TEST(Txn, ObjectIdsAreNeverReused) {
  TempKeyspace keyspace;
  ObjectId last = 0;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 10; ++j) {
      const ObjectId next = keyspace.set_spread({3, "k" + std::to_string(j)}, 1);
      EXPECT_GT(next, last);
      EXPECT_EQ(object_db(next), 3);
      last = next;
    }
    keyspace.restart();
  }
}

// ---- databases ----

TEST(Txn, FlushedDatabasesAreEmptyAtOnce) {
  TempKeyspace keyspace;
  Recorder recorder;
  keyspace.set(kA, "0");
  keyspace.set({1, "a"}, "1");
  keyspace->set_observer(&recorder);
  std::optional<Txn> held(std::in_place, *keyspace, Access::blocking);
  Txn& txn = *held;
  ASSERT_TRUE(succeeded(txn.flush_database(0)));
  ASSERT_TRUE(succeeded(txn.flush_database(2)));
  EXPECT_FALSE(*txn.exists(kA));
  ASSERT_TRUE(succeeded(txn.put_string_blind(kB, "new", 0))) << "as an EXEC may do";
  EXPECT_EQ(keyspace.get(kA), "0") << "not committed yet";
  EXPECT_TRUE(txn.has_writes());
  ASSERT_TRUE(succeeded(txn.commit()));
  EXPECT_EQ(keyspace.get(kA), "(none)");
  EXPECT_EQ(keyspace.get(kB), "new");
  EXPECT_EQ(keyspace.get({1, "a"}), "1");
  EXPECT_THAT(recorder.seen, ElementsAre("- 0:*", "- 2:*!"));
  EXPECT_EQ(keyspace->stats().purges_pending, 1u) << "an empty database keeps its range";
  held.reset();
  keyspace.restart();
  EXPECT_EQ(keyspace.get(kA), "(none)");
  EXPECT_EQ(keyspace.get(kB), "new");
  EXPECT_EQ(keyspace->stats().purges_pending, 1u);
}

TEST(Txn, SwappedDatabasesExchangeTheirKeys) {
  TempKeyspace keyspace;
  keyspace.set(kA, "0");
  keyspace.set({1, "b"}, "1");
  {
    Txn txn(*keyspace, Access::inline_);
    ASSERT_TRUE(succeeded(txn.swap_databases(0, 1)));
    EXPECT_TRUE(*txn.exists({1, "a"}));
    ASSERT_TRUE(succeeded(txn.commit()));
  }
  EXPECT_EQ(keyspace.get({1, "a"}), "0");
  EXPECT_EQ(keyspace.get({0, "b"}), "1");
  EXPECT_EQ(keyspace.get(kA), "(none)");
  keyspace.restart();
  EXPECT_EQ(keyspace.get({1, "a"}), "0");
}

TEST(Txn, AnAbandonedFlushChangesNothing) {
  TempKeyspace keyspace;
  keyspace.set(kA, "0");
  {
    Txn txn(*keyspace, Access::blocking);
    ASSERT_TRUE(succeeded(txn.flush_database(0)));
  }
  EXPECT_EQ(keyspace.get(kA), "0");
  Txn txn(*keyspace, Access::blocking);
  txn.save_point();
  ASSERT_TRUE(succeeded(txn.flush_database(0)));
  txn.roll_back_to_save_point();
  EXPECT_TRUE(*txn.exists(kA));
  EXPECT_FALSE(txn.has_writes());
  ASSERT_TRUE(succeeded(txn.commit()));
  EXPECT_EQ(keyspace.get(kA), "0");
}

TEST(Txn, AFlushAndAWriterKeepOutOfEachOthersWay) {
  TempKeyspace keyspace;
  keyspace.set(kA, "0");
  Txn writer(*keyspace, Access::blocking);
  ASSERT_TRUE(succeeded(writer.lock({&kA, 1})));
  Txn flush(*keyspace, Access::inline_);
  EXPECT_EQ(error_of(flush.flush_database(0)), "would block");
  writer.abandon();
  ASSERT_TRUE(succeeded(flush.flush_database(0)));
  EXPECT_EQ(error_of(Txn(*keyspace, Access::inline_).lock({&kA, 1})), "would block");
  ASSERT_TRUE(succeeded(flush.commit()));
  keyspace.set(kA, "1");
  EXPECT_EQ(keyspace.get(kA), "1");
}

TEST(Txn, OfTwoThatHoldLocksAndFlushOneGivesWay) {
  TempKeyspace keyspace;
  Txn one(*keyspace, Access::blocking);
  Txn two(*keyspace, Access::blocking);
  ASSERT_TRUE(succeeded(one.lock({&kA, 1})));
  ASSERT_TRUE(succeeded(two.lock({&kB, 1})));
  std::thread other([&] {
    EXPECT_TRUE(succeeded(one.flush_database(0)));
    EXPECT_TRUE(succeeded(one.commit()));
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(error_of(two.flush_database(0)), "would block");
  two.abandon();
  other.join();
}

TEST(Txn, WritersReadersAndSwapsAtTheSameTime) {
  TempKeyspace keyspace;
  // A key of database 0 and one of database 1 with the same value, which only moves together.
  std::atomic<bool> stop{false};
  keyspace.set({0, "n"}, "0");
  keyspace.set({1, "m"}, "0");
  std::thread swapper([&] {
    for (int i = 0; i < 500; ++i) {
      Txn txn(*keyspace, Access::blocking);
      ASSERT_TRUE(succeeded(txn.swap_databases(0, 1)));
      ASSERT_TRUE(succeeded(txn.commit()));
    }
    stop = true;
  });
  std::thread writer([&] {
    for (int i = 1; !stop; ++i) {
      Txn txn(*keyspace, Access::blocking);
      const Key keys[] = {{0, "n"}, {1, "n"}, {0, "m"}, {1, "m"}};
      ASSERT_TRUE(succeeded(txn.lock(keys)));
      for (const Key& key : keys) {
        if (!*txn.exists(key)) continue;
        ASSERT_TRUE(succeeded(txn.put_string_blind(key, std::to_string(i), 0)));
      }
      ASSERT_TRUE(succeeded(txn.commit()));
    }
  });
  while (!stop) {
    Txn txn(*keyspace, Access::blocking);
    txn.freeze();
    std::vector<std::string> values;
    for (const Key& key : {Key{0, "n"}, Key{1, "n"}, Key{0, "m"}, Key{1, "m"}}) {
      if (auto record = *txn.find(key)) values.emplace_back(record->head.body);
    }
    ASSERT_EQ(values.size(), 2u);
    ASSERT_EQ(values[0], values[1]);
  }
  swapper.join();
  writer.join();
}

TEST(Txn, ADatabaseCountThatGrowsKeepsWhatIsThere) {
  TempStore store;
  ManualClock clock(1);
  for (uint16_t count : {2, 4, 1, 3}) {
    auto keyspace = *Keyspace::open(*store, clock, {.databases = count});
    EXPECT_EQ(keyspace->database_count(), count);
    Txn txn(*keyspace, Access::blocking);
    for (uint16_t db = 0; db < count; ++db) {
      const Key key{db, "k"};
      const std::string value = std::to_string(db);
      ASSERT_TRUE(succeeded(txn.lock({&key, 1})));
      auto record = *txn.find(key);
      if (record) {
        EXPECT_EQ(record->head.body, value);
      }
      ASSERT_TRUE(succeeded(txn.put_string_blind(key, value, 0)));
      ASSERT_TRUE(succeeded(txn.commit()));
    }
  }
}

}  // namespace
}  // namespace basalt
