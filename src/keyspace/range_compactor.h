// Compacts ranges whose records were deleted by one range tombstone. RocksDB alone would leave the tombstone lying on
// what it covers until enough is written near it, and the space would not come back.
//
// Thread rules: thread-safe. One thread of its own, since a compaction takes long; it starts with the first range.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "store/store.h"

namespace basalt {

class RangeCompactor {
 public:
  explicit RangeCompactor(Store& store) : store_(store) {}
  ~RangeCompactor() { stop(); }

  /// Compacts [from, to) when its turn comes. Beyond a backlog, what RocksDB does by itself has to do.
  void add(Column column, std::string from, std::string to);
  /// Waits for the compaction under way and forgets the others.
  void stop();

 private:
  struct Range {
    Column column;
    std::string from, to;
  };
  void run();
  Store& store_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Range> ranges_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace basalt
