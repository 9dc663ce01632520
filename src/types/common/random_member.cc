#include "types/common/random_member.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <limits>
#include <string>

#include "base/random.h"

namespace basalt {

namespace {

constexpr uint64_t kItemsPerBucket = 8;
constexpr uint64_t kPlaces = 18;
constexpr uint64_t kItemsInHand = 128;
constexpr uint64_t kAllInHand = 1024;
constexpr size_t kBytesInHand = 64 * 1024;
constexpr uint64_t kMaxBuckets = uint64_t{1} << 31;
constexpr uint64_t kHashes = uint64_t{1} << 32;
// So many misses in a row mean hashes made to collide (or a damaged size): a chance of 10^-31 else.
constexpr int kMaxMisses = 125;

// A dart costs about as much as 32 steps of a cursor. Repeated members are kept in memory when all
// are walked, so then the walk must not be much longer than the reply.
constexpr uint64_t kWalkPerDistinct = 32;
constexpr uint64_t kWalkPerRepeat = 8;

constexpr int64_t kMaxCount = std::numeric_limits<int64_t>::max();
constexpr size_t kMaxReplyBytes = size_t{512} << 20;

uint64_t magnitude(int64_t count) {
  return count < 0 ? 0 - static_cast<uint64_t>(count) : static_cast<uint64_t>(count);
}

// Decides, for each of a known number of members in turn, whether it is among those taken, such that
// every choice of `wanted` of them is equally likely (Knuth, TAOCP 3.4.2, algorithm S).
class Selection {
 public:
  Selection(uint64_t wanted, uint64_t members) : wanted_(std::min(wanted, members)), left_(members) {}
  bool take() {
    if (left_ == 0 || random_below(left_--) >= wanted_) return false;
    --wanted_;
    return true;
  }
  bool complete() const { return wanted_ == 0; }

