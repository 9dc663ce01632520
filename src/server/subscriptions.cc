#include "server/subscriptions.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/glob.h"
#include "server/config/settings.h"
#include "server/session.h"

namespace basalt {

void PubSub::subscribe(SubscriptionKind kind, std::string_view name, const std::shared_ptr<Session>& session) {
  std::lock_guard lock(mutex_);
  Table& in = table(kind);
  in.names[std::string(name)].push_back({session->id, session});
  in.count = in.names.size();
}

void PubSub::unsubscribe(SubscriptionKind kind, std::string_view name, uint64_t client_id) {
  std::lock_guard lock(mutex_);
  Table& in = table(kind);
  auto it = in.names.find(std::string(name));
  if (it == in.names.end()) return;
  std::erase_if(it->second, [&](const Subscriber& subscriber) { return subscriber.client_id == client_id; });
  if (it->second.empty()) in.names.erase(it);
  in.count = in.names.size();
}

int64_t PubSub::deliver(const Subscribers& subscribers, std::span<const std::string_view> words,
                        const Session* publisher, Reply* own) {
  std::string encoded[2];  // RESP2, RESP3
  auto bytes_for = [&](bool resp3) -> const std::string& {
    std::string& bytes = encoded[resp3];
    if (bytes.empty()) {
      Reply reply(bytes, resp3 ? Protocol::resp3 : Protocol::resp2);
      reply.push(static_cast<int64_t>(words.size()));
      for (auto word : words) reply.bulk(word);
    }
    return bytes;
  };
  for (const Subscriber& subscriber : subscribers) {
    if (publisher && own && subscriber.client_id == publisher->id) {
      own->raw(bytes_for(own->resp3()));
      continue;
    }
    auto session = subscriber.session.lock();
    if (!session) continue;
    if (auto transport = session->transport()) transport->push(bytes_for(session->shared.protocol.load() == 3));
  }
  return static_cast<int64_t>(subscribers.size());
}

int64_t PubSub::publish(std::string_view channel, std::string_view message, bool shard, const Session* publisher,
                        Reply* own) {
  const auto kind = shard ? SubscriptionKind::shard_channel : SubscriptionKind::channel;
  if (names(kind) == 0 && names(SubscriptionKind::pattern) == 0) return 0;
  std::lock_guard lock(mutex_);
  int64_t receivers = 0;
  if (auto it = table(kind).names.find(std::string(channel)); it != table(kind).names.end()) {
    const std::string_view words[] = {shard ? "smessage" : "message", channel, message};
    receivers += deliver(it->second, words, publisher, own);
  }
  if (shard) return receivers;
  for (const auto& [pattern, subscribers] : table(SubscriptionKind::pattern).names) {
    if (!glob_match(pattern, channel)) continue;
    const std::string_view words[] = {"pmessage", pattern, channel, message};
    receivers += deliver(subscribers, words, publisher, own);
  }
  return receivers;
}

std::vector<std::string> PubSub::active(SubscriptionKind kind, std::string_view pattern) const {
  std::vector<std::string> found;
  std::lock_guard lock(mutex_);
  for (const auto& [name, subscribers] : table(kind).names)
    if (pattern.empty() || glob_match(pattern, name)) found.push_back(name);
  return found;
}

std::vector<PubSub::Subscription> PubSub::all() const {
  std::vector<Subscription> found;  // outlives the lock: a session that ends takes it
  std::lock_guard lock(mutex_);
  for (auto kind : {SubscriptionKind::channel, SubscriptionKind::pattern, SubscriptionKind::shard_channel})
    for (const auto& [name, subscribers] : table(kind).names)
      for (const Subscriber& subscriber : subscribers)
        if (auto session = subscriber.session.lock()) found.push_back({kind, name, std::move(session)});
  return found;
}

size_t PubSub::subscribers(SubscriptionKind kind, std::string_view name) const {
  std::lock_guard lock(mutex_);
  auto it = table(kind).names.find(std::string(name));
  return it == table(kind).names.end() ? 0 : it->second.size();
}

void PubSub::notify(std::span<const Touch> touches, uint32_t flags) {
  if (names(SubscriptionKind::channel) == 0 && names(SubscriptionKind::pattern) == 0) return;
  for (const Touch& touch : touches) {
    if (touch.event.empty() || !(flags & static_cast<uint32_t>(touch.event_class))) continue;
    if (flags & kNotifyKeyspace)
      publish(fmt::format("__keyspace@{}__:{}", touch.key.db, touch.key.name), touch.event, false, nullptr, nullptr);
    if (flags & kNotifyKeyevent)
      publish(fmt::format("__keyevent@{}__:{}", touch.key.db, touch.event), touch.key.name, false, nullptr, nullptr);
  }
}

}  // namespace basalt
