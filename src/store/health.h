// What goes wrong below: every failed call of the engine becomes an Error here, and is counted; and what RocksDB's
// background threads report: errors that stop writes, and write stalls.
//
// Thread-safe; RocksDB calls the On… functions from its own threads.
#pragma once

#include <rocksdb/listener.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "store/store.h"

namespace basalt::store_internal {

class Health final : public rocksdb::EventListener {
 public:
  explicit Health(std::string directory) : directory_(std::move(directory)) {}

  /// For a status that is not ok. `may_wait` false: it may say that the call would have waited, which is no failure.
  tl::unexpected<Error> failure(const rocksdb::Status& status, bool may_wait = true);
  Result<void> result_of(const rocksdb::Status& status) {
    if (status.ok()) return {};
    return failure(status);
  }
  Store::Failures failures() const;

  std::optional<StorageError> background_error() const;
  /// Whether writes are slowed down or wait, for flushes or compactions. Waits for the database's mutex.
  bool write_stalled() const;
  /// Cheap.
  bool needs_reopen() const { return needs_reopen_.load(std::memory_order_acquire); }
  /// The database whose listener this is, once it is open; null before it is closed.
  void watch(rocksdb::DB* db);
  /// A new start: the database was closed.
  void reset();

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override;
  void OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) override;

 private:
  bool holds(const std::string& property) const;  ///< it is there, and not 0
  bool writes_wait_for_compaction();
  StorageError counted(const rocksdb::Status& status);

  const std::string directory_;
  std::atomic<rocksdb::DB*> db_{nullptr};
  mutable std::mutex mutex_;
  std::optional<StorageError> error_;  // under mutex_
  std::atomic<bool> needs_reopen_{false};
  std::atomic<int> failures_while_stopped_{0};
  std::atomic<uint64_t> io_failures_{0}, no_space_failures_{0}, corruptions_{0};
};

}  // namespace basalt::store_internal
