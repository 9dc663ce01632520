#include "store/health.h"

#include <glog/logging.h>
#include <rocksdb/db.h>

#include "store/errors.h"

namespace basalt::store_internal {

StorageError Health::counted(const rocksdb::Status& status) {
  auto error = storage_error(status, directory_);
  switch (error.cause) {
    case StorageError::Cause::io: io_failures_.fetch_add(1, std::memory_order_relaxed); break;
    case StorageError::Cause::no_space: no_space_failures_.fetch_add(1, std::memory_order_relaxed); break;
    case StorageError::Cause::corruption: corruptions_.fetch_add(1, std::memory_order_relaxed); break;
    default: break;  // what was asked for is refused; nothing failed
  }
  return error;
}

tl::unexpected<Error> Health::failure(const rocksdb::Status& status, bool may_wait) {
  if (!may_wait && status.IsIncomplete()) return tl::unexpected<Error>(WouldBlock{});
  return tl::unexpected<Error>(counted(status));
}

Store::Failures Health::failures() const {
  return {io_failures_.load(std::memory_order_relaxed), no_space_failures_.load(std::memory_order_relaxed),
          corruptions_.load(std::memory_order_relaxed)};
}

std::optional<StorageError> Health::background_error() const {
  std::lock_guard lock(mutex_);
  return error_;
}

void Health::watch(rocksdb::DB* db) { db_.store(db, std::memory_order_release); }

// RocksDB is asked each time: a listener hears of a stop only after the write that it holds up.
bool Health::holds(const std::string& property) const {
  rocksdb::DB* db = db_.load(std::memory_order_acquire);
  uint64_t value = 0;
  return db != nullptr && db->GetIntProperty(property, &value) && value != 0;
}

bool Health::write_stalled() const {
  return holds(rocksdb::DB::Properties::kIsWriteStopped) || holds(rocksdb::DB::Properties::kActualDelayedWriteRate);
}

// To be asked at each failure. A stop may be of a moment (a flush under way): only the same answer time after time
// counts.
bool Health::writes_wait_for_compaction() {
  constexpr int kTimes = 3;
  const bool stopped = holds(rocksdb::DB::Properties::kIsWriteStopped);
  if (!stopped) failures_while_stopped_ = 0;
  return stopped && ++failures_while_stopped_ >= kTimes;
}

void Health::reset() {
  std::lock_guard lock(mutex_);
  error_.reset();
  needs_reopen_.store(false, std::memory_order_release);
  failures_while_stopped_ = 0;
}

void Health::OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) {
  // A soft error (a compaction that found no space) postpones background work; writes go on.
  if (status->ok() || status->severity() < rocksdb::Status::Severity::kHardError) return;
  auto error = counted(*status);
  // A damaged table ends each compaction that reads it. RocksDB would refuse writes from then on, and flushes with
  // them, so that no backup could be made any more; but nothing is wrong with what is written now. Only where writes
  // wait for that compaction they have to be refused, or they would wait for ever. RocksDB tries again every second.
  const bool of_a_table = reason == rocksdb::BackgroundErrorReason::kCompaction && status->IsCorruption();
  if (of_a_table && !writes_wait_for_compaction()) {
    LOG_EVERY_N(ERROR, 60) << "a compaction failed, writes go on: " << error.detail;
    *status = rocksdb::Status::OK();
    return;
  }
  if (of_a_table) error.detail = "compaction cannot get past damage, so no more can be written: " + error.detail;
  std::lock_guard lock(mutex_);
  // The first error tells the cause; those that follow tell that there was one.
  if (!error_) {
    error_ = std::move(error);
    LOG(ERROR) << "writes are refused: " << error_->detail;
  }
  // Memtables hold what a failed WAL write lost. RocksDB 9 calls that fatal; 7.8 would recover, at the
  // price of columns that disagree after a crash. A damaged table is damaged still when it is opened again.
  if (of_a_table) return;
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

}  // namespace basalt::store_internal
