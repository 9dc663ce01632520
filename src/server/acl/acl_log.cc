#include "server/acl/acl_log.h"

#include <cstdlib>

namespace basalt {

namespace {

constexpr int64_t kGroupWithinMs = 60'000;
constexpr size_t kGroupAmong = 10;  // the newest entries

bool alike(const RefusedUse& a, const RefusedUse& b) {
  return a.reason == b.reason && a.context == b.context && std::abs(a.time_ms - b.time_ms) <= kGroupWithinMs &&
         a.object == b.object && a.user == b.user;
}

}  // namespace

void AclLog::add(RefusedUse refused, size_t max_entries) {
  totals_[static_cast<size_t>(refused.reason)].fetch_add(1);
  std::lock_guard lock(mutex_);
  auto entry = entries_.begin();
  size_t seen = 0;
  while (entry != entries_.end() && seen < kGroupAmong && !alike(*entry, refused)) ++entry, ++seen;
  if (entry != entries_.end() && seen < kGroupAmong) {
    entry->time_ms = refused.time_ms;
    entry->client = std::move(refused.client);
    ++entry->count;
    entries_.splice(entries_.begin(), entries_, entry);
    return;
  }
  entries_.push_front(std::move(refused));
  while (entries_.size() > max_entries) entries_.pop_back();
}

std::vector<RefusedUse> AclLog::newest(size_t count) const {
  std::lock_guard lock(mutex_);
  std::vector<RefusedUse> newest;
  for (const RefusedUse& entry : entries_) {
    if (newest.size() == count) break;
    newest.push_back(entry);
  }
  return newest;
}

void AclLog::reset() {
  std::lock_guard lock(mutex_);
  entries_.clear();
}

void AclLog::reset_totals() {
  for (auto& total : totals_) total = 0;
}

}  // namespace basalt
