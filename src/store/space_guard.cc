#include "store/space_guard.h"

#include <fmt/format.h>
#include <glog/logging.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <limits>

#include "base/number.h"

namespace basalt::store_internal {
namespace {

// A write goes to the WAL now, and to a table when its memtable is flushed.
constexpr int64_t kCopies = 2;
constexpr uint64_t kLargestShareOfVolume = 20;

}  // namespace

SpaceGuard::SpaceGuard(std::string directory, uint64_t reserve_bytes, int interval_ms)
    : directory_(std::move(directory)),
      reserve_wanted_(reserve_bytes),
      interval_ms_(interval_ms),
      allowance_(std::numeric_limits<int64_t>::max() / 2) {
  if (interval_ms_ <= 0) return;
  look();
  thread_ = std::thread([this] { run(); });
}

SpaceGuard::~SpaceGuard() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopping_.notify_one();
  thread_.join();
}

bool SpaceGuard::admit(uint64_t bytes, bool frees) {
  if (interval_ms_ <= 0) return true;
  const int64_t cost = static_cast<int64_t>(std::min<uint64_t>(bytes, uint64_t{1} << 40)) * kCopies;
  const int64_t allowance = allowance_.load(std::memory_order_relaxed);
  const auto reserve = static_cast<int64_t>(reserve_.load(std::memory_order_relaxed));
  if (!frees && allowance <= 0) return false;
  // The last write before the reserve may reach into it.
  if (allowance - cost < (frees ? -reserve / 4 * 3 : -reserve / 2)) return false;
  allowance_.fetch_sub(cost, std::memory_order_relaxed);
  return true;
}

StorageError SpaceGuard::refusal() const {
  return StorageError{StorageError::Cause::no_space,
                      fmt::format("no space left on the volume of {} ({} free, {} are kept in reserve); writes are "
                                  "accepted again when there is more",
                                  directory_, human_bytes(free_.load(std::memory_order_relaxed)),
                                  human_bytes(reserve_.load(std::memory_order_relaxed)))};
}

void SpaceGuard::look() {
  struct statvfs volume;
  if (::statvfs(directory_.c_str(), &volume) != 0) return;  // what was known last still counts
  const uint64_t total = volume.f_blocks * volume.f_frsize;
  const uint64_t free = volume.f_bavail * volume.f_frsize;
  const uint64_t reserve = std::min(reserve_wanted_, total / kLargestShareOfVolume);
  const bool was_low = low();
  reserve_.store(reserve, std::memory_order_relaxed);
  free_.store(free, std::memory_order_relaxed);
  const int64_t allowance = static_cast<int64_t>(free) - static_cast<int64_t>(reserve);
  allowance_.store(allowance, std::memory_order_relaxed);
  if (allowance <= 0 && !was_low) LOG(ERROR) << "writes are refused: " << refusal().detail;
  if (allowance > 0 && was_low) LOG(WARNING) << "there is space again on the volume of " << directory_;
}

void SpaceGuard::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_.wait_for(lock, std::chrono::milliseconds(interval_ms_), [this] { return stop_; })) look();
}

}  // namespace basalt::store_internal
