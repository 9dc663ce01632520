// What a session is subscribed to.
#pragma once

#include <string>

#include <absl/container/flat_hash_set.h>

namespace basalt {

struct SubscriptionState {
  absl::flat_hash_set<std::string> channels, patterns, shard_channels;
  size_t count() const { return channels.size() + patterns.size() + shard_channels.size(); }
};

}  // namespace basalt
