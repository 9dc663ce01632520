// A lock that is only ever tried: who does not get it goes without what it protects. For caches, where that is a miss.
#pragma once

#include <atomic>

namespace basalt {

class TriedLock {
 public:
  /// `busy` is false while nobody has it.
  explicit TriedLock(std::atomic<bool>& busy) : busy_(busy), ours_(!busy.exchange(true, std::memory_order_acquire)) {}
  ~TriedLock() {
    if (ours_) busy_.store(false, std::memory_order_release);
  }
  TriedLock(const TriedLock&) = delete;
  TriedLock& operator=(const TriedLock&) = delete;
  explicit operator bool() const { return ours_; }

 private:
  std::atomic<bool>& busy_;
  const bool ours_;
};

}  // namespace basalt
