// The RocksDB options of a store: chosen for data sets larger than memory, within one memory budget.
// docs/decisions/0002-storage-options.md tells why; options.cc tells it option by option.
#pragma once

#if __has_include(<rocksdb/advanced_cache.h>)
#include <rocksdb/advanced_cache.h>
#endif
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/statistics.h>
#include <rocksdb/write_buffer_manager.h>

#include <array>
#include <memory>

#include "store/store.h"

namespace basalt::store_internal {

/// How the budget is divided. The block cache is nearly as large as the budget, and memtables are charged
/// to it: what they use, cached blocks give up.
struct MemoryPlan {
  uint64_t budget;
  uint64_t cache;          ///< the block cache with all that is charged to it
  uint64_t memtables;      ///< all of them together; a flush starts before
  uint64_t large_buffer;   ///< one memtable of strings, heads, items, scores
  int flushed_together;    ///< so many of those make one file
  uint64_t small_buffer;   ///< of expiry, streams, system
  uint64_t whole_filters;  ///< filters are in one piece while all tables together are smaller
  uint64_t wal;            ///< WAL on disk before the oldest memtables are flushed: bounds restart time
};
/// `flushed_together`: what an open store has, which stays; 0: what suits the budget.
MemoryPlan plan_memory(uint64_t budget, int flushed_together = 0);
uint64_t write_buffer_of(Column column, const MemoryPlan& plan);

struct EngineOptions {
  rocksdb::DBOptions db;
  std::array<rocksdb::ColumnFamilyOptions, kColumnCount> columns;
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  std::shared_ptr<rocksdb::Statistics> statistics;
};

using ColumnHandles = std::array<rocksdb::ColumnFamilyHandle*, kColumnCount>;

/// For tables that are written apart and taken in later, however many they are.
rocksdb::Options apart(const EngineOptions& engine, Column column);

/// With the overrides applied; an error names the option and the value.
Result<EngineOptions> engine_options(const StoreOptions& options);

}  // namespace basalt::store_internal
