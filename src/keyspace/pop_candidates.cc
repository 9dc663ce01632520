#include "keyspace/pop_candidates.h"

#include <utility>

namespace basalt {

std::optional<std::string> PopCandidates::take(ObjectId object) {
  Shard& shard = shards_[object % kShards];
  std::lock_guard lock(shard.mutex);
  const auto found = shard.members.find(object);
  if (found == shard.members.end()) return std::nullopt;
  auto& members = found->second;
  std::string member = std::move(members.back());
  members.pop_back();
  if (members.empty()) shard.members.erase(found);
  return member;
}

void PopCandidates::keep(ObjectId object, std::vector<std::string> members) {
  std::erase_if(members, [](const std::string& member) { return member.size() > kLongest; });
  if (members.empty()) return;
  Shard& shard = shards_[object % kShards];
  std::lock_guard lock(shard.mutex);
  // Any one will do: the hot ones come back with their next pop.
  if (shard.members.size() >= kShardLimit && !shard.members.contains(object))
    shard.members.erase(shard.members.begin());
  shard.members[object] = std::move(members);
}

}  // namespace basalt
