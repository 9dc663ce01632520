#include "keyspace/range_compactor.h"

#include <glog/logging.h>

namespace basalt {

namespace {
constexpr size_t kBacklog = 256;
}

void RangeCompactor::add(Column column, std::string from, std::string to) {
  std::lock_guard lock(mutex_);
  if (ranges_.size() >= kBacklog) return;
  ranges_.push_back({column, std::move(from), std::move(to)});
  if (!thread_.joinable()) {
    stopping_ = false;
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "compact-ranges");
  }
  wake_.notify_one();
}

void RangeCompactor::stop() {
  {
    std::lock_guard lock(mutex_);
    if (!thread_.joinable()) return;
    stopping_ = true;
    ranges_.clear();
  }
  wake_.notify_one();
  thread_.join();
}

void RangeCompactor::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !ranges_.empty(); });
    if (stopping_) return;
    const Range range = std::move(ranges_.front());
    ranges_.pop_front();
    lock.unlock();
    if (auto compacted = store_.compact(range.column, range.from, range.to); !compacted)
      LOG(WARNING) << "Compacting what was deleted failed: " << compacted.error().storage()->detail;
    lock.lock();
  }
}

}  // namespace basalt
