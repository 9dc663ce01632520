// Where the outermost elements of a popped sorted set may be: everything beyond was deleted. An LSM tree
// keeps the deleted ones as tombstones until compaction; a seek that starts behind them needn't step
// over them. A hint that is lost (restart, eviction) costs one slow seek.
//
// Thread rules: thread-safe. Whoever holds the key's lock may use a hint as it is. Others may if they got it
// before they took their snapshot, and its version is still the same after: whoever inserts beyond a bound
// forgets the bound first, so nothing was inserted there that the snapshot has.
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
  uint64_t version = 0;  ///< another one once a bound was forgotten; 0: there is no hint

  std::string& at(ScoreEnd end) { return end == ScoreEnd::low ? low : high; }
  const std::string& at(ScoreEnd end) const { return end == ScoreEnd::low ? low : high; }
  bool covers(std::string_view key) const { return key >= low && (high.empty() || key < high); }
  bool empty() const { return low.empty() && high.empty(); }
};

class SeekHints {
 public:
  SeekHint get(ObjectId object) const;
  void set(ObjectId object, ScoreEnd end, std::string_view key);
  /// Forgets the bound beyond which `key` lies.
  void widen(ObjectId object, std::string_view key);
  void forget(ObjectId object);

 private:
  static constexpr size_t kShards = 16;
  static constexpr size_t kShardLimit = 4096;  ///< hints in one shard
  struct Shard {
    mutable std::mutex mutex;
    absl::flat_hash_map<ObjectId, SeekHint> hints;
    uint64_t last_version = 0;
  };
  Shard& shard(ObjectId object) { return shards_[object % kShards]; }
  const Shard& shard(ObjectId object) const { return shards_[object % kShards]; }

  std::array<Shard, kShards> shards_;
};

}  // namespace basalt
