// The parts of a Keyspace, for the files of this folder only.
#pragma once

#include <atomic>

#include "keyspace/database_map.h"
#include "keyspace/key_locks.h"
#include "keyspace/keyspace.h"
#include "keyspace/object_ids.h"
#include "keyspace/seek_hints.h"

namespace basalt {

struct Keyspace::Impl {
  explicit Impl(const KeyspaceOptions& options) : options(options) {}

  const KeyspaceOptions options;
  KeyLocks locks;
  DatabaseMap databases;
  ObjectIds object_ids;
  SeekHints seek_hints;
  std::atomic<CommitObserver*> observer{nullptr};
  std::atomic<uint64_t> expired_keys{0};
  std::atomic<uint64_t> garbage_pending{0};
};

}  // namespace basalt
