#include "server/slow_log.h"

#include <algorithm>

#include <fmt/format.h>

namespace basalt {

void SlowLog::add(SlowCommand command, size_t max_length) {
  std::lock_guard lock(mutex_);
  command.id = next_id_++;
  commands_.push_front(std::make_shared<const SlowCommand>(std::move(command)));
  while (commands_.size() > max_length) commands_.pop_back();
}

std::vector<std::shared_ptr<const SlowCommand>> SlowLog::newest(size_t count) const {
  std::lock_guard lock(mutex_);
  return {commands_.begin(), commands_.begin() + static_cast<ptrdiff_t>(std::min(count, commands_.size()))};
}

size_t SlowLog::size() const {
  std::lock_guard lock(mutex_);
  return commands_.size();
}

void SlowLog::reset() {
  std::lock_guard lock(mutex_);
  commands_.clear();
}

std::vector<std::string> shortened_arguments(const Args& args) {
  constexpr size_t kArguments = 32, kBytes = 128;
  const bool too_many = args.size() > kArguments;
  const size_t shown = too_many ? kArguments - 1 : args.size();
  std::vector<std::string> shortened;
  for (size_t i = 0; i < shown; ++i) {
    if (args[i].size() <= kBytes) shortened.emplace_back(args[i]);
    else shortened.push_back(fmt::format("{}... ({} more bytes)", args[i].substr(0, kBytes), args[i].size() - kBytes));
  }
  if (too_many) shortened.push_back(fmt::format("... ({} more arguments)", args.size() - shown));
  return shortened;
}

}  // namespace basalt
