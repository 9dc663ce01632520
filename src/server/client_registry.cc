#include "server/client_registry.h"

#include <algorithm>

#include "server/client_info.h"

namespace basalt {

void ClientRegistry::add(std::shared_ptr<Session> session) {
  std::lock_guard lock(mutex_);
  const uint64_t id = session->id;
  sessions_.emplace(id, std::move(session));
  count_.store(sessions_.size(), std::memory_order_relaxed);
}

void ClientRegistry::remove(uint64_t id) {
  std::lock_guard lock(mutex_);
  sessions_.erase(id);
  count_.store(sessions_.size(), std::memory_order_relaxed);
}

void ClientRegistry::disconnect(Session& session) {
  const auto transport = session.transport();
  if (!transport) return;
  session.shared.closing = true;
  transport->close(false);
  remove(session.id);
}

std::shared_ptr<Session> ClientRegistry::find(uint64_t id) const {
  std::lock_guard lock(mutex_);
  auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : it->second;
}

std::vector<std::shared_ptr<Session>> ClientRegistry::all() const {
  std::vector<std::shared_ptr<Session>> sessions;
  {
    std::lock_guard lock(mutex_);
    sessions.reserve(sessions_.size());
    for (const auto& [id, session] : sessions_) sessions.push_back(session);
  }
  std::sort(sessions.begin(), sessions.end(), [](const auto& a, const auto& b) { return a->id < b->id; });
  return sessions;
}

ClientRegistry::Totals ClientRegistry::totals() const {
  Totals totals{};
  std::lock_guard lock(mutex_);
  for (const auto& [id, session] : sessions_) {
    const Session::Shared& shared = session->shared;
    if (shared.channels + shared.patterns + shared.shard_channels > 0) ++totals.subscribed;
    totals.largest_input = std::max<uint64_t>(totals.largest_input, shared.query_buffer);
    totals.bytes += memory_of(*session);
    totals.largest_output = std::max<uint64_t>(totals.largest_output, shared.pending_output);
  }
  return totals;
}

}  // namespace basalt
