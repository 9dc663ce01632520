// Which range on disk (DbId) each SELECT number has. FLUSHDB gives a number a fresh range and leaves
// the old one to be purged; SWAPDB exchanges two.
//
// Thread rules: reading is lock-free. Only whoever has closed the gate changes the map, and whoever
// holds a share of it (every writer of keys) sees it unchanged. Others compare the stamp before and
// after their reads.
//
// Invariants:
// 1. The map in memory changes only after the batch that holds the new map was applied.
// 2. The stamp is odd from before that batch is applied until the map in memory has followed.
// 3. A range is handed out only when it is neither in use nor waiting to be purged.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "base/result.h"
#include "keyspace/database_gate.h"
#include "layout/record_key.h"
#include "store/store.h"

namespace basalt {

/// What a Txn wants of the map: where each number shall lead, and which ranges are left behind.
struct DatabaseChange {
  std::vector<DbId> ids;
  std::vector<DbId> dropped;
};

class DatabaseMap {
 public:
  /// Reads the map, or creates it; makes room for `count` databases. What a data directory has beyond
  /// that is kept on disk. Nothing else may be running.
  Result<void> load(Store& store, uint16_t count);

  uint16_t count() const { return count_; }
  DbId id(uint16_t db) const { return ids_[db].load(std::memory_order_acquire); }
  /// The number that has this range; nullopt when none does.
  std::optional<uint16_t> number_of(DbId id) const;
  DatabaseGate& gate() { return gate_; }

  struct Stamp {
    uint32_t value = 0;
    bool settled() const { return (value & 1) == 0; }
    bool operator==(const Stamp&) const = default;
  };
  Stamp stamp() const { return {stamp_.load()}; }
  /// Until the stamp is no longer `unsettled`.
  void wait_past(Stamp unsettled) const { stamp_.wait(unsettled.value); }

  // ---- for whoever closed the gate ----
  /// The map as it is, to be changed.
  DatabaseChange begin_change() const;
  /// Gives `db` a fresh range and drops its old one.
  Result<void> flush(DatabaseChange& change, uint16_t db) const;
  /// Adds the new map and the purge records to `batch`, applies it, and follows.
  Result<void> commit(Store& store, Batch& batch, const DatabaseChange& change, int64_t now_ms, WriteMode mode);

  // ---- purges ----
  struct Purge {
    DbId db = 0;
    int64_t dropped_ms = 0;
  };
  std::vector<Purge> purges() const;
  uint64_t purge_count() const;
  /// After the range's last records, and its purge record, are gone from the disk.
  void purged(DbId id);

 private:
  Result<void> load_purges(Store& store);
  bool is_free(DbId id, const DatabaseChange& change) const;

  uint16_t count_ = 0;   // what SELECT may name
  uint32_t stored_ = 0;  // what the record on disk has: count_ or more
  std::unique_ptr<std::atomic<DbId>[]> ids_;
  std::atomic<uint32_t> stamp_{0};
  DbId next_ = 0;  // where the search for a fresh range begins; the gate's closer's
  DatabaseGate gate_;
  mutable std::mutex purges_mutex_;
  absl::flat_hash_map<DbId, int64_t> purges_;  // dropped when, by range
};

}  // namespace basalt
