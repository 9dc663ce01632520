#include "server/acl/command_use.h"

#include <algorithm>
#include <vector>

#include "command/key_use.h"

namespace basalt {

namespace {

KeyAccess access_of(KeyUse use) {
  const auto has = [use](std::string_view word) { return use.find(word) != KeyUse::npos; };
  KeyAccess access = has("access") ? kReadsKey : 0;
  if (has("insert") || has("delete") || has("update")) access |= kWritesKey;
  return access;
}

// Leaving a channel needs no permission.
struct ChannelCommand {
  std::string_view name;
  bool many, patterns;
};
constexpr ChannelCommand kChannelCommands[] = {
    {"subscribe", true, false}, {"ssubscribe", true, false}, {"psubscribe", true, true},
    {"publish", false, false},  {"spublish", false, false},
};

}  // namespace

const absl::InlinedVector<CommandUse::Key, 8>& CommandUse::keys() {
  if (keys_known_) return keys_;
  keys_known_ = true;
  std::vector<int> positions;
  find_keys(*match_.spec, args_, positions);
  for (size_t i = 0; i < positions.size(); ++i) {
    const KeyUse use = key_use_of_call(*match_.spec, args_, i);
    // Shard channels stand where keys stand, to be routed alike.
    if (use.find("not_key") == KeyUse::npos) keys_.push_back({positions[i], access_of(use)});
  }
  return keys_;
}

CommandUse::Channels CommandUse::channels() const {
  const CommandSpec& spec = *match_.spec;
  if (!(spec.flags & kPubsub) || match_.container) return {};
  const auto* found = std::find_if(std::begin(kChannelCommands), std::end(kChannelCommands),
                                   [&spec](const ChannelCommand& command) { return command.name == spec.name; });
  if (found == std::end(kChannelCommands)) return {};
  return {1, found->many ? args_.size() : 2, found->patterns};
}

}  // namespace basalt
