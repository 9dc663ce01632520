// Comparing with PackedLimits.
#pragma once

#include <atomic>
#include <cstdint>

namespace basalt {

/// Whether `size` is beyond a limit; a negative limit is as 0.
inline bool exceeds(uint64_t size, const std::atomic<int64_t>& limit) {
  const int64_t value = limit.load(std::memory_order_relaxed);
  return size > (value < 0 ? 0 : static_cast<uint64_t>(value));
}

}  // namespace basalt
