#include "server/tracking.h"

#include <algorithm>

#include "server/client_registry.h"
#include "server/session.h"

namespace basalt {

namespace {
constexpr std::string_view kChannel = "__redis__:invalidate";
}

void Tracking::enable(const std::shared_ptr<Session>& session, const TrackingOptions& options) {
  std::lock_guard lock(mutex_);
  by_id_[session->id] = {session, options.broadcast, options.no_loop, options.redirect};
  count_ = by_id_.size();
  for (const std::string& prefix : options.prefixes) {
    auto& ids = prefixes_[prefix];
    if (std::find(ids.begin(), ids.end(), session->id) == ids.end()) ids.push_back(session->id);
  }
}

void Tracking::disable(uint64_t client_id) {
  std::lock_guard lock(mutex_);
  // Its keys stay in the table until they change; it is not found then.
  if (by_id_.erase(client_id) == 0) return;
  count_ = by_id_.size();
  for (auto it = prefixes_.begin(); it != prefixes_.end();) {
    std::erase(it->second, client_id);
    it = it->second.empty() ? prefixes_.erase(it) : std::next(it);
  }
  if (!by_id_.empty()) return;
  readers_.clear();
  keys_count_ = 0;
}

void Tracking::remember(const Session& session, std::span<const std::string_view> keys, size_t max_keys) {
  std::lock_guard lock(mutex_);
  for (std::string_view key : keys) add_reader(key, session.id);
  shrink_to(max_keys);
}

void Tracking::add_reader(std::string_view key, uint64_t client_id) {
  Readers& readers = readers_[std::string(key)];
  if (std::find(readers.begin(), readers.end(), client_id) == readers.end()) readers.push_back(client_id);
}

void Tracking::limit(size_t max_keys) {
  if (max_keys == 0 || keys() <= max_keys) return;
  std::lock_guard lock(mutex_);
  shrink_to(max_keys);
}

// Whichever key comes first: forgetting costs its readers a read, no more.
void Tracking::shrink_to(size_t max_keys) {
  while (max_keys > 0 && readers_.size() > max_keys) {
    const std::string name = readers_.begin()->first;
    invalidate_key(name, 0);
  }
  keys_count_ = readers_.size();
}

void Tracking::committed(uint64_t origin, std::span<const Touch> touches) {
  if (clients() == 0) return;
  std::lock_guard lock(mutex_);
  bool flushing = false;  // FLUSHALL touches one database after the other: it is told once, of empty ones too
  for (const Touch& touch : touches) {
    if (touch.whole_database && !flushing) invalidate_all(origin);
    flushing = touch.whole_database;
    if (flushing) continue;
    if (is_read(touch)) add_reader(touch.key.name, origin);
    else if (touch.modified) invalidate_key(std::string(touch.key.name), origin);
  }
  if (!prefixes_.empty()) broadcast(origin, touches);
  keys_count_ = readers_.size();
}

void Tracking::invalidate_key(const std::string& name, uint64_t origin) {
  auto it = readers_.find(name);
  if (it == readers_.end()) return;
  const Readers readers = std::move(it->second);
  readers_.erase(it);
  const std::string_view key = name;
  for (uint64_t id : readers) {
    auto client = by_id_.find(id);
    if (client == by_id_.end() || client->second.broadcast) continue;
    if (client->second.no_loop && id == origin) continue;
    send(client->second, {&key, 1}, false, id == origin);
  }
}

void Tracking::invalidate_all(uint64_t origin) {
  readers_.clear();
  for (const auto& [id, client] : by_id_) send(client, {}, true, id == origin);
}

// One message a client and prefix with all the keys of the commit, each once.
void Tracking::broadcast(uint64_t origin, std::span<const Touch> touches) {
  for (const auto& [prefix, ids] : prefixes_) {
    std::vector<std::string_view> keys;
    for (const Touch& touch : touches)
      if (touch.modified && !touch.whole_database && touch.key.name.starts_with(prefix) &&
          std::find(keys.begin(), keys.end(), touch.key.name) == keys.end())
        keys.push_back(touch.key.name);
    if (keys.empty()) continue;
    for (uint64_t id : ids) {
      auto client = by_id_.find(id);
      if (client != by_id_.end() && !(client->second.no_loop && id == origin))
        send(client->second, keys, false, id == origin);
    }
  }
}

void Tracking::send(const Client& client, std::span<const std::string_view> keys, bool everything, bool own) const {
  auto session = client.session.lock();
  if (!session) return;
  std::string bytes;
  if (client.redirect != 0) {
    auto target = clients_.find(client.redirect);
    if (!target) {
      if (session->shared.protocol.load() != 3) return;
      Reply reply(bytes, Protocol::resp3);
      reply.push(2);
      reply.bulk("tracking-redir-broken");
      reply.integer(static_cast<int64_t>(client.redirect));
      if (auto transport = session->transport()) transport->push(std::move(bytes));
      return;
    }
    session = std::move(target);
  }
  const bool resp3 = session->shared.protocol.load() == 3;
  // A RESP2 client hears of it as a message, if it listens for messages.
  if (!resp3 && (client.redirect == 0 || session->shared.channels + session->shared.patterns == 0)) return;
  Reply reply(bytes, resp3 ? Protocol::resp3 : Protocol::resp2);
  reply.push(resp3 ? 2 : 3);
  if (resp3) {
    reply.bulk("invalidate");
  } else {
    reply.bulk("message");
    reply.bulk(kChannel);
  }
  if (everything) reply.null();
  else reply.array(static_cast<int64_t>(keys.size()));
  for (auto key : keys) reply.bulk(key);
  const auto transport = session->transport();
  if (!transport) return;
  if (own && client.redirect == 0) transport->push_after_reply(std::move(bytes));
  else transport->push(std::move(bytes));
}

size_t Tracking::items() const {
  std::lock_guard lock(mutex_);
  size_t items = 0;
  for (const auto& [key, readers] : readers_) items += readers.size();
  return items;
}

size_t Tracking::prefixes() const {
  std::lock_guard lock(mutex_);
  return prefixes_.size();
}

bool Tracking::redirect_is_broken(uint64_t redirect) const { return redirect != 0 && !clients_.find(redirect); }

}  // namespace basalt
