// What a handler hands back: done, or "wait until one of my keys changes". Waiting is a value.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace basalt {

struct Outcome {
  enum class Kind : uint8_t { done, wait };
  /// What a blocked client gets when its time is up.
  enum class OnTimeout : uint8_t { null, null_array };

  Kind kind = Kind::done;
  OnTimeout on_timeout = OnTimeout::null;
  int64_t timeout_ms = 0;  ///< 0: forever
  /// What one client finds says nothing about the next one that waits for the same key with the same command (XREAD:
  /// reading takes nothing away, and each reads from an id of its own).
  bool each_for_itself = false;
  /// The arguments to run again with, where those that were sent mean something else later (XREAD's "$"); null: the
  /// same.
  std::shared_ptr<const std::vector<std::string>> later_args = nullptr;

  /// The client is suspended until a commit touches one of the command's keys; then the whole command
  /// runs again, before anyone else can take what woke it. Only when nothing was written or replied.
  static Outcome wait(int64_t timeout_ms, OnTimeout on_timeout) {
    Outcome outcome;
    outcome.kind = Kind::wait;
    outcome.on_timeout = on_timeout;
    outcome.timeout_ms = timeout_ms;
    return outcome;
  }
};

/// `return kDone;`
inline const Outcome kDone{};

}  // namespace basalt
