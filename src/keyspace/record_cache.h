// Copies of small records that were read lately, in front of the store: a point read of the memtable costs half a
// microsecond and more, one from here a tenth.
//
// Nobody tells the cache of writes. A copy carries the version that its key's lock stripe had while it was read
// (KeyLocks: every release of the stripe makes a new one) and the database map's stamp; it counts only as long as both
// are what they were. So whatever is written to the key, or to another one of its stripe, or flushed or swapped,
// makes it worthless at once.
//
// Direct-mapped, in a fixed piece of memory that the kernel gives page by page as it is used. A record gets in at the
// second look for it in a row, so that a walk over cold keys empties nothing.
//
// Thread rules: thread-safe. Nobody waits: a slot that somebody else is looking at is a miss.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "keyspace/key_moment.h"
#include "layout/columns.h"
#include "store/store.h"

namespace basalt {

class RecordCache {
 public:
  explicit RecordCache(uint64_t bytes);
  ~RecordCache();
  RecordCache(const RecordCache&) = delete;

  /// Which record, and as of when: taken before the store is read.
  struct Moment {
    Column column;
    KeyMoment at;
  };
  /// Whether there is a copy; then it is copied to `out`.
  bool find(const Moment& moment, Value& out);
  /// The record as it was read at that moment: the caller has seen that the state is still the same.
  void offer(const Moment& moment, std::string_view record);
  void clear();

  static constexpr size_t kSlotBytes = 256;

 private:
  struct Slot;
  Slot& slot_of(const Moment& moment) const;

  uint64_t slots_;  // a power of two
  Slot* memory_;
};

}  // namespace basalt
