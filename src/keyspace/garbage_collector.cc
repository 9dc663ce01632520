#include "keyspace/garbage_collector.h"

#include <span>
#include <vector>

#include "base/clock.h"
#include "keyspace/damage.h"
#include "keyspace/keyspace_impl.h"

namespace basalt {
namespace {

// Up to so many items a tombstone each; beyond, one for the range. Range tombstones cost every later read
// near them something, so they are for where they save much.
constexpr uint64_t kMostPointDeletes = 10'000;
constexpr uint32_t kBatchWrites = 1'000;
// What a flushed database may have in a column to be deleted key by key.
constexpr uint64_t kSmallRange = 1'000;
constexpr int64_t kFullWalkEvery_us = 60'000'000;

std::span<const Column> columns_of(Type type) {
  static constexpr Column kItems[] = {Column::items};
  static constexpr Column kItemsAndScores[] = {Column::items, Column::scores};
  static constexpr Column kStreams[] = {Column::streams};
  switch (type) {
    case Type::string:
    case Type::list:
    case Type::set: return kItems;
    case Type::zset:
    case Type::hash: return kItemsAndScores;
    case Type::stream: return kStreams;
  }
  return {};
}

}  // namespace

Result<void> GarbageCollector::load() {
  const std::string prefix = layout::garbage_prefix();
  const std::string end = *prefix_successor(prefix);
  Cursor cursor = keyspace_.store().cursor(Column::system, {}, {.lower = prefix, .upper = end});
  int64_t count = 0;
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) ++count;
  pending_ = count;
  resume_.clear();
  return cursor.status();
}

Result<uint64_t> GarbageCollector::collect(uint64_t limit, int64_t deadline_us) {
  std::lock_guard<std::mutex> lock(running_);
  const int64_t until_ms = keyspace_.clock().now_ms() - keyspace_.impl_->options.garbage_grace_ms;
  if (monotonic_us() - last_full_walk_us_ >= kFullWalkEvery_us) {
    last_full_walk_us_ = monotonic_us();
    resume_.clear();
  }
  const std::string start = resume_.empty() ? layout::garbage_prefix() : resume_;
  const std::string end = layout::garbage_key(until_ms + 1, 0);
  Cursor cursor = keyspace_.store().cursor(Column::system, {}, {.lower = start, .upper = end});
  Batch batch;
  uint64_t objects = 0;
  for (cursor.seek_to_first(); cursor.valid() && objects < limit && monotonic_us() < deadline_us; cursor.next()) {
    const auto garbage = layout::decode_garbage(cursor.key(), cursor.value());
    if (!garbage) return damaged_record(Column::system, cursor.key());
    TRY(remove_items(*garbage, batch));
    batch.erase(Column::system, cursor.key());
    resume_ = std::string(cursor.key()) + '\0';
    ++objects;
    if (batch.count() >= kBatchWrites) TRY(write(batch));
  }
  TRY(cursor.status());
  TRY(write(batch));
  compact_erased();
  pending_.fetch_sub(static_cast<int64_t>(objects), std::memory_order_relaxed);
  collected_.fetch_add(objects, std::memory_order_relaxed);
  return objects;
}

Result<void> GarbageCollector::remove_items(const layout::Garbage& garbage, Batch& batch) {
  // A string's size is in bytes, not items.
  const bool many = garbage.type != Type::string && garbage.size > kMostPointDeletes;
  const KeyBuffer prefix = layout::object_prefix(garbage.object);
  for (Column column : columns_of(garbage.type)) TRY(remove_prefix(column, prefix, many, batch));
  return {};
}

Result<void> GarbageCollector::remove_prefix(Column column, std::string_view prefix, bool many, Batch& batch) {
  const auto end = prefix_successor(prefix);
  if (!end) return damaged_record(Column::system, "a garbage record");  // no such object id is given out
  if (!many) {
    uint64_t items = 0;
    Cursor cursor = keyspace_.store().cursor(column, {}, {.lower = prefix, .upper = *end, .fill_cache = false});
    for (cursor.seek_to_first(); cursor.valid() && items < kMostPointDeletes; cursor.next(), ++items) {
      batch.erase(column, cursor.key());
      if (batch.count() >= kBatchWrites) TRY(write(batch));
    }
    if (!cursor.valid()) return cursor.status();
  }
  erase_range(column, prefix, *end, batch);
  return {};
}

Result<uint64_t> GarbageCollector::purge() {
  std::lock_guard<std::mutex> lock(running_);
  DatabaseMap& databases = keyspace_.impl_->databases;
  const int64_t until_ms = keyspace_.clock().now_ms() - keyspace_.impl_->options.garbage_grace_ms;
  uint64_t purged = 0;
  for (const DatabaseMap::Purge& purge : databases.purges()) {
    if (purge.dropped_ms > until_ms) continue;
    Batch batch;
    for (Column column : {Column::strings, Column::heads, Column::items, Column::scores, Column::streams}) {
      TRY(purge_range(column, purge.db, batch));
    }
    batch.erase(Column::system, layout::purge_key(purge.db));
    TRY(write(batch));
    compact_erased();
    databases.purged(purge.db);
    ++purged;
  }
  return purged;
}

// Records and items alike begin with the database's id.
Result<void> GarbageCollector::purge_range(Column column, DbId db, Batch& batch) {
  Store& store = keyspace_.store();
  const KeyBuffer from = layout::db_prefix(db);
  const std::string to = *prefix_successor(from);  // the last id is never given out
  std::vector<std::string> keys;
  Cursor cursor = store.cursor(column, {}, {.lower = from, .upper = to, .fill_cache = false});
  for (cursor.seek_to_first(); cursor.valid() && keys.size() <= kSmallRange; cursor.next()) {
    keys.emplace_back(cursor.key());
  }
  TRY(cursor.status());
  if (keys.size() <= kSmallRange) {
    for (const std::string& key : keys) batch.erase(column, key);
    return {};
  }
  TRY(store.drop_files_in_range(column, from, to));
  erase_range(column, from, to, batch);
  return {};
}

void GarbageCollector::erase_range(Column column, std::string_view from, std::string_view to, Batch& batch) {
  batch.erase_range(column, from, to);
  erased_.push_back({column, std::string(from), std::string(to)});
}

void GarbageCollector::compact_erased() {
  for (Range& range : erased_) compactor_.add(range.column, std::move(range.from), std::move(range.to));
  erased_.clear();
}

Result<void> GarbageCollector::write(Batch& batch) {
  if (batch.empty()) return {};
  TRY(keyspace_.store().write(batch, WriteMode::blocking));
  batch.clear();
  return {};
}

}  // namespace basalt
