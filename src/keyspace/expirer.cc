#include "keyspace/expirer.h"

#include <glog/logging.h>

#include "base/clock.h"
#include "keyspace/damage.h"
#include "keyspace/keyspace_impl.h"

namespace basalt {
namespace {

// Keys that share a commit. Their locks are held together, so not many.
constexpr size_t kGroup = 16;
constexpr int64_t kFullWalkEvery_us = 5'000'000;

std::string time_prefix(int64_t ms) {
  std::string prefix;
  append_be(prefix, static_cast<uint64_t>(std::max<int64_t>(ms, 0)));
  return prefix;
}

bool is_corruption(const Error& error) {
  return error.storage() && error.storage()->cause == StorageError::Cause::corruption;
}

}  // namespace

layout::ExpiryKey Expirer::Row::parts() const { return *layout::decode_expiry_key(bytes); }

void Expirer::row_written(int64_t due_ms) {
  int64_t seen = bound_.load();
  while (due_ms < seen && !bound_.compare_exchange_weak(seen, due_ms)) {
  }
  // In the very millisecond in which a walk stopped: maybe before the place where it did.
  int64_t expected = due_ms;
  resume_ms_.compare_exchange_strong(expected, kNowhere);
}

// Where the walk begins: at the bound, or behind the last row handled if that is where the bound came from.
std::string Expirer::start_of_walk(int64_t now_ms, int64_t from_ms) {
  const int64_t resume_ms = resume_ms_.exchange(kNowhere);
  if (monotonic_us() - last_full_walk_us_ >= kFullWalkEvery_us || from_ms > now_ms) {
    last_full_walk_us_ = monotonic_us();
    return time_prefix(0);
  }
  return resume_ms == from_ms ? resume_ + '\0' : time_prefix(from_ms);
}

// The walk stopped before its end: the next one begins at `next_ms`, and if everything up to `last` was
// handled and nothing has been written below meanwhile, right behind that.
void Expirer::stop_at(int64_t now_ms, int64_t next_ms, std::string last) {
  resume_ = std::move(last);
  resume_ms_ = resume_.starts_with(time_prefix(next_ms)) ? next_ms : kNowhere;
  int64_t expected = now_ms;
  if (bound_.compare_exchange_strong(expected, next_ms)) return;
  resume_ms_ = kNowhere;
  row_written(next_ms);
}

Result<uint64_t> Expirer::run(uint64_t limit, int64_t deadline_us) {
  std::lock_guard<std::mutex> lock(running_);
  Store& store = keyspace_.store();
  const int64_t now_ms = keyspace_.clock().now_ms();
  const uint64_t expired_before = expired_keys();
  // The bound goes up before the cursor looks: a row that the cursor is too early to see is written by a
  // commit that comes after, and that lowers the bound again.
  const int64_t from_ms = bound_.exchange(now_ms);
  const std::string start = start_of_walk(now_ms, from_ms);
  const std::string end = time_prefix(now_ms);  // a key lives until its millisecond has passed
  Cursor cursor = store.cursor(Column::expiry, {}, {.lower = start, .upper = end});
  cursor.seek_to_first();

  Result<void> done;
  std::vector<Row> rows;
  std::string last;
  uint64_t handled = 0;
  while (done && cursor.valid() && handled < limit && monotonic_us() < deadline_us) {
    take_rows(cursor, std::min<uint64_t>(kGroup, limit - handled), rows);
    handled += rows.size();
    done = handle(rows, now_ms);
    if (done && !rows.empty()) last = rows.back().bytes;
    if (done) done = continue_unfinished(now_ms, deadline_us);
  }
  if (done && !cursor.valid()) done = cursor.status();
  const auto unfinished_ms = leave_unfinished();
  lag_ms_ = unfinished_ms ? std::max<int64_t>(now_ms - *unfinished_ms, 1) : 0;
  if (!done || cursor.valid()) {
    const auto next = done ? layout::decode_expiry_key(cursor.key()) : std::nullopt;
    const int64_t next_ms = next ? next->expire_ms : from_ms;
    stop_at(now_ms, next_ms, std::move(last));
    lag_ms_ = std::max<int64_t>(now_ms - next_ms, 1);
  }
  if (handled != 0) TRY(store.flush_wal());
  TRY(done);
  return expired_keys() - expired_before;
}

// Step by step, each with a commit of its own, so that the key's lock is not held for long.
Result<void> Expirer::continue_unfinished(int64_t now_ms, int64_t deadline_us) {
  while (!unfinished_.empty() && monotonic_us() < deadline_us) {
    const std::vector<Row> rows = std::exchange(unfinished_, {});
    TRY(handle(rows, now_ms));
  }
  return {};
}

// What is left begins the next walk.
std::optional<int64_t> Expirer::leave_unfinished() {
  std::optional<int64_t> earliest_ms;
  for (const Row& row : std::exchange(unfinished_, {})) {
    const int64_t due_ms = row.parts().expire_ms;
    row_written(due_ms);
    earliest_ms = std::min(due_ms, earliest_ms.value_or(due_ms));
  }
  return earliest_ms;
}

void Expirer::take_rows(Cursor& cursor, size_t count, std::vector<Row>& rows) {
  for (rows.clear(); cursor.valid() && rows.size() < count; cursor.next()) {
    if (layout::decode_expiry_key(cursor.key())) {
      rows.push_back({std::string(cursor.key())});
      continue;
    }
    LOG_EVERY_N(ERROR, 1000) << failure_text(damaged_record(Column::expiry, cursor.key()).value());
  }
}

Result<void> Expirer::handle(const std::vector<Row>& rows, int64_t now_ms) {
  const DatabaseMap& databases = keyspace_.impl_->databases;
  Txn txn(keyspace_, Access::blocking);
  txn.set_now_ms(now_ms);
  std::vector<Key> keys;
  for (const Row& row : rows) {
    const auto parts = row.parts();
    // A row of a dropped database needs no lock of its own, but the numbers must stand still here too.
    keys.push_back({databases.number_of(parts.record.db).value_or(0), parts.record.name});
  }
  TRY(txn.lock(keys));
  for (const Row& row : rows) {
    auto settled = settle(txn, row);
    if (settled) continue;
    // One damaged record must not keep all others alive.
    if (!is_corruption(settled.error())) return settled;
    LOG_EVERY_N(ERROR, 1000) << "expiry: " << failure_text(settled.error());
  }
  return txn.commit();
}

Result<void> Expirer::settle(Txn& txn, const Row& row) {
  const auto parts = row.parts();
  const auto number = keyspace_.impl_->databases.number_of(parts.record.db);
  const Key key{number.value_or(0), parts.record.name};
  if (!txn.holds(key)) return {};  // swapped before the lock was there; the next full walk sees to it
  std::optional<Record> record;
  if (number) TRY(txn.find_whole(key, Column::strings, record));
  if (row.continued && (!record || due_ms(record->head) >= txn.now_ms())) return {};
  if (!row.continued && (!record || due_ms(record->head) != parts.expire_ms)) {
    txn.erase_raw(Column::expiry, row.bytes);
    stale_rows_.fetch_add(1, std::memory_order_relaxed);
    return {};
  }
  txn.drop_expired(key, record);
  if (record) return expire_fields(txn, key, *std::move(record), row);
  return {};
}

Result<void> Expirer::expire_fields(Txn& txn, Key key, Record record, const Row& row) {
  if (!field_expirer_) return {};
  txn.save_point();
  const auto more = field_expirer_(txn, key, std::move(record));
  if (!more) {
    txn.roll_back_to_save_point();
    return tl::unexpected<Error>(more.error());
  }
  if (*more) unfinished_.push_back({row.bytes, true});
  return {};
}

}  // namespace basalt
