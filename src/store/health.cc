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

void Health::OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) {
  // A soft error (a compaction that found no space) postpones background work; writes go on.
  if (status->ok() || status->severity() < rocksdb::Status::Severity::kHardError) return;
  auto error = storage_error(*status, directory_);
  LOG(ERROR) << "writes are refused: " << error.detail;
  std::lock_guard lock(mutex_);
  error_ = std::move(error);
}

void Health::OnErrorRecoveryEnd(const rocksdb::BackgroundErrorRecoveryInfo& info) {
  if (!info.new_bg_error.ok()) return;
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
