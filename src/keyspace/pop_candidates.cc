#include "keyspace/pop_candidates.h"

#include <numeric>
#include <utility>

#include "base/random.h"

namespace basalt {
namespace {

size_t bytes_of(const std::string& member) { return sizeof member + member.size(); }

size_t bytes_of(const PopCandidates::Hand& hand) {
  return std::accumulate(hand.members.begin(), hand.members.end(), sizeof hand,
                         [](size_t sum, const std::string& member) { return sum + bytes_of(member); });
}

}  // namespace

std::optional<std::string> PopCandidates::take(ObjectId object) {
  auto& [mutex, hands] = shard(object);
  std::lock_guard lock(mutex);
  const auto found = hands.find(object);
  if (found == hands.end() || found->second.members.empty()) return std::nullopt;
  auto& members = found->second.members;
  std::string member = std::move(members.back());
  members.pop_back();
  bytes_ -= bytes_of(member);
  return member;
}

std::optional<uint32_t> PopCandidates::next_hash(ObjectId object) {
  auto& [mutex, hands] = shard(object);
  std::lock_guard lock(mutex);
  const auto found = hands.find(object);
  return found == hands.end() ? std::nullopt : std::optional(found->second.next_hash);
}

void PopCandidates::keep(ObjectId object, Hand hand) {
  auto& [mutex, hands] = shard(object);
  std::lock_guard lock(mutex);
  if (const auto old = hands.find(object); old != hands.end()) {
    bytes_ -= bytes_of(old->second);
    hands.erase(old);
  }
  // Any other one will do: the hot ones come back with their next pop.
  const size_t bytes = bytes_of(hand);
  while (bytes_ + bytes > kMostBytes && !hands.empty()) {
    bytes_ -= bytes_of(hands.begin()->second);
    hands.erase(hands.begin());
  }
  if (bytes_ + bytes > kMostBytes) return;
  bytes_ += bytes;
  hands.emplace(object, std::move(hand));
}

void PopCandidates::joined(ObjectId object, std::string_view member, uint64_t size) {
  const size_t room = kMostBytes - bytes_.load(std::memory_order_relaxed);
  if (room == kMostBytes || room < sizeof(std::string) + member.size()) return;
  auto& [mutex, hands] = shard(object);
  std::lock_guard lock(mutex);
  const auto found = hands.find(object);
  if (found == hands.end()) return;
  auto& members = found->second.members;
  if (random_below(size) > members.size()) return;
  members.emplace_back(member);
  bytes_ += bytes_of(members.back());
  std::swap(members.back(), members[random_below(members.size())]);
}

void PopCandidates::forget(ObjectId object) {
  if (bytes_.load(std::memory_order_relaxed) == 0) return;
  auto& [mutex, hands] = shard(object);
  std::lock_guard lock(mutex);
  const auto found = hands.find(object);
  if (found == hands.end()) return;
  bytes_ -= bytes_of(found->second);
  hands.erase(found);
}

}  // namespace basalt
