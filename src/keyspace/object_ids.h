// Object ids: a counter that never goes back, not even over a crash. A high-water mark on disk stays
// ahead of every id in use; after a restart counting goes on from the mark.
//
// Thread rules: thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "base/result.h"
#include "store/store.h"

namespace basalt {

class ObjectIds {
 public:
  /// How far ahead the mark is set.
  static constexpr uint64_t kBlock = uint64_t{1} << 20;

  Result<void> load(Store& store);
  /// The counter part of a new id; to be covered before anything with it is written.
  uint64_t take() { return next_.fetch_add(1, std::memory_order_relaxed); }
  /// Makes sure that the mark on disk lies beyond `taken`. Whoever finds half of the block used moves it
  /// on, so that it hardly ever has to be waited for; without stalls WouldBlock only when it must be.
  Result<void> cover(Store& store, uint64_t taken, WriteMode mode);

 private:
  Result<void> write_mark(Store& store, uint64_t mark, WriteMode mode);

  std::atomic<uint64_t> next_{1};
  std::atomic<uint64_t> mark_{1};
  std::mutex moving_;
};

}  // namespace basalt
