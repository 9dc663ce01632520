// Members of large collections that were drawn at random and wait to be popped one at a time (SPOP): a draw costs two
// seeks in an LSM tree, and what lies around the place it hits comes nearly for free. They are hints: whoever takes one
// looks whether it is still there. Losing them (restart, eviction, a Txn that comes to nothing) costs another draw.
//
// Thread rules: thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "layout/record_key.h"

namespace basalt {

class PopCandidates {
 public:
  struct Hand {
    std::vector<std::string> members;
    uint32_t next_hash = 0;  ///< where the next draw begins: the hash of the last one drawn, which others may have too
  };

  std::optional<std::string> take(ObjectId object);
  /// Where the next draw goes on; nullopt: nothing is known of an earlier one.
  std::optional<uint32_t> next_hash(ObjectId object);
  /// Replaces those that are there; as far as there is room.
  void keep(ObjectId object, Hand hand);
  /// `member` has joined a collection, which now has `size` members: it gets among the candidates as probably as if
  /// they were drawn now.
  void joined(ObjectId object, std::string_view member, uint64_t size);
  /// The collection is gone.
  void forget(ObjectId object);

 private:
  static constexpr size_t kShards = 16;
  static constexpr size_t kMostBytes = 8 << 20;  ///< of all hands
  struct Shard {
    std::mutex mutex;
    absl::flat_hash_map<ObjectId, Hand> hands;
  };
  Shard& shard(ObjectId object) { return shards_[object % kShards]; }

  std::array<Shard, kShards> shards_;
  std::atomic<size_t> bytes_{0};  ///< 0: there is none
};

}  // namespace basalt
