// A key at a moment, for copies of what was read of it: whoever finds the key as it was then knows that nobody has
// changed it since, and that its database is the same.
#pragma once

#include <cstdint>

#include "keyspace/database_map.h"
#include "keyspace/key_locks.h"

namespace basalt {

struct KeyMoment {
  Key key;            ///< borrowed
  uint64_t hash = 0;  ///< KeyLocks::hash_of(key)
  KeyLocks::State state;
  DatabaseMap::Stamp stamp;
  int64_t now_ms = 0;

  /// Nobody is changing the key or the databases at this moment.
  bool quiet() const { return state.quiet() && stamp.settled(); }
};

/// What a copy keeps of the moment that it was read at.
struct CopyMoment {
  KeyLocks::State state;
  DatabaseMap::Stamp stamp;
  int64_t read_ms = 0;

  CopyMoment() = default;
  explicit CopyMoment(const KeyMoment& moment) : state(moment.state), stamp(moment.stamp), read_ms(moment.now_ms) {}
  /// Whether the copy is true at `moment`. A state's version comes again after half a billion releases: a copy older
  /// than a minute does not count.
  bool holds_at(const KeyMoment& moment) const {
    constexpr int64_t kLongest_ms = 60'000;
    const int64_t age_ms = moment.now_ms - read_ms;
    return state == moment.state && stamp == moment.stamp && age_ms >= 0 && age_ms <= kLongest_ms;
  }
};

}  // namespace basalt
