#include "server/client_memory.h"

#include <algorithm>

#include <glog/logging.h>

#include "server/client_info.h"
#include "server/client_registry.h"
#include "server/session.h"

namespace basalt {

void ClientMemory::set_limit(uint64_t bytes) {
  limit_ = bytes;
  if (bytes == 0) return;
  for (const auto& session : clients_.all()) count(*session);
  if (over_limit()) evict();
}

bool ClientMemory::over_limit() const {
  const uint64_t limit = limit_.load();
  return limit > 0 && total_.load() >= limit;
}

// What was counted is always what the total has of it, whoever counts at the same time.
void ClientMemory::count(Session& session) {
  if (session.shared.closing) return;
  const uint64_t now = memory_of(session);
  total_.fetch_add(now - session.shared.counted_bytes.exchange(now));
  if (session.shared.closing) forget(session);
}

bool ClientMemory::recount(Session& session) {
  count(session);
  if (over_limit()) evict();
  return !session.shared.closing;
}

void ClientMemory::forget(Session& session) { total_.fetch_sub(session.shared.counted_bytes.exchange(0)); }

void ClientMemory::evict() {
  std::lock_guard lock(evicting_);
  auto sessions = clients_.all();
  std::erase_if(sessions, [](const auto& session) { return session->shared.no_evict || session->shared.closing; });
  std::vector<std::pair<uint64_t, Session*>> by_size;
  for (const auto& session : sessions) by_size.emplace_back(session->shared.counted_bytes.load(), session.get());
  std::sort(by_size.rbegin(), by_size.rend());
  for (const auto& [bytes, session] : by_size) {
    if (!over_limit()) return;
    LOG(WARNING) << "Evicting client " << session->id << " (" << session->peer_address << "): it takes " << bytes
                 << " bytes, and all clients more than maxmemory-clients";
    clients_.disconnect(*session);
    forget(*session);
    evicted_.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace basalt
