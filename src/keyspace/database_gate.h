// The gate between those who write keys and those who change which range a database number has
// (FLUSHDB, SWAPDB): many writers share it, or one changer has it alone. Key locks go by database
// number, so they only mean something while the numbers stand still.
//
// Thread rules: thread-safe. Key locks are taken before a share: whoever holds a share runs and will
// let go, it waits for nothing. Whoever wants the gate alone may hold one share itself.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

namespace basalt {

class DatabaseGate {
 public:
  /// A share is counted in one of many places, so that writers on different threads don't fight for
  /// one cache line; `place` may be any number, and is given again to leave().
  void enter(uint32_t place);
  bool try_enter(uint32_t place);
  void leave(uint32_t place);

  /// The gate alone, once all other shares are gone; `own` is the place of the caller's own share.
  /// False when somebody else is at it and this caller's own share is what they wait for, so that it must
  /// let go and start again.
  bool close(std::optional<uint32_t> own);
  /// Without waiting.
  bool try_close(std::optional<uint32_t> own);
  void open();

 private:
  static constexpr uint32_t kPlaces = 64;
  struct alignas(64) Place {
    std::atomic<uint32_t> shares{0};
  };
  bool only_share(std::optional<uint32_t> own) const;

  std::array<Place, kPlaces> places_;
  std::atomic<uint32_t> closed_{0};
};

}  // namespace basalt
