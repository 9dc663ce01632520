// How many keys each database has. Nothing counts along with every write (a blind SET doesn't know whether
// its key was there): small databases are walked when asked, large ones in the background.
//
// Thread rules: thread-safe; advance() is for one thread at a time (it takes a mutex).
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "keyspace/keyspace.h"

namespace basalt {

class KeyCounter {
 public:
  explicit KeyCounter(Keyspace& keyspace) : keyspace_(keyspace) {}

  /// Keyspace::count_keys.
  Result<KeyCount> count(Txn& txn, uint16_t db);
  std::optional<KeyCount> last(uint16_t db) const;

  /// Whether the background count has something to do: asked for, and not right after the last round.
  bool due() const;
  /// Goes on with the round under way, or begins one, until monotonic_us() passes `deadline_us`; true when the round
  /// was finished.
  Result<bool> advance(int64_t deadline_us);

 private:
  struct Tally {
    uint64_t keys = 0;
    uint64_t expires = 0;
    uint64_t living = 0;  ///< of these, not expired yet
    double ttl_sum_ms = 0;
    void add(int64_t expire_ms, int64_t now_ms);
    KeyCount result() const;
  };
  struct Counted {
    KeyCount count;
    int64_t at_ms = 0;
  };
  // Where the round under way stands.
  struct Round {
    uint16_t db = 0;
    uint16_t slot = 0;
    std::string after;
    bool within = false;
    Tally tally;
    std::vector<Counted> counted;
    int64_t working_us = 0;
  };
  Result<bool> count_slice(Round& round, int64_t deadline_us);
  void finish_round();
  uint64_t estimate() const;

  Keyspace& keyspace_;
  std::mutex advancing_;
  std::optional<Round> round_;
  int64_t rest_until_us_ = 0;
  mutable std::atomic<bool> wanted_{true};
  mutable std::mutex mutex_;
  std::vector<Counted> last_;
};

}  // namespace basalt
