// Refuses writes shortly before the volume is full.
//
// RocksDB cannot go on after a WAL write has failed (it buffers the WAL, so memtables hold what the
// WAL lost): only opening again helps. So that this stays the exception, a part of the volume is kept
// in reserve. Free space is looked at by a thread of its own; between two looks every write takes its
// bytes from an allowance, so that our own writes cannot outrun the looking.
//
// Thread-safe. admit() never waits.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
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
  /// may use the reserve down to its last quarter, so that space can be made.
  bool admit(uint64_t bytes, bool frees);
  /// Whether ordinary writes are refused, whatever their size.
  bool low() const { return allowance_.load(std::memory_order_relaxed) <= 0; }
  /// Why a write was not admitted.
  StorageError refusal() const;

 private:
  void look();
  void run();

  const std::string directory_;
  const uint64_t reserve_wanted_;
  const int interval_ms_;
  std::atomic<int64_t> allowance_;  // above the reserve; negative: into it
  std::atomic<uint64_t> reserve_{0};
  std::atomic<uint64_t> free_{0};

  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stop_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace basalt::store_internal
