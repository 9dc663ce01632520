// maxmemory-clients: what all clients' buffers, queues and subscriptions may take together. When it is more, those that
// take most are disconnected until it is less, but for clients with CLIENT NO-EVICT on.
//
// Thread rules: thread-safe. A session is counted by whichever thread has just changed what it takes.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

namespace basalt {

class ClientRegistry;
class Session;

class ClientMemory {
 public:
  explicit ClientMemory(ClientRegistry& clients) : clients_(clients) {}

  /// 0: no limit, and nothing is counted.
  void set_limit(uint64_t bytes);
  /// The session takes more or less than before. False: it was chosen to be disconnected.
  bool changed(Session& session) { return limit_.load(std::memory_order_relaxed) == 0 || recount(session); }
  /// The session's connection is closed.
  void forget(Session& session);
  uint64_t evicted_clients() const { return evicted_.load(std::memory_order_relaxed); }
  void reset_evicted_clients() { evicted_ = 0; }

 private:
  void count(Session& session);
  bool recount(Session& session);
  bool over_limit() const;
  void evict();

  ClientRegistry& clients_;
  std::atomic<uint64_t> limit_{0}, total_{0}, evicted_{0};
  std::mutex evicting_;  // one at a time
};

}  // namespace basalt
