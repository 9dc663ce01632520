#include "server/follow_options.h"

#include <string>

#include <fmt/format.h>
#include <glog/logging.h>

#include "server/wal_syncer.h"
#include "store/store.h"

namespace basalt {
namespace {

void keep_clients_within_open_files(Config& config, int64_t most) {
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

}  // namespace

void follow_options(Config& config, Store& store, WalSyncer& wal, int64_t most_clients) {
  keep_clients_within_open_files(config, most_clients);
  config.on_change("maxmemory", [&store](const OptionValue& value) {
    store.set_memory_budget(static_cast<uint64_t>(value.number));
    return std::nullopt;
  });
  config.on_change("appendfsync", [&wal](const OptionValue& value) {
    wal.set_policy(static_cast<AppendFsync>(value.number));
    return std::nullopt;
  });
}

}  // namespace basalt
