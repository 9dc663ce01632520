#include "base/clock.h"

#include <chrono>

namespace basalt {

namespace {

template <typename AnyClock>
int64_t microseconds() {
  return std::chrono::duration_cast<std::chrono::microseconds>(AnyClock::now().time_since_epoch()).count();
}

}  // namespace

int64_t SystemClock::now_us() const { return microseconds<std::chrono::system_clock>(); }

int64_t monotonic_us() { return microseconds<std::chrono::steady_clock>(); }

}  // namespace basalt
