// What a command did to keys, as the layers above want to hear of it: WATCH, blocked clients,
// client tracking and keyspace notifications all hang off the touches of a committed Txn.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "keyspace/record.h"

namespace basalt {

class Txn;

/// Redis's classes of notify-keyspace-events; the values are this process's own.
enum class EventClass : uint16_t {
  none = 0,
  generic = 1 << 0,   // g
  string = 1 << 1,    // $
  list = 1 << 2,      // l
  set = 1 << 3,       // s
  hash = 1 << 4,      // h
  zset = 1 << 5,      // z
  expired = 1 << 6,   // x
  evicted = 1 << 7,   // e
  stream = 1 << 8,    // t
  key_miss = 1 << 9,  // m
  module = 1 << 10,   // d
  new_key = 1 << 11,  // n
};

struct Touch {
  Key key;  ///< borrowed until the observer returns
  EventClass event_class = EventClass::none;
  std::string_view event;       ///< "set", "hset", …; empty: nothing to notify
  bool modified = true;         ///< false: an event only (a key miss), the value is as it was
  bool whole_database = false;  ///< FLUSHDB, SWAPDB: every key of key.db
};

/// Hears of every commit, on the committing thread, after the write and before the key locks are
/// released: what it records is in order per key. Must be quick, must not throw or wait.
class CommitObserver {
 public:
  virtual ~CommitObserver() = default;
  /// `txn` is the one that committed; it still holds its locks.
  virtual void committed(Txn& txn, std::span<const Touch> touches) = 0;
  /// Whether anyone listens for events of this class. Only asked where an event costs something to make: for a
  /// new key SET must find out whether its key was there, and misses are many.
  virtual bool wants(EventClass) const { return false; }
};

}  // namespace basalt
