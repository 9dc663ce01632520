// Refuses writes shortly before the volume is full, and when the database's files take more than they may.
//
// RocksDB cannot go on after a WAL write has failed (it buffers the WAL, so memtables hold what the
// WAL lost): only opening again helps. So that this stays the exception, a part of the volume is kept
// in reserve. Free space is looked at by a thread of its own; between two looks every write takes its
// bytes from an allowance, so that our own writes cannot outrun the looking. The size limit has an allowance
// too; its looks list the directory, so they are rarer.
//
// Thread-safe. admit() never waits.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"

namespace basalt::store_internal {

class SpaceGuard {
 public:
  /// Keeps `reserve_bytes`, but no more than a twentieth of the volume. Looks every `interval_ms`;
  /// 0: never, everything is admitted.
  SpaceGuard(std::string directory, uint64_t reserve_bytes, int interval_ms);
  ~SpaceGuard();

  /// Whether a write of so many bytes may go on. One that `frees` (it deletes more than it writes)
  /// may use the reserve down to its last quarter, so that space can be made, and may pass the size limit.
  bool admit(uint64_t bytes, bool frees);
  /// What the files may take; 0: whatever they want. Holds as soon as the directory was looked at.
  void limit_size(uint64_t bytes);
  bool over_size_limit() const { return size_allowance_.load(std::memory_order_relaxed) <= 0; }
  /// Whether ordinary writes are refused, whatever their size.
  bool low() const { return volume_is_low() || over_size_limit(); }
  /// Why a write was not admitted.
  StorageError refusal() const;
  /// How many writes that free space were admitted so far.
  uint64_t deletions() const { return deletions_.load(std::memory_order_relaxed); }

 private:
  static constexpr int64_t kPlenty = std::numeric_limits<int64_t>::max() / 2;
  bool volume_is_low() const { return allowance_.load(std::memory_order_relaxed) <= 0; }
  void look();
  void look_at_volume();
  void look_at_size();
  void run();

  const std::string directory_;
  const uint64_t reserve_wanted_;
  const int interval_ms_;
  std::atomic<int64_t> allowance_{kPlenty};  // above the reserve; negative: into it
  std::atomic<uint64_t> reserve_{0};
  std::atomic<uint64_t> free_{0};
  std::atomic<uint64_t> deletions_{0};

  std::atomic<uint64_t> size_limit_{0};
  std::atomic<uint64_t> size_{0};
  std::atomic<int64_t> size_allowance_{kPlenty};  // below the limit
  int64_t next_size_look_us_ = 0;                 // under mutex_

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace basalt::store_internal
