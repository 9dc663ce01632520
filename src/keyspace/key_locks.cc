#include "keyspace/key_locks.h"

#include <algorithm>
#include <bit>

#include <absl/hash/hash.h>
#include <glog/logging.h>

namespace basalt {
namespace {

// A holder that runs gives its stripe back within a few microseconds; one that does not is worth no spinning.
constexpr int kSpins = 64;
constexpr int kMostSleeps = 4;  // of a waiter that finds the stripe taken again, before others stand back

}  // namespace

struct KeyLocks::Stripe {
  std::atomic<uint32_t> word{0};
};

KeyLocks::KeyLocks(uint32_t stripes) : stripes_(new Stripe[stripes]), mask_(stripes - 1) {
  CHECK(std::has_single_bit(stripes));
}

KeyLocks::~KeyLocks() = default;

uint64_t KeyLocks::hash_of(Key key) { return absl::HashOf(key.db, key.name); }

KeyLocks::State KeyLocks::state_at(uint64_t hash) const {
  return {stripes_[static_cast<uint32_t>(hash) & mask_].word.load()};
}

bool KeyLocks::try_lock(uint32_t stripe) {
  auto& word = stripes_[stripe].word;
  for (int i = 0; i < kSpins; ++i) {
    uint32_t seen = word.load(std::memory_order_relaxed);
    if ((seen & (kLocked | kStarving)) == 0 &&
        word.compare_exchange_weak(seen, seen | kLocked, std::memory_order_acquire)) {
      return true;
    }
    __builtin_ia32_pause();
  }
  return false;
}

// The three-state mutex of Ulrich Drepper's "Futexes Are Tricky": whoever slept takes the lock with
// kWaiters set, since others may sleep behind it. On a hot key an I/O thread that is awake would always be quicker than
// who has to wake up first, and so would whoever comes anew: after some times of that they have to stand back.
void KeyLocks::lock(uint32_t stripe) {
  if (try_lock(stripe)) return;
  auto& word = stripes_[stripe].word;
  uint32_t seen = word.load(std::memory_order_relaxed);
  for (int sleeps = 0;;) {
    const uint32_t waiting = kWaiters | (sleeps >= kMostSleeps ? kStarving : 0);
    const bool free = (seen & kLocked) == 0 && (sleeps > 0 || (seen & kStarving) == 0);
    if (free) {
      const uint32_t taken = (seen & ~kStarving) | kLocked | kWaiters;
      if (word.compare_exchange_weak(seen, taken, std::memory_order_acquire)) return;
    } else if ((seen & waiting) == waiting || word.compare_exchange_weak(seen, seen | waiting)) {
      word.wait(seen | waiting);
      ++sleeps;
      seen = word.load(std::memory_order_relaxed);
    }
  }
}

void KeyLocks::unlock(uint32_t stripe) {
  auto& word = stripes_[stripe].word;
  uint32_t seen = word.load(std::memory_order_relaxed);
  while (!word.compare_exchange_weak(seen, (seen & ~(kLocked | kWaiters)) + kVersion, std::memory_order_release)) {
  }
  if (seen & kWaiters) word.notify_one();
}

KeyLockSet::Stripes KeyLockSet::missing(std::span<const Key> keys) const {
  Stripes stripes;
  stripes.reserve(keys.size());
  for (const Key& key : keys) stripes.push_back(locks_->stripe_of(key));
  std::sort(stripes.begin(), stripes.end());
  stripes.erase(std::unique(stripes.begin(), stripes.end()), stripes.end());
  if (!held_.empty()) {
    auto is_held = [&](uint32_t stripe) { return std::binary_search(held_.begin(), held_.end(), stripe); };
    stripes.erase(std::remove_if(stripes.begin(), stripes.end(), is_held), stripes.end());
  }
  return stripes;
}

void KeyLockSet::acquire(std::span<const Key> keys) {
  CHECK(held_.empty()) << "waiting for locks while holding some can deadlock";
  held_ = missing(keys);
  for (uint32_t stripe : held_) locks_->lock(stripe);
}

bool KeyLockSet::try_add(std::span<const Key> keys) {
  const Stripes wanted = missing(keys);
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (locks_->try_lock(wanted[i])) continue;
    while (i-- > 0) locks_->unlock(wanted[i]);
    return false;
  }
  const auto middle = held_.insert(held_.end(), wanted.begin(), wanted.end());
  std::inplace_merge(held_.begin(), middle, held_.end());
  return true;
}

bool KeyLockSet::holds(Key key) const {
  return !held_.empty() && std::binary_search(held_.begin(), held_.end(), locks_->stripe_of(key));
}

void KeyLockSet::release() {
  for (uint32_t stripe : held_) locks_->unlock(stripe);
  held_.clear();
}

}  // namespace basalt
