// SAVE and BGSAVE: dated checkpoints of the store (hard links to its files), the newest few kept.
//
// Thread rules: thread-safe; create() waits for the disk and one runs at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "server/config/settings.h"
#include "store/store.h"

namespace basalt {

class Checkpoints {
 public:
  Checkpoints(Store& store, const Settings& settings, const Clock& clock);

  /// Makes one and removes those beyond checkpoint-keep; returns its directory.
  Result<std::string> create();
  /// BGSAVE: claims the right to run create() in the background. False when one runs already.
  bool begin();

  bool running() const { return running_.load(); }
  int64_t last_success_s() const { return last_success_s_.load(); }  ///< Unix time; the start's until one was made
  bool last_ok() const { return last_ok_.load(); }
  int64_t last_duration_s() const { return last_duration_s_.load(); }  ///< -1: none was made
  uint64_t made() const { return made_.load(); }

 private:
  Result<std::string> create_one();
  void prune(const std::string& parent);
  Store& store_;
  const Settings& settings_;
  const Clock& clock_;
  std::mutex mutex_;
  std::atomic<bool> running_{false}, last_ok_{true};
  std::atomic<int64_t> last_success_s_, last_duration_s_{-1};
  std::atomic<uint64_t> made_{0};
};

}  // namespace basalt
