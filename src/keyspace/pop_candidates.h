// Members of large collections that were drawn at random and wait to be popped one at a time (SPOP): a draw costs two
// seeks in an LSM tree, and what lies around the place it hits comes nearly for free. They are hints: whoever takes one
// looks whether it is still there. Losing them (restart, eviction, a Txn that comes to nothing) costs another draw.
//
// Thread rules: thread-safe.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "layout/record_key.h"

namespace basalt {

class PopCandidates {
 public:
  std::optional<std::string> take(ObjectId object);
  /// Replaces those that are there. Long ones are left out, to bound the memory.
  void keep(ObjectId object, std::vector<std::string> members);

 private:
  static constexpr size_t kShards = 16;
  static constexpr size_t kShardLimit = 64;  ///< collections in one shard
  static constexpr size_t kLongest = 1024;   ///< bytes of a member
  struct Shard {
    std::mutex mutex;
    absl::flat_hash_map<ObjectId, std::vector<std::string>> members;
  };
  std::array<Shard, kShards> shards_;
};

}  // namespace basalt
