// Checkpoints of the store: consistent copies of its files by hard links.
//
// SAVE and BGSAVE make dated ones, of which the newest few are kept. BASALT CHECKPOINT lends one to a
// connection, for a program that copies it elsewhere: it is removed when the connection gives it
// back or ends, so that one who dies leaves nothing behind. What a killed server left of these is
// removed at the next start.
//
// Thread rules: thread-safe. create(), lend(), give_back() and take_back() wait for the disk; one
// checkpoint is made at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

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

  /// BASALT CHECKPOINT: one for the session `owner`; its directory, absolute.
  Result<std::string> lend(uint64_t owner);
  /// Removes what `owner` gives back; false when it has no such checkpoint.
  bool give_back(uint64_t owner, const std::string& directory);
  /// Whether take_back(owner) would have anything to do.
  bool lent_to(uint64_t owner) const;
  /// The owner is gone: removes what it had.
  void take_back(uint64_t owner);

  bool running() const { return running_.load(); }
  int64_t last_success_s() const { return last_success_s_.load(); }  ///< Unix time; the start's until one was made
  bool last_ok() const { return last_ok_.load(); }
  int64_t last_duration_s() const { return last_duration_s_.load(); }  ///< -1: none was made
  uint64_t made() const { return made_.load(); }
  /// Keys were changed, so many times; and how many of all changes no checkpoint has yet.
  void count_changes(uint64_t changes) { changes_.fetch_add(changes, std::memory_order_relaxed); }
  uint64_t changes() const { return changes_.load(std::memory_order_relaxed); }

 private:
  std::string parent() const;
  Result<std::string> make(std::string_view prefix);
  void remove(const std::string& directory);
  void remove_leftovers();
  void prune(const std::string& parent);
  Store& store_;
  const Settings& settings_;
  const Clock& clock_;
  std::mutex mutex_;
  mutable std::mutex lent_mutex_;
  std::multimap<uint64_t, std::string> lent_;  ///< under lent_mutex_: owner and directory
  std::atomic<bool> running_{false}, last_ok_{true};
  std::atomic<int64_t> last_success_s_, last_duration_s_{-1};
  std::atomic<uint64_t> made_{0}, changes_{0};
};

}  // namespace basalt
