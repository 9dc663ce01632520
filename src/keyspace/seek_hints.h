// Where the outermost elements of a popped sorted set may be: everything beyond was deleted. An LSM tree
// keeps the deleted ones as tombstones until compaction; a seek that starts behind them needn't step
// over them. A hint that is lost (restart, eviction) costs one slow seek.
//
// Thread rules: thread-safe; a given object's hints are only used by whoever holds its key's lock.
#pragma once

#include <array>
#include <mutex>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>

#include "layout/record_key.h"

namespace basalt {

enum class ScoreEnd : uint8_t { low, high };

/// Bounds of what may be there, as `scores` keys: `low` is inside, `high` is not. Empty: unknown.
struct SeekHint {
  std::string low;
  std::string high;

  std::string& at(ScoreEnd end) { return end == ScoreEnd::low ? low : high; }
  const std::string& at(ScoreEnd end) const { return end == ScoreEnd::low ? low : high; }
  /// Forgets a bound beyond which `key` lies.
  void widen(std::string_view key) {
    if (key < low) low.clear();
    if (!high.empty() && key >= high) high.clear();
  }
  bool empty() const { return low.empty() && high.empty(); }
};

class SeekHints {
 public:
  SeekHint get(ObjectId object) const;
  void set(ObjectId object, ScoreEnd end, std::string_view key);
  void widen(ObjectId object, std::string_view key);
  void forget(ObjectId object);

 private:
  static constexpr size_t kShards = 16;
  static constexpr size_t kShardLimit = 4096;  ///< hints in one shard
  struct Shard {
    mutable std::mutex mutex;
    absl::flat_hash_map<ObjectId, SeekHint> hints;
  };
  Shard& shard(ObjectId object) { return shards_[object % kShards]; }
  const Shard& shard(ObjectId object) const { return shards_[object % kShards]; }

  std::array<Shard, kShards> shards_;
};

}  // namespace basalt
