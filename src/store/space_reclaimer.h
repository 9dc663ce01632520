// Brings the space of deleted records back while the size limit refuses writes.
//
// RocksDB compacts because writes come in. While they are refused, what was deleted would stay in memtables and
// upper levels as tombstones, and nothing would ever get smaller: so memtables are flushed and the columns
// that hold tombstones compacted, after deletions and with rests in between.
//
// Thread rules: one thread of its own; the destructor ends a compaction under way and waits for that.
#pragma once

#include <rocksdb/db.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "store/options.h"
#include "store/space_guard.h"

namespace basalt::store_internal {

class SpaceReclaimer {
 public:
  /// All three outlive it.
  SpaceReclaimer(rocksdb::DB& db, const ColumnHandles& columns, const SpaceGuard& guard);
  ~SpaceReclaimer();

 private:
  void run();
  void reclaim();
  bool has_deletions(rocksdb::ColumnFamilyHandle* column) const;

  rocksdb::DB& db_;
  const ColumnHandles& columns_;
  const SpaceGuard& guard_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace basalt::store_internal
