// A selector: commands, and the keys and channels that they may be used on. A user may do what one of its selectors
// allows as a whole. (redis.io/docs/management/security/acl)
//
// Thread rules: a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "server/acl/command_set.h"
#include "server/acl/command_use.h"

namespace basalt {

/// What is wrong with a rule of ACL SETUSER, an ACL file or a `user` line.
enum class RuleError : uint8_t {
  syntax,
  unknown_command,
  key_pattern_after_all,
  channel_pattern_after_all,
  no_such_password,
  bad_hash,
  first_argument_of_subcommand,
};
/// In Redis's words.
std::string_view rule_error_text(RuleError error);

using RuleResult = tl::expected<void, RuleError>;

/// What rules are read against.
struct RuleContext {
  const CommandCatalog& commands;
  bool all_channels_by_default;  ///< acl-pubsub-default
};

/// Why a command was refused. Of several reasons the greatest is told.
enum class DenialReason : uint8_t { command = 1, key, auth, channel };

struct Denial {
  DenialReason reason;
  int argument = 0;  ///< the key or channel that was refused

  auto operator<=>(const Denial&) const = default;
};

class Selector {
 public:
  explicit Selector(const RuleContext& context)
      : commands_(context.commands), all_channels_(context.all_channels_by_default) {}
  /// "(+get ~k*)", rules as in ACL SETUSER.
  static tl::expected<Selector, RuleError> parse(std::string_view text, const RuleContext& context);

  RuleResult apply(std::string_view rule, const RuleContext& context);

  /// Nothing is refused.
  bool unrestricted() const { return commands_.everything() && all_keys_ && all_channels_; }
  std::optional<Denial> judge(CommandUse& use) const;
  /// Whether every key there is may be used so.
  bool permits_all_keys(KeyAccess access) const;
  bool permits_channel(std::string_view channel, bool is_pattern) const;
  bool permits_all_channels() const { return all_channels_; }
  const std::vector<std::string>& channels() const { return channels_; }

  /// As ACL LIST shows it, and its parts as ACL GETUSER does.
  std::string rules() const;
  std::string command_rules() const { return commands_.rules(); }
  std::string key_rules() const;
  std::string channel_rules() const;

 private:
  struct KeyPattern {
    std::string pattern;
    KeyAccess access;
  };
  bool permits_key(std::string_view key, KeyAccess access) const;
  RuleResult apply_key_pattern(std::string_view rule);
  RuleResult apply_channel(std::string_view pattern);
  RuleResult allow_command(std::string_view name, const CommandCatalog& catalog);

  CommandSet commands_;
  bool all_keys_ = false;
  bool all_channels_;
  std::vector<KeyPattern> key_patterns_;
  std::vector<std::string> channels_;
};

}  // namespace basalt
