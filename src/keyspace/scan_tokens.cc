#include "keyspace/scan_tokens.h"

#include <absl/hash/hash.h>

#include "base/random.h"
#include "base/slot.h"

namespace basalt {
namespace {

constexpr uint64_t kTokenMask = (uint64_t{1} << 48) - 1;

}  // namespace

ScanTokens::ScanTokens() : seed_(random_u64()) {}

ScanTokens::Place ScanTokens::place_of(uint64_t cursor) {
  Place place;
  place.slot = static_cast<uint16_t>(cursor % kSlotCount);
  const uint64_t id = cursor / kSlotCount;
  if (id == 0) return place;
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = by_id_.find(id);
  // A name of another slot is what a restart's new token happens to stand for: unlikely, not impossible.
  if (found == by_id_.end() || key_slot(found->second->name) != place.slot) return place;
  tokens_.splice(tokens_.begin(), tokens_, found->second);
  place.after = found->second->name;
  place.within = true;
  return place;
}

uint64_t ScanTokens::cursor_after(uint16_t slot, std::string_view name) {
  const uint64_t id = std::max<uint64_t>(absl::HashOf(seed_, name) & kTokenMask, 1);
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = by_id_.find(id);
  if (found != by_id_.end()) {
    tokens_.splice(tokens_.begin(), tokens_, found->second);
    bytes_ -= found->second->name.size();
    found->second->name = name;
  } else {
    tokens_.push_front({id, std::string(name)});
    by_id_[id] = tokens_.begin();
  }
  bytes_ += name.size();
  while (tokens_.size() > 1 && (tokens_.size() > kMaxTokens || bytes_ > kMaxBytes)) {
    bytes_ -= tokens_.back().name.size();
    by_id_.erase(tokens_.back().id);
    tokens_.pop_back();
  }
  return id * kSlotCount + slot;
}

}  // namespace basalt
