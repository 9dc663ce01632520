// Removes keys whose time has come: walks the expiry index up to now, and compares each row with its
// key's record, under the key's lock. A row that the record doesn't agree with (overwritten, a new TTL, a
// dropped database) is stale: it just goes.
//
// Thread rules: run() is for one thread at a time (it takes a mutex); the rest is thread-safe.
//
// Invariant: no row lies below `bound_` but for those that a commit has just written and will lower it
// for (row_written). So a walk starts at the bound, not among the tombstones of what it removed before; to
// heal whatever the bound may have missed, every few seconds one starts at the very beginning.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "keyspace/record.h"
#include "keyspace/txn.h"
#include "layout/record_key.h"

namespace basalt {

class Keyspace;

class Expirer {
 public:
  explicit Expirer(Keyspace& keyspace) : keyspace_(keyspace) {}

  /// Handles up to `limit` rows that are due, until monotonic_us() passes `deadline_us`. Returns how many keys it
  /// removed. What it wrote is in the operating system's hands when it returns.
  Result<uint64_t> run(uint64_t limit, int64_t deadline_us);
  /// Whether the last run left rows that were due.
  bool behind() const { return lag_ms_.load(std::memory_order_relaxed) != 0; }

  using FieldExpirer = std::function<Result<bool>(Txn& txn, Key key, Record record)>;
  void set_field_expirer(FieldExpirer expirer) { field_expirer_ = std::move(expirer); }

  /// After a commit that wrote rows, the earliest for `due_ms`.
  void row_written(int64_t due_ms);
  /// A key was removed because its time had come, here or by a command that met it.
  void key_expired() { expired_keys_.fetch_add(1, std::memory_order_relaxed); }

  uint64_t expired_keys() const { return expired_keys_.load(std::memory_order_relaxed); }
  uint64_t stale_rows() const { return stale_rows_.load(std::memory_order_relaxed); }
  int64_t lag_ms() const { return lag_ms_.load(std::memory_order_relaxed); }

 private:
  struct Row {
    std::string bytes;       // the row's key on disk
    bool continued = false;  // the record's fields that are due are being removed in steps
    layout::ExpiryKey parts() const;
  };
  std::string start_of_walk(int64_t now_ms, int64_t from_ms);
  void stop_at(int64_t now_ms, int64_t next_ms, std::string last);
  static void take_rows(Cursor& cursor, size_t count, std::vector<Row>& rows);
  Result<void> handle(const std::vector<Row>& rows, int64_t now_ms);
  Result<void> settle(Txn& txn, const Row& row);
  Result<void> expire_fields(Txn& txn, Key key, Record record, const Row& row);
  Result<void> continue_unfinished(int64_t now_ms, int64_t deadline_us);
  std::optional<int64_t> leave_unfinished();

  Keyspace& keyspace_;
  FieldExpirer field_expirer_;
  std::mutex running_;
  std::atomic<int64_t> bound_{0};  // milliseconds: where the next walk starts
  static constexpr int64_t kNowhere = -1;
  std::atomic<int64_t> resume_ms_{kNowhere};  // the bound that goes with resume_, if it still does
  std::string resume_;                        // the last row of a walk that stopped early
  std::vector<Row> unfinished_;               // rows of hashes with more fields due than one Txn removed
  int64_t last_full_walk_us_ = 0;
  std::atomic<uint64_t> expired_keys_{0};
  std::atomic<uint64_t> stale_rows_{0};
  std::atomic<int64_t> lag_ms_{0};
};

}  // namespace basalt
