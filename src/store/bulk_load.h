// Loads very many records that come in any order: they are sorted outside of memory, written as whole tables, and
// become part of the store all at once, or not at all.
//
// While a BulkLoad lives, what Store::write() is given goes into it and not into the store. Nothing of it is seen by
// reads, and nothing survives the process, before finish() has returned. A record that replaces or erases one that the
// store has, or that was loaded before, does so; but no key gets two records in `strings` and `heads`: such a load
// fails.
//
// Everything that is not in the store yet lies in a folder of the data directory, `bulk-load.tmp`: as much as the
// records take uncompressed, and for a while the tables too. It goes with the BulkLoad; what a killed process leaves is
// removed when the directory is next opened for writing.
//
// Thread rules: belongs to one thread. No other thread may be inside the store.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"
#include "store/store.h"

namespace basalt {

class BulkLoad {
 public:
  /// Takes about `memory_bytes` for sorting.
  static Result<std::unique_ptr<BulkLoad>> begin(Store& store, uint64_t memory_bytes);
  ~BulkLoad();
  BulkLoad(const BulkLoad&) = delete;
  BulkLoad& operator=(const BulkLoad&) = delete;

  struct Loaded {
    uint64_t records = 0;
    uint64_t tables = 0;
    uint64_t table_bytes = 0;
  };
  /// Of the records that were added, so many are in tables.
  using Progress = std::function<void(uint64_t done, uint64_t of)>;
  /// Writes the tables and makes them part of the store, in one step and synced. From then on Store::write() writes to
  /// the store again. Once; after a failure the load can only be destroyed.
  Result<Loaded> finish(const Progress& progress);

 private:
  friend class Store;
  struct Impl;
  explicit BulkLoad(std::unique_ptr<Impl> impl);
  Result<void> add(const Batch& batch);

  std::unique_ptr<Impl> impl_;
};

namespace store_internal {
/// What a load that was killed has left behind.
void remove_abandoned_load(const std::string& directory);
}  // namespace store_internal

}  // namespace basalt
