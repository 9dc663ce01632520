#include "store/health.h"

#include <glog/logging.h>

#include <algorithm>

#include "store/errors.h"

namespace basalt::store_internal {

std::optional<StorageError> Health::background_error() const {
  std::lock_guard lock(mutex_);
  return error_;
}

bool Health::write_stalled() const {
  return std::any_of(stalled_columns_.begin(), stalled_columns_.end(),
                     [](const auto& stalled) { return stalled.load(std::memory_order_relaxed); });
}

void Health::reset() {
  std::lock_guard lock(mutex_);
  error_.reset();
  needs_reopen_.store(false, std::memory_order_release);
  for (auto& stalled : stalled_columns_) stalled.store(false, std::memory_order_relaxed);
}

void Health::OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) {
  // A soft error (a compaction that found no space) postpones background work; writes go on.
  if (status->ok() || status->severity() < rocksdb::Status::Severity::kHardError) return;
  std::lock_guard lock(mutex_);
  // The first error tells the cause; those that follow tell that there was one.
  if (!error_) {
    error_ = storage_error(*status, directory_);
    LOG(ERROR) << "writes are refused: " << error_->detail;
  }
  // Memtables hold what a failed WAL write lost. RocksDB 9 calls that fatal; 7.8 would recover, at the
  // price of columns that disagree after a crash.
  if (status->severity() >= rocksdb::Status::Severity::kFatalError ||
      reason == rocksdb::BackgroundErrorReason::kWriteCallback) {
    needs_reopen_.store(true, std::memory_order_release);
  }
}

void Health::OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) {
  if (!info.new_bg_error.ok() || needs_reopen()) return;
  std::lock_guard lock(mutex_);
  if (error_) LOG(WARNING) << "writes are accepted again in " << directory_;
  error_.reset();
}

void Health::OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) {
  for (size_t i = 0; i < kColumnCount; ++i) {
    if (info.cf_name == kColumnNames[i]) {
      stalled_columns_[i].store(info.condition.cur != rocksdb::WriteStallCondition::kNormal, std::memory_order_relaxed);
    }
  }
}

}  // namespace basalt::store_internal
