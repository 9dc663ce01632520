#include "server/client_registry.h"

#include <algorithm>

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

}  // namespace basalt
