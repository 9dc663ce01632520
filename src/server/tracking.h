// Client-side caching (CLIENT TRACKING): who has read which key, and telling them when it changes.
// https://redis.io/docs/manual/client-side-caching/
//
// Thread rules: thread-safe. committed() runs under the touched keys' locks, remember() before its command reads:
// so a change is either seen by the read or invalidates it. What EXEC reads is locked until its commit: its reads are
// marked in its Txn, and committed() takes reads and changes in their order.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/inlined_vector.h>

#include "base/result.h"
#include "keyspace/txn.h"

namespace basalt {

class ClientRegistry;
class Session;

struct TrackingOptions {
  bool broadcast = false, opt_in = false, opt_out = false, no_loop = false;
  uint64_t redirect = 0;              ///< a client id; 0: to the client itself
  std::vector<std::string> prefixes;  ///< of broadcast, sorted
  /// CLIENT CACHING was called: the next command is the one that counts (OPTIN) or does not (OPTOUT).
  bool caching = false;
};

class Tracking {
 public:
  explicit Tracking(ClientRegistry& clients) : clients_(clients) {}

  void enable(const std::shared_ptr<Session>& session, const TrackingOptions& options);
  void disable(uint64_t client_id);
  /// The client is about to read these keys. Beyond `max_keys` in the table, others are forgotten, and their
  /// readers told so.
  void remember(const Session& session, std::span<const std::string_view> keys, size_t max_keys);
  /// The client whose Txn this is has read a key that is locked until the commit. The name lives as long.
  static void mark_read(Txn& txn, Key key) { txn.notify(key, EventClass::none, {}); }
  void committed(uint64_t origin, std::span<const Touch> touches);
  /// Forgets keys beyond `max_keys` (0: no limit), and tells their readers.
  void limit(size_t max_keys);

  size_t clients() const { return count_.load(std::memory_order_relaxed); }
  size_t keys() const { return keys_count_.load(std::memory_order_relaxed); }
  /// Pairs of key and client.
  size_t items() const;
  size_t prefixes() const;
  /// Whether the client that this one redirects to is gone.
  bool redirect_is_broken(uint64_t redirect) const;

 private:
  struct Client {
    std::weak_ptr<Session> session;
    bool broadcast, no_loop;
    uint64_t redirect;
  };
  using Readers = absl::InlinedVector<uint64_t, 2>;
  static bool is_read(const Touch& touch) { return !touch.modified && touch.event_class == EventClass::none; }
  void add_reader(std::string_view key, uint64_t client_id);
  void shrink_to(size_t max_keys);
  void invalidate_key(const std::string& name, uint64_t origin);
  void invalidate_all(uint64_t origin);
  void broadcast(uint64_t origin, std::span<const Touch> touches);
  /// `own`: the client's own command is why.
  void send(const Client& client, std::span<const std::string_view> keys, bool everything, bool own) const;

  ClientRegistry& clients_;
  mutable std::mutex mutex_;  // guards all of it
  absl::flat_hash_map<uint64_t, Client> by_id_;
  absl::flat_hash_map<std::string, Readers> readers_;
  std::map<std::string, std::vector<uint64_t>> prefixes_;
  std::atomic<size_t> count_{0}, keys_count_{0};
};

}  // namespace basalt
