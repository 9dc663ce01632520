#include "server/open_files.h"

#include <sys/resource.h>

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <glog/logging.h>

namespace basalt {

void raise_open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

OpenFilePlan plan_open_files(int64_t wanted_clients) {
  constexpr int64_t kOwnFiles = 64;  // listeners, logs, event queues
  constexpr int64_t kEnoughForAll = 200'000;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {-1, kUintMax};
  auto files = static_cast<int64_t>(std::min<rlim_t>(limit.rlim_cur, kUintMax));
  if (files >= kEnoughForAll) return {-1, files / 2};
  // A table that is not open costs a read: the store gets a quarter at least, and half if clients leave it.
  int64_t store = std::max(std::min(files / 2, files - kOwnFiles - wanted_clients), files / 4);
  return {static_cast<int>(store), std::max<int64_t>(files - kOwnFiles - store, 1)};
}

void limit_clients(Config& config, int64_t most) {
  if (config.settings().maxclients > most) {
    LOG(WARNING) << "maxclients " << config.settings().maxclients
                 << " is more than the limit on open files allows; using " << most << ". Raise it with ulimit -n.";
    auto lowered = config.set({{"maxclients", std::to_string(most)}});
    CHECK(lowered) << "maxclients " << most;
  }
  config.on_change("maxclients", [most](const OptionValue& value) -> std::optional<std::string> {
    if (value.number <= most) return std::nullopt;
    return fmt::format("The operating system is not able to handle the specified number of clients, try with {}", most);
  });
}

}  // namespace basalt
