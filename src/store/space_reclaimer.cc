#include "store/space_reclaimer.h"

#include <glog/logging.h>

#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace basalt::store_internal {
namespace {

constexpr auto kInterval = std::chrono::seconds(1);
// A pass takes no more than one part in this many of the time.
constexpr int64_t kRestFactor = 4;

}  // namespace

SpaceReclaimer::SpaceReclaimer(rocksdb::DB& db, const ColumnHandles& columns, const SpaceGuard& guard)
    : db_(db), columns_(columns), guard_(guard), thread_([this] { run(); }) {}

SpaceReclaimer::~SpaceReclaimer() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void SpaceReclaimer::run() {
  uint64_t reclaimed = 0;  // deletions that a pass has covered
  int64_t rest_until_us = 0;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kInterval, [this] { return stop_.load(); })) {
    const uint64_t deletions = guard_.deletions();
    if (!guard_.over_size_limit() || deletions == reclaimed || monotonic_us() < rest_until_us) continue;
    lock.unlock();
    const int64_t began_us = monotonic_us();
    reclaim();
    reclaimed = deletions;
    rest_until_us = monotonic_us() + kRestFactor * (monotonic_us() - began_us);
    lock.lock();
  }
}

// A failure is not told here: the engine reports what refuses writes (health.h), and another pass follows.
void SpaceReclaimer::reclaim() {
  const std::vector<rocksdb::ColumnFamilyHandle*> columns(columns_.begin(), columns_.end());
  auto status = db_.Flush(rocksdb::FlushOptions(), columns);
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.canceled = &stop_;
  for (auto* column : columns) {
    if (!status.ok() || stop_) break;
    if (has_deletions(column)) status = db_.CompactRange(options, column, nullptr, nullptr);
  }
  LOG_IF(WARNING, !status.ok() && !stop_) << "deleted records' space could not be given back: " << status.ToString();
}

bool SpaceReclaimer::has_deletions(rocksdb::ColumnFamilyHandle* column) const {
  rocksdb::ColumnFamilyMetaData metadata;
  db_.GetColumnFamilyMetaData(column, &metadata);
  return std::any_of(metadata.levels.begin(), metadata.levels.end(), [](const auto& level) {
    return std::any_of(level.files.begin(), level.files.end(), [](const auto& file) { return file.num_deletions > 0; });
  });
}

}  // namespace basalt::store_internal
