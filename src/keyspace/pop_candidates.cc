#include "keyspace/pop_candidates.h"

#include <numeric>
#include <utility>

#include "base/random.h"

namespace basalt {
namespace {

size_t bytes_of(const std::string& member) { return sizeof member + member.size(); }

size_t bytes_of(const std::vector<std::string>& members) {
  return std::accumulate(members.begin(), members.end(), size_t{0},
                         [](size_t sum, const std::string& member) { return sum + bytes_of(member); });
}

}  // namespace

std::optional<std::string> PopCandidates::take(ObjectId object) {
  auto& [mutex, collections] = shard(object);
  std::lock_guard lock(mutex);
  const auto found = collections.find(object);
  if (found == collections.end()) return std::nullopt;
  Members& members = found->second;
  std::string member = std::move(members.back());
  members.pop_back();
  if (members.empty()) collections.erase(found);
  bytes_ -= bytes_of(member);
  return member;
}

void PopCandidates::keep(ObjectId object, Members members) {
  if (members.empty()) return;
  auto& [mutex, collections] = shard(object);
  std::lock_guard lock(mutex);
  // Any other one will do: the hot ones come back with their next pop.
  const size_t bytes = bytes_of(members);
  while (bytes_ + bytes > kMostBytes && !collections.empty()) {
    bytes_ -= bytes_of(collections.begin()->second);
    collections.erase(collections.begin());
  }
  if (bytes_ + bytes > kMostBytes) return;
  Members& place = collections[object];
  bytes_ += bytes;
  bytes_ -= bytes_of(place);
  place = std::move(members);
}

void PopCandidates::joined(ObjectId object, std::string_view member, uint64_t size) {
  const size_t room = kMostBytes - bytes_.load(std::memory_order_relaxed);
  if (room == kMostBytes || room < sizeof(std::string) + member.size()) return;
  auto& [mutex, collections] = shard(object);
  std::lock_guard lock(mutex);
  const auto found = collections.find(object);
  if (found == collections.end()) return;
  Members& members = found->second;
  if (random_below(size) > members.size()) return;
  members.emplace_back(member);
  bytes_ += bytes_of(members.back());
  std::swap(members.back(), members[random_below(members.size())]);
}

void PopCandidates::forget(ObjectId object) {
  if (bytes_.load(std::memory_order_relaxed) == 0) return;
  auto& [mutex, collections] = shard(object);
  std::lock_guard lock(mutex);
  const auto found = collections.find(object);
  if (found == collections.end()) return;
  bytes_ -= bytes_of(found->second);
  collections.erase(found);
}

}  // namespace basalt
