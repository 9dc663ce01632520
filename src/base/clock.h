// Time, handed out by main.cc so that tests can move it by hand.
#pragma once

#include <atomic>
#include <cstdint>

namespace basalt {

/// Unix time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t now_us() const = 0;
  int64_t now_ms() const { return now_us() / 1000; }
};

class SystemClock final : public Clock {
 public:
  int64_t now_us() const override;
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(int64_t start_ms) : us_(start_ms * 1000) {}
  int64_t now_us() const override { return us_.load(std::memory_order_relaxed); }
  void advance_ms(int64_t ms) { us_.fetch_add(ms * 1000, std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> us_;
};

/// Monotonic microseconds, for measuring how long something took.
int64_t monotonic_us();

}  // namespace basalt