 private:
  uint64_t wanted_;
  uint64_t left_;
};

Result<void> sample_distinct_by_walking(Txn& txn, ObjectId object, uint64_t size, uint64_t count, MemberSink sink) {
  Selection selection(count, size);
  TRY(walk_members(txn, object, [&](Member member) -> Result<bool> {
    if (selection.take()) TRY(sink(member));
    return !selection.complete();
  }));
  if (!selection.complete()) return damaged_record("a collection's size");
  return {};
}

Result<void> sample_distinct_by_darts(Txn& txn, ObjectId object, uint64_t size, uint64_t count, MemberSink sink) {
  RandomMember darts(txn, object, size);
  absl::flat_hash_set<std::string> taken;
  taken.reserve(count);
  while (taken.size() < count) {
    const Member member = TRY(darts.pick());
    if (taken.insert(std::string(member.name)).second) TRY(sink(member));
  }
  return {};
}

Result<void> sample_repeated_from_memory(Txn& txn, ObjectId object, uint64_t count, MemberSink sink) {
  std::vector<std::pair<std::string, std::string>> copies;
  TRY(walk_members(txn, object, [&](Member member) -> Result<bool> {
    copies.emplace_back(member.name, member.value);
    return true;
  }));
  if (copies.empty()) return damaged_record("a collection's size");
  for (; count > 0; --count) {
    const auto& [name, value] = copies[random_below(copies.size())];
    TRY(sink({name, value}));
  }
  return {};
}

Result<void> sample_repeated_by_darts(Txn& txn, ObjectId object, uint64_t size, uint64_t count, MemberSink sink) {
  RandomMember darts(txn, object, size);
  for (; count > 0; --count) TRY(sink(TRY(darts.pick())));
  return {};
}

}  // namespace

Result<int64_t> random_count(const Call& call, size_t index) {
  const int64_t count = TRY(call.integer(index));
  if (count < -kMaxCount) {
    return fail("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
  }
  return count;
}

Result<void> check_paired_count(int64_t count) {
  if (count < -kMaxCount / 2 || count > kMaxCount / 2) return fail("ERR value is out of range");
  return {};
}

Result<void> check_random_reply(const Reply& reply, size_t start) {
  if (reply.size() - start > kMaxReplyBytes) return fail("ERR the reply would be too large");
  return {};
}

uint64_t random_reply_count(int64_t count, uint64_t size) {
  if (count < 0) return size == 0 ? 0 : magnitude(count);
  return std::min(magnitude(count), size);
}

Result<void> sample_members(const std::vector<Member>& members, int64_t count, MemberSink sink) {
  uint64_t wanted = random_reply_count(count, members.size());
  if (count < 0) {
    for (; wanted > 0; --wanted) TRY(sink(members[random_below(members.size())]));
    return {};
  }
  Selection selection(wanted, members.size());
  for (const Member& member : members) {
    if (selection.take()) TRY(sink(member));
  }
  return {};
}

Result<void> sample_members(Txn& txn, ObjectId object, uint64_t size, int64_t count, MemberSink sink) {
  const uint64_t wanted = random_reply_count(count, size);
  if (wanted == 0) return {};
  if (count < 0) {
    return wanted >= size / kWalkPerRepeat ? sample_repeated_from_memory(txn, object, wanted, sink)
                                           : sample_repeated_by_darts(txn, object, size, wanted, sink);
  }
  return wanted >= size / kWalkPerDistinct ? sample_distinct_by_walking(txn, object, size, wanted, sink)
                                           : sample_distinct_by_darts(txn, object, size, wanted, sink);
}

RandomMember::RandomMember(Txn& txn, ObjectId object, uint64_t size)
    : size_(size), buckets_(std::clamp(size / kItemsPerBucket, uint64_t{1}, kMaxBuckets)), cursor_(txn, object) {}

Result<Member> RandomMember::pick() {
  for (int misses = 0; misses < kMaxMisses; ++misses) {
    if (auto member = TRY(throw_dart())) return *member;
  }
  return pick_by_walking();
}

RandomMember::Bucket RandomMember::random_bucket() const {
  const uint64_t bucket = random_below(buckets_);
  return {static_cast<uint32_t>((bucket << 32) / buckets_), ((bucket + 1) << 32) / buckets_};
}

Result<PopCandidates::Hand> RandomMember::handful(std::optional<uint32_t> from) {
  PopCandidates::Hand hand;
  const uint64_t wanted = size_ > kAllInHand ? kItemsInHand : size_;
  size_t bytes = 0;
  auto has_room = [&] { return hand.members.size() < wanted && bytes < kBytesInHand; };
  auto take = [&](uint32_t first_hash, uint64_t end_hash) -> Result<void> {
    for (cursor_.seek(first_hash); has_room(); cursor_.next()) {
      auto item = TRY(cursor_.item());
      if (!item || item->position.hash >= end_hash) return {};
      // To a random place among those before it (Knuth, TAOCP 3.4.2, algorithm P).
      hand.members.emplace_back(item->position.name);
      std::swap(hand.members.back(), hand.members[random_below(hand.members.size())]);
      bytes += item->position.name.size();
      hand.next_hash = item->position.hash;  // and the next one's, when it comes to that
    }
    return {};
  };
  const uint32_t start = from ? *from : static_cast<uint32_t>(random_below(kHashes));
  TRY(take(start, kHashes));
  if (has_room()) TRY(take(0, start));  // a seek, and perhaps over the tombstones of many pops
  return hand;
}

Result<std::optional<Member>> RandomMember::throw_dart() {
  const uint64_t place = random_below(kPlaces);
  const auto [first_hash, end_hash] = random_bucket();
  cursor_.seek(first_hash);
  std::optional<Member> hit;
  uint64_t items = 0;
  for (;; cursor_.next(), ++items) {
    auto item = TRY(cursor_.item());
    if (!item || item->position.hash >= end_hash) break;
    if (items == place && place + 1 < kPlaces) return item->member();
  }
  if (place + 1 < kPlaces || items <= place) return std::nullopt;
  const uint64_t in_last_place = items - place;
  cursor_.seek(first_hash);
  return TRY(step_to(place + random_below(in_last_place)));
}

// Slow, and fair whatever the hashes.
Result<Member> RandomMember::pick_by_walking() {
  cursor_.seek_to_first();
  return step_to(random_below(size_));
}

Result<Member> RandomMember::step_to(uint64_t item) {
  for (; item > 0 && TRY(cursor_.item()); --item) cursor_.next();
  auto found = TRY(cursor_.item());
  if (!found) return damaged_record("a collection's size");
  return found->member();
}

}  // namespace basalt
