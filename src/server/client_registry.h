// Every connected session, by id: CLIENT LIST, CLIENT KILL, maxclients, broadcasting.
//
// Thread rules: thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "server/session.h"

namespace basalt {

class ClientRegistry {
 public:
  uint64_t next_id() { return next_id_.fetch_add(1, std::memory_order_relaxed); }
  void add(std::shared_ptr<Session> session);
  void remove(uint64_t id);
  /// Ends the session's connection; it is forgotten at once.
  void disconnect(Session& session);
  std::shared_ptr<Session> find(uint64_t id) const;
  /// In the order they connected.
  std::vector<std::shared_ptr<Session>> all() const;
  struct Totals {
    uint64_t subscribed, largest_input, largest_output;  ///< clients; bytes of one client's buffer
    uint64_t bytes;                                      ///< that the clients take all together
  };
  Totals totals() const;
  size_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  mutable std::mutex mutex_;
  absl::flat_hash_map<uint64_t, std::shared_ptr<Session>> sessions_;
  std::atomic<uint64_t> next_id_{1};
  std::atomic<size_t> count_{0};
};

}  // namespace basalt
