// Pub/sub: who is subscribed to what, and the delivery of messages.
//
// Thread rules: PubSub is thread-safe; a SubscriptionState belongs to its session. Messages of one channel reach
// every subscriber in the same order: they are handed to the transports under the table's mutex.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "keyspace/events.h"
#include "resp/reply.h"

namespace basalt {

class Session;

/// What a session is subscribed to.
struct SubscriptionState {
  absl::flat_hash_set<std::string> channels, patterns, shard_channels;
  size_t count() const { return channels.size() + patterns.size() + shard_channels.size(); }
};

enum class SubscriptionKind : uint8_t { channel, pattern, shard_channel };

class PubSub {
 public:
  void subscribe(SubscriptionKind kind, std::string_view name, const std::shared_ptr<Session>& session);
  void unsubscribe(SubscriptionKind kind, std::string_view name, uint64_t client_id);

  /// To the channel's subscribers and those of matching patterns (a shard channel's subscribers only); returns how
  /// many. What the publishing client itself is due is written to `own`, ahead of its reply.
  int64_t publish(std::string_view channel, std::string_view message, bool shard, const Session* publisher, Reply* own);

  /// The channels that match `pattern` (empty: all).
  std::vector<std::string> active(SubscriptionKind kind, std::string_view pattern) const;
  struct Subscription {
    SubscriptionKind kind;
    std::string name;
    std::shared_ptr<Session> session;
  };
  /// Every one there is: not for hot paths.
  std::vector<Subscription> all() const;
  size_t subscribers(SubscriptionKind kind, std::string_view name) const;
  size_t names(SubscriptionKind kind) const { return table(kind).count.load(std::memory_order_relaxed); }

  /// Keyspace notifications for what a Txn touched. `flags` as in Settings::notify_keyspace_events.
  void notify(std::span<const Touch> touches, uint32_t flags);

 private:
  struct Subscriber {
    uint64_t client_id;
    std::weak_ptr<Session> session;
  };
  using Subscribers = std::vector<Subscriber>;
  struct Table {
    absl::flat_hash_map<std::string, Subscribers> names;
    std::atomic<size_t> count{0};
  };
  Table& table(SubscriptionKind kind) { return tables_[static_cast<size_t>(kind)]; }
  const Table& table(SubscriptionKind kind) const { return tables_[static_cast<size_t>(kind)]; }
  /// `words`: the message as an array, written once a protocol and shared by its subscribers.
  static int64_t deliver(const Subscribers& subscribers, std::span<const std::string_view> words,
                         const Session* publisher, Reply* own);

  mutable std::mutex mutex_;  // guards the tables' names
  Table tables_[3];
};

}  // namespace basalt
