#include "server/wal_syncer.h"

#include <algorithm>
#include <chrono>

#include <glog/logging.h>

#include "base/clock.h"

namespace basalt {

WalSyncer::WalSyncer(Store& store, AppendFsync policy) : store_(store), policy_(policy) {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "wal-sync");
}

void WalSyncer::sync(std::function<void(const Result<void>&)> done) {
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(done));
  }
  wake_.notify_one();
}

void WalSyncer::paused(const std::function<void()>& action) {
  std::lock_guard lock(syncing_);
  action();
}

void WalSyncer::stop() {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

WalSyncer::Stats WalSyncer::stats() const { return {syncs_.load(), last_sync_us_.load(), last_ok_.load()}; }

void WalSyncer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_ || !waiting_.empty(); });
    auto callbacks = std::exchange(waiting_, {});
    const bool stop = stopping_;
    lock.unlock();

    if (!callbacks.empty() || (store_.unsynced() && policy() != AppendFsync::no)) {
      const int64_t start = monotonic_us();
      Result<void> result = [this] {
        std::lock_guard guard(syncing_);
        return store_.sync_wal();
      }();
      syncs_.fetch_add(1);
      last_sync_us_.store(monotonic_us() - start);
      slowest_sync_us_.store(std::max(slowest_sync_us_.load(), last_sync_us_.load()));
      if (!result && last_ok_.load())
        LOG(ERROR) << "fsync of the write-ahead log failed: " << result.error().storage()->detail;
      last_ok_.store(result.has_value());
      for (auto& done : callbacks) done(result);
    }

    lock.lock();
    if (stop && waiting_.empty()) return;
  }
}

}  // namespace basalt
