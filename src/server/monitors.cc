#include "server/monitors.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/quote.h"
#include "server/session.h"

namespace basalt {

void Monitors::add(const std::shared_ptr<Session>& session) {
  std::lock_guard lock(mutex_);
  monitors_.push_back({session->id, session});
  count_.store(monitors_.size());
}

void Monitors::remove(uint64_t client_id) {
  if (!any()) return;
  std::lock_guard lock(mutex_);
  std::erase_if(monitors_, [&](const Monitor& monitor) { return monitor.client_id == client_id; });
  count_.store(monitors_.size());
}

void Monitors::show(const std::string& line) {
  std::lock_guard lock(mutex_);
  for (const Monitor& monitor : monitors_) {
    const auto session = monitor.session.lock();
    if (!session) continue;
    if (auto transport = session->transport()) transport->push(line);
  }
}

std::string monitor_line(int64_t now_us, uint16_t db, std::string_view client, const Args& args) {
  std::string line = fmt::format("+{}.{:06} [{} {}]", now_us / 1'000'000, now_us % 1'000'000, db, client);
  for (std::string_view arg : args) {
    line += ' ';
    append_quoted(line, arg);
  }
  line += "\r\n";
  return line;
}

}  // namespace basalt
