// appendfsync: when the write-ahead log reaches the medium.
//
//   always    replies wait for an fsync; one fsync serves every connection that waits (group commit)
//   everysec  a background fsync each second while there are writes
//   no        the operating system decides
//
// At every setting the log has left the process before a reply does (Store::flush_wal).
//
// Thread rules: thread-safe. Callbacks run on the syncer's own thread and must be quick.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "server/config/settings.h"
#include "store/store.h"

namespace basalt {

class WalSyncer {
 public:
  WalSyncer(Store& store, AppendFsync policy);
  ~WalSyncer() { stop(); }

  void set_policy(AppendFsync policy) { policy_.store(policy, std::memory_order_relaxed); }
  AppendFsync policy() const { return policy_.load(std::memory_order_relaxed); }

  /// Everything written before this call is on the medium when `done` runs with success.
  void sync(std::function<void(const Result<void>&)> done);
  /// Holds the thread off the store while `action` runs (Store::reopen).
  void paused(const std::function<void()>& action);
  void stop();

  struct Stats {
    uint64_t syncs;
    int64_t last_sync_us;  ///< how long the last one took
    bool last_ok;
  };
  Stats stats() const;
  /// The longest sync since the last call.
  int64_t take_slowest_sync_us() { return slowest_sync_us_.exchange(0); }

 private:
  void run();
  Store& store_;
  std::atomic<AppendFsync> policy_;
  std::mutex mutex_;
  std::mutex syncing_;
  std::condition_variable wake_;
  std::vector<std::function<void(const Result<void>&)>> waiting_;
  bool stopping_ = false;
  std::atomic<uint64_t> syncs_{0};
  std::atomic<int64_t> last_sync_us_{0};
  std::atomic<int64_t> slowest_sync_us_{0};
  std::atomic<bool> last_ok_{true};
  std::thread thread_;
};

}  // namespace basalt
