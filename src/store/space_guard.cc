#include "store/space_guard.h"

#include <fmt/format.h>
#include <glog/logging.h>
#include <sys/statvfs.h>

#include <algorithm>

#include "base/clock.h"
#include "base/number.h"
#include "store/data_directory.h"

namespace basalt::store_internal {
namespace {

// A write goes to the WAL now, and to a table when its memtable is flushed.
constexpr int64_t kCopies = 2;
constexpr uint64_t kLargestShareOfVolume = 20;
// Listing a large directory takes a while: it may take a part in so many of the time, and is not done more often.
constexpr int64_t kSizeLookRestFactor = 20;
constexpr int64_t kSizeLookInterval_us = 500'000;

}  // namespace

SpaceGuard::SpaceGuard(std::string directory, uint64_t reserve_bytes, int interval_ms)
    : directory_(std::move(directory)), reserve_wanted_(reserve_bytes), interval_ms_(interval_ms) {
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
  wake_.notify_one();
  thread_.join();
}

bool SpaceGuard::admit(uint64_t bytes, bool frees) {
  if (interval_ms_ <= 0) return true;
  const int64_t cost = static_cast<int64_t>(std::min<uint64_t>(bytes, uint64_t{1} << 40)) * kCopies;
  const int64_t allowance = allowance_.load(std::memory_order_relaxed);
  const auto reserve = static_cast<int64_t>(reserve_.load(std::memory_order_relaxed));
  if (!frees && (allowance <= 0 || over_size_limit())) return false;
  // The last write before the reserve may reach into it.
  if (allowance - cost < (frees ? -reserve / 4 * 3 : -reserve / 2)) return false;
  allowance_.fetch_sub(cost, std::memory_order_relaxed);
  size_allowance_.fetch_sub(cost / kCopies, std::memory_order_relaxed);
  if (frees) deletions_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void SpaceGuard::limit_size(uint64_t bytes) {
  if (interval_ms_ <= 0) return;
  {
    std::lock_guard lock(mutex_);
    size_limit_.store(bytes, std::memory_order_relaxed);
    next_size_look_us_ = 0;
  }
  wake_.notify_one();
}

StorageError SpaceGuard::refusal() const {
  if (!volume_is_low()) {
    return StorageError{
        StorageError::Cause::size_limit,
        fmt::format("{} holds {}, max-db-size is {}", directory_, human_bytes(size_.load(std::memory_order_relaxed)),
                    human_bytes(size_limit_.load(std::memory_order_relaxed)))};
  }
  return StorageError{StorageError::Cause::no_space,
                      fmt::format("no space left on the volume of {} ({} free, {} are kept in reserve); writes are "
                                  "accepted again when there is more",
                                  directory_, human_bytes(free_.load(std::memory_order_relaxed)),
                                  human_bytes(reserve_.load(std::memory_order_relaxed)))};
}

void SpaceGuard::look() {
  const bool was_low = low();
  look_at_volume();
  if (monotonic_us() >= next_size_look_us_) look_at_size();
  if (low() && !was_low) LOG(ERROR) << "writes are refused: " << refusal().detail;
  if (!low() && was_low) LOG(WARNING) << "there is space again for writes in " << directory_;
}

void SpaceGuard::look_at_volume() {
  struct statvfs volume;
  if (::statvfs(directory_.c_str(), &volume) != 0) return;  // what was known last still counts
  const uint64_t total = volume.f_blocks * volume.f_frsize;
  const uint64_t free = volume.f_bavail * volume.f_frsize;
  const uint64_t reserve = std::min(reserve_wanted_, total / kLargestShareOfVolume);
  reserve_.store(reserve, std::memory_order_relaxed);
  free_.store(free, std::memory_order_relaxed);
  allowance_.store(static_cast<int64_t>(free) - static_cast<int64_t>(reserve), std::memory_order_relaxed);
}

void SpaceGuard::look_at_size() {
  const uint64_t limit = size_limit_.load(std::memory_order_relaxed);
  const int64_t began_us = monotonic_us();
  if (limit == 0) {
    size_allowance_.store(kPlenty, std::memory_order_relaxed);
    next_size_look_us_ = began_us + kSizeLookInterval_us;
    return;
  }
  const uint64_t size = directory_size(directory_).total();
  size_.store(size, std::memory_order_relaxed);
  const int64_t left = std::clamp<int64_t>(static_cast<int64_t>(limit - size), -kPlenty, kPlenty);
  size_allowance_.store(left, std::memory_order_relaxed);
  const int64_t now_us = monotonic_us();
  next_size_look_us_ = now_us + std::max(kSizeLookInterval_us, kSizeLookRestFactor * (now_us - began_us));
}

void SpaceGuard::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    wake_.wait_for(lock, std::chrono::milliseconds(interval_ms_));
    if (!stop_) look();
  }
}

}  // namespace basalt::store_internal
