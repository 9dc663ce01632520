// Locks by key: a striped table. Two keys may share a stripe; that costs waiting, never correctness.
//
// Thread rules: KeyLocks is thread-safe. A KeyLockSet belongs to one thread, which acquires and
// releases it without suspending in between. Stripes are taken in ascending order, so sets acquired
// in one go cannot deadlock; extending a held set is only possible with try (see `try_add`).
//
// Invariant: a stripe's state changes with every lock and every release. A reader that sees the same
// quiet state before and after its reads knows that nobody changed a key of the stripe in between.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include <absl/container/inlined_vector.h>

#include "keyspace/record.h"

namespace basalt {

class KeyLocks {
 public:
  explicit KeyLocks(uint32_t stripes = 8192);  ///< a power of two
  ~KeyLocks();
  /// Which stripe a key has follows from it.
  static uint64_t hash_of(Key key);
  uint32_t stripe_of(Key key) const { return static_cast<uint32_t>(hash_of(key)) & mask_; }

  struct State {
    uint32_t word = 0;
    bool quiet() const { return (word & kLocked) == 0; }  ///< nobody holds the stripe
    bool operator==(const State&) const = default;
  };
  State state_of(Key key) const { return state_at(hash_of(key)); }
  State state_at(uint64_t hash) const;

 private:
  friend class KeyLockSet;
  static constexpr uint32_t kLocked = 1;
  static constexpr uint32_t kWaiters = 2;   ///< somebody sleeps until the release
  static constexpr uint32_t kStarving = 4;  ///< and was too late too often: the next release is for who waits
  static constexpr uint32_t kVersion = 8;   ///< the version counts releases, in the bits above
  struct Stripe;
  bool try_lock(uint32_t stripe);
  void lock(uint32_t stripe);
  void unlock(uint32_t stripe);

  std::unique_ptr<Stripe[]> stripes_;
  uint32_t mask_;
};

class KeyLockSet {
 public:
  explicit KeyLockSet(KeyLocks& locks) : locks_(&locks) {}
  ~KeyLockSet() { release(); }
  KeyLockSet(const KeyLockSet&) = delete;
  KeyLockSet& operator=(const KeyLockSet&) = delete;

  /// Waits for every key's stripe. Nothing may be held yet.
  void acquire(std::span<const Key> keys);
  /// Adds the keys to what is held, spinning briefly; false when one is taken elsewhere (what was
  /// held before is still held, nothing of `keys` is).
  bool try_add(std::span<const Key> keys);
  bool holds(Key key) const;
  bool empty() const { return held_.empty(); }
  uint32_t first_stripe() const { return held_.front(); }  ///< of a set that is not empty
  void release();

 private:
  using Stripes = absl::InlinedVector<uint32_t, 8>;
  Stripes missing(std::span<const Key> keys) const;

  KeyLocks* locks_;
  Stripes held_;  // sorted, distinct
};

}  // namespace basalt
