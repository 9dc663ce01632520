// MULTI, EXEC, WATCH: what a session has queued and what it watches, and the registry that tells it
// when a watched key changed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "command/table.h"
#include "keyspace/events.h"

namespace basalt {

/// A command kept for later: its bytes, and views into them.
class QueuedCommand {
 public:
  QueuedCommand(CommandTable::Match match, const Args& args);
  const CommandTable::Match& match() const { return match_; }
  const Args& args() const { return args_; }
  size_t bytes() const { return size_; }

 private:
  CommandTable::Match match_;
  size_t size_ = 0;
  std::unique_ptr<char[]> bytes_;
  Args args_;
};

struct WatchedKey {
  uint16_t db;
  std::string name;
  bool existed;  ///< when WATCH saw it: gone by EXEC without a commit means that it expired
};

/// Set by committing threads while they hold the changed key's lock.
struct WatchFlags {
  std::atomic<bool> changed{false};   ///< a watched key was written
  std::atomic<bool> replaced{false};  ///< a watched key's database was flushed or swapped
};

struct TransactionState {
  bool active = false;      ///< between MULTI and EXEC or DISCARD
  bool has_errors = false;  ///< a command was refused while queueing: EXECABORT
  std::vector<QueuedCommand> queue;
  size_t queued_bytes = 0;
  std::vector<WatchedKey> watched;
  std::shared_ptr<WatchFlags> flags = std::make_shared<WatchFlags>();
};

/// Who watches which key. Thread-safe; `committed` is called under the keys' locks.
class WatchRegistry {
 public:
  void watch(const WatchedKey& key, const std::shared_ptr<WatchFlags>& flag);
  void unwatch(const WatchedKey& key, const std::shared_ptr<WatchFlags>& flag);
  void committed(std::span<const Touch> touches);
  size_t watched_keys() const { return count_.load(std::memory_order_relaxed); }

 private:
  struct Shard {
    std::mutex mutex;
    absl::flat_hash_map<std::string, std::vector<std::shared_ptr<WatchFlags>>> keys;
  };
  static constexpr size_t kShards = 16;
  Shard& shard_of(std::string_view id) { return shards_[absl::Hash<std::string_view>{}(id) % kShards]; }
  Shard shards_[kShards];
  std::atomic<size_t> count_{0};
};

}  // namespace basalt
