// Gives back the space of what is no longer reachable: the items of deleted spread collections, and
// the ranges of flushed databases. Each is named by a record in `system` that goes with the last of its
// items, so that a crash loses nothing of it; and each waits for a grace period, so that a reader that
// found the collection before its deletion finishes undisturbed.
//
// Thread rules: collect() and purge() are for one thread at a time (they take a mutex).
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "keyspace/range_compactor.h"
#include "layout/system_record.h"
#include "store/store.h"

namespace basalt {

class Keyspace;

class GarbageCollector {
 public:
  GarbageCollector(Keyspace& keyspace, Store& store) : keyspace_(keyspace), compactor_(store) {}

  /// Counts what an earlier run left.
  Result<void> load();
  /// Up to `limit` deleted collections, until monotonic_us() passes `deadline_us`. Returns how many.
  Result<uint64_t> collect(uint64_t limit, int64_t deadline_us);
  /// Flushed databases. Returns how many.
  Result<uint64_t> purge();

  /// Ends the compactions that give the space back; the next collection begins new ones.
  void stop_compacting() { compactor_.stop(); }

  void added(uint64_t objects) { pending_.fetch_add(static_cast<int64_t>(objects), std::memory_order_relaxed); }
  uint64_t pending() const { return static_cast<uint64_t>(std::max<int64_t>(pending_.load(), 0)); }
  uint64_t collected() const { return collected_.load(std::memory_order_relaxed); }

 private:
  Result<void> remove_items(const layout::Garbage& garbage, Batch& batch);
  Result<void> remove_prefix(Column column, std::string_view prefix, bool many, Batch& batch);
  Result<void> purge_range(Column column, DbId db, Batch& batch);
  Result<void> write(Batch& batch);

  /// One tombstone for the range; once it is written, compact_erased() has the range compacted.
  void erase_range(Column column, std::string_view from, std::string_view to, Batch& batch);
  void compact_erased();

  struct Range {
    Column column;
    std::string from, to;
  };
  Keyspace& keyspace_;
  RangeCompactor compactor_;
  std::vector<Range> erased_;  // by tombstones that may not be written yet
  std::mutex running_;
  std::string resume_;  // behind the last record collected: what lies before are tombstones
  int64_t last_full_walk_us_ = 0;
  std::atomic<int64_t> pending_{0};
  std::atomic<uint64_t> collected_{0};
};

}  // namespace basalt
