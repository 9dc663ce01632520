// Where the first element of a popped sorted set may be: everything below was deleted. An LSM tree
// keeps the deleted ones as tombstones until compaction; a seek that starts behind them needn't step
// over them. A hint that is lost (restart, eviction) costs one slow seek.
//
// Thread rules: thread-safe; a given object's hint is only used by whoever holds its key's lock.
#pragma once

#include <array>
#include <mutex>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>

#include "layout/record_key.h"

namespace basalt {

class SeekHints {
 public:
  std::string get(ObjectId object) const;  ///< empty: none
  void set(ObjectId object, std::string_view key);
  /// Forgets the hint if `key` lies below it.
  void lower(ObjectId object, std::string_view key);
  void forget(ObjectId object);

 private:
  static constexpr size_t kShards = 16;
  static constexpr size_t kShardLimit = 4096;  ///< hints in one shard
  struct Shard {
    mutable std::mutex mutex;
    absl::flat_hash_map<ObjectId, std::string> keys;
  };
  Shard& shard(ObjectId object) { return shards_[object % kShards]; }
  const Shard& shard(ObjectId object) const { return shards_[object % kShards]; }

  std::array<Shard, kShards> shards_;
};

}  // namespace basalt
