// What a handler hands back: done, or "wait until one of my keys changes". Waiting is a value.
#pragma once

#include <cstdint>

namespace basalt {

struct Outcome {
  enum class Kind : uint8_t { done, wait };
  /// What a blocked client gets when its time is up.
  enum class OnTimeout : uint8_t { null, null_array };

  Kind kind = Kind::done;
  OnTimeout on_timeout = OnTimeout::null;
  int64_t timeout_ms = 0;  ///< 0: forever

  /// The client is suspended until a commit touches one of the command's keys; then the whole command
  /// runs again, before anyone else can take what woke it. Only when nothing was written or replied.
  static Outcome wait(int64_t timeout_ms, OnTimeout on_timeout) { return {Kind::wait, on_timeout, timeout_ms}; }
};

/// `return kDone;`
inline constexpr Outcome kDone{};

}  // namespace basalt
