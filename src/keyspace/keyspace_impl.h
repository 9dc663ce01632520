// The parts of a Keyspace, for the files of this folder only.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "keyspace/database_map.h"
#include "keyspace/expirer.h"
#include "keyspace/garbage_collector.h"
#include "keyspace/key_counter.h"
#include "keyspace/key_locks.h"
#include "keyspace/keyspace.h"
#include "keyspace/object_ids.h"
#include "keyspace/pop_candidates.h"
#include "keyspace/record_cache.h"
#include "keyspace/reply_copies.h"
#include "keyspace/scan_tokens.h"
#include "keyspace/seek_hints.h"

namespace basalt {

struct Keyspace::Impl {
  Impl(Keyspace& keyspace, const KeyspaceOptions& options)
      : options(options),
        records(record_cache_bytes(keyspace.store().memory().budget)),
        replies(keyspace.store().memory().budget / 64),
        expirer(keyspace),
        garbage(keyspace, keyspace.store()),
        counter(keyspace) {}

  // Both caches are beside the budget: within the tenth that a process may need on top.
  static uint64_t record_cache_bytes(uint64_t budget) { return std::min<uint64_t>(budget / 16, uint64_t{1} << 30); }

  const KeyspaceOptions options;
  KeyLocks locks;
  DatabaseMap databases;
  RecordCache records;
  ReplyCopies replies;
  ObjectIds object_ids;
  SeekHints seek_hints;
  PopCandidates pop_candidates;
  ScanTokens scan_tokens;
  Expirer expirer;
  GarbageCollector garbage;
  KeyCounter counter;
  std::atomic<uint64_t> expired_at_reset{0}, collected_at_reset{0};
  std::atomic<CommitObserver*> observer{nullptr};
  std::atomic<bool> active_expire{true};
  std::atomic<bool> expiry_paused{false};

  // The background thread.
  std::thread thread;
  std::mutex stop_mutex;
  std::condition_variable stop_signal;
  bool stopping = false;
};

}  // namespace basalt
