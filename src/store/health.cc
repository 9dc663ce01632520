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

bool Health::fatal() const {
  std::lock_guard lock(mutex_);
  return fatal_;
}

void Health::reset() {
  std::lock_guard lock(mutex_);
  error_.reset();
  fatal_ = false;
  for (auto& stalled : stalled_columns_) stalled.store(false, std::memory_order_relaxed);
}

void Health::OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) {
  // A soft error (a compaction that found no space) postpones background work; writes go on.
  if (status->ok() || status->severity() < rocksdb::Status::Severity::kHardError) return;
  std::lock_guard lock(mutex_);
  fatal_ = fatal_ || status->severity() >= rocksdb::Status::Severity::kFatalError;
  // The first error tells the cause; those that follow tell that there was one.
  if (error_) return;
  error_ = storage_error(*status, directory_);
  LOG(ERROR) << "writes are refused: " << error_->detail;
}

void Health::OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) {
  if (!info.new_bg_error.ok()) return;
  std::lock_guard lock(mutex_);
  if (error_) LOG(WARNING) << "writes are accepted again in " << directory_;
  error_.reset();
  fatal_ = false;
}

void Health::OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) {
  for (size_t i = 0; i < kColumnCount; ++i) {
    if (info.cf_name == kColumnNames[i]) {
      stalled_columns_[i].store(info.condition.cur != rocksdb::WriteStallCondition::kNormal, std::memory_order_relaxed);
    }
  }
}

}  // namespace basalt::store_internal
