// BGREWRITEAOF: the write-ahead log made short. What only the log holds is written to data files, and the log files
// behind it go: a start then reads what came since.
//
// Thread rules: thread-safe. run() waits for the disk.
#pragma once

#include <atomic>
#include <cstdint>

#include "store/store.h"

namespace basalt {

class LogRewrite {
 public:
  explicit LogRewrite(Store& store) : store_(store) {}

  /// Claims the right to call run(). False while one is under way.
  bool begin() { return !under_way_.exchange(true); }
  void run();

  bool under_way() const { return under_way_.load(); }
  bool last_ok() const { return last_ok_.load(); }
  int64_t last_duration_s() const { return last_duration_s_.load(); }  ///< -1: none was made
  uint64_t made() const { return made_.load(); }

 private:
  Store& store_;
  std::atomic<bool> under_way_{false}, last_ok_{true};
  std::atomic<int64_t> last_duration_s_{-1};
  std::atomic<uint64_t> made_{0};
};

}  // namespace basalt
