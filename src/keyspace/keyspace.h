// The keyspace: databases of keys over one store, and what keeps them tidy in the background.
//
// Thread rules: thread-safe. Background work (expiry, garbage, purges, counts) runs on the one thread
// that start() begins; every piece of it is a function that tests call directly.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "keyspace/events.h"
#include "keyspace/key_locks.h"
#include "keyspace/limits.h"
#include "keyspace/txn.h"
#include "store/store.h"

namespace basalt {

struct KeyspaceOptions {
  uint16_t databases = 16;
  int64_t garbage_grace_ms = 10'000;
};

/// How many keys a database has (DBSIZE). As in Redis, those that have expired count until they are removed.
struct KeyCount {
  uint64_t keys = 0;
  uint64_t expires = 0;        ///< of these, with an expiry
  int64_t average_ttl_ms = 0;  ///< of those that have not expired
  bool exact = true;           ///< false: from the last background count
  int64_t age_ms = 0;          ///< of the estimate
};

/// One step of SCAN.
struct ScanRequest {
  uint64_t cursor = 0;
  std::optional<std::string_view> pattern;  ///< MATCH; none: all
  std::optional<Type> type;
  uint64_t count = 10;
};
struct ScanPage {
  uint64_t cursor = 0;  ///< 0: the end
  std::vector<std::string> keys;
};

class Keyspace {
 public:
  /// Reads the database map and the object counter, or creates them. `store` and `clock` outlive it.
  static Result<std::unique_ptr<Keyspace>> open(Store& store, const Clock& clock, const KeyspaceOptions& options);
  ~Keyspace();

  Store& store() { return store_; }
  const Clock& clock() const { return clock_; }
  PackedLimits& limits() { return limits_; }
  uint16_t database_count() const;
  void set_observer(CommitObserver* observer);

  /// Exact up to `exact_limit` keys (walks them), beyond that the last background count, which is
  /// requested anew when it is older than a few seconds. Blocking.
  static constexpr uint64_t kExactCountLimit = 100'000;
  Result<KeyCount> count_keys(Txn& txn, uint16_t db);
  /// The newest count without walking anything (INFO). nullopt when none was made yet.
  std::optional<KeyCount> last_count(uint16_t db) const;

  Result<ScanPage> scan(Txn& txn, uint16_t db, const ScanRequest& request);
  /// Every live key that matches (KEYS). Blocking.
  Result<std::vector<std::string>> keys(Txn& txn, uint16_t db, std::string_view pattern);
  Result<std::optional<std::string>> random_key(Txn& txn, uint16_t db);

  // ---- background ----
  void start();
  void stop();
  /// Removes keys that expired; returns how many. DEBUG SET-ACTIVE-EXPIRE switches it.
  Result<uint64_t> expire_due(uint64_t limit);
  void set_active_expire(bool on);
  /// While clients are paused: expired keys are not seen, but nobody removes them, in the background or on meeting
  /// them.
  void pause_expiry(bool paused);
  /// Removes the items of collections deleted longer than the grace period ago; returns how many objects.
  Result<uint64_t> collect_garbage(uint64_t limit);
  /// Removes what flushed databases left behind.
  Result<uint64_t> purge_dropped_databases();
  Result<void> refresh_counts();

  /// Hash fields expire too: the hash type gives the function that removes its due fields.
  /// `record` is live; its key is locked; the writes go into `txn`, which is committed afterwards. True:
  /// not all that are due are removed yet, so it is called again for the key, in another Txn.
  using FieldExpirer = std::function<Result<bool>(Txn& txn, Key key, Record record)>;
  void set_field_expirer(FieldExpirer expirer);

  struct Stats {
    uint64_t expired_keys, expired_stale_rows, garbage_pending, garbage_collected, purges_pending;
    int64_t expiry_lag_ms;
  };
  Stats stats() const;
  /// CONFIG RESETSTAT: what stats() counts up, it counts from now on.
  void reset_stats();

  /// Reads everything again after Store::reopen (DEBUG RELOAD). Nothing else may be running.
  Result<void> reload();

 private:
  friend class Txn;
  friend class Expirer;
  friend class GarbageCollector;
  Keyspace(Store& store, const Clock& clock, const KeyspaceOptions& options);
  Result<void> tick();

  Store& store_;
  const Clock& clock_;
  PackedLimits limits_;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace basalt
