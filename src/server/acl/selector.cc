#include "server/acl/selector.h"

#include <algorithm>

#include <fmt/format.h>
#include <glog/logging.h>

#include "base/bytes.h"
#include "base/glob.h"
#include "resp/request_parser.h"

namespace basalt {

namespace {

tl::unexpected<RuleError> wrong(RuleError error) { return tl::unexpected(error); }

// Rules are written with spaces between them and read back.
bool has_blank(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0'; });
}

std::string_view prefix_of(KeyAccess access) {
  return access == kReadsAndWritesKey ? "~" : access == kReadsKey ? "%R~" : "%W~";
}

}  // namespace

std::string_view rule_error_text(RuleError error) {
  switch (error) {
    case RuleError::syntax: return "Syntax error";
    case RuleError::unknown_command: return "Unknown command or category name in ACL";
    case RuleError::key_pattern_after_all:
      return "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. "
             "Try 'resetkeys' to start with an empty list of patterns";
    case RuleError::channel_pattern_after_all:
      return "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any "
             "effect. Try 'resetchannels' to start with an empty list of channels";
    case RuleError::no_such_password: return "The password you are trying to remove from the user does not exist";
    case RuleError::bad_hash:
      return "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters";
    case RuleError::first_argument_of_subcommand: return "Allowing first-arg of a subcommand is not supported";
  }
  return "";
}

// ---- rules ----

tl::expected<Selector, RuleError> Selector::parse(std::string_view text, const RuleContext& context) {
  Selector selector(context);
  const auto words = split_quoted_words(text.substr(1, text.size() - 2));
  if (!words) return wrong(RuleError::syntax);
  for (const std::string& word : *words)
    if (auto applied = selector.apply(word, context); !applied) return tl::unexpected(applied.error());
  return selector;
}

RuleResult Selector::apply(std::string_view rule, const RuleContext& context) {
  const auto is = [rule](std::string_view word) { return equals_ignore_case(rule, word); };
  if (is("allkeys") || is("~*")) {
    all_keys_ = true;
    key_patterns_.clear();
  } else if (is("resetkeys")) {
    all_keys_ = false;
    key_patterns_.clear();
  } else if (is("allchannels") || is("&*")) {
    all_channels_ = true;
    channels_.clear();
  } else if (is("resetchannels")) {
    all_channels_ = false;
    channels_.clear();
  } else if (is("allcommands") || is("+@all")) {
    commands_.allow_all();
  } else if (is("nocommands") || is("-@all")) {
    commands_.deny_all();
  } else if (rule.starts_with('~') || rule.starts_with('%')) {
    return apply_key_pattern(rule);
  } else if (rule.starts_with('&')) {
    return apply_channel(rule.substr(1));
  } else if (rule.starts_with("+@") || rule.starts_with("-@")) {
    const auto category = CommandCatalog::category(rule.substr(2));
    if (!category) return wrong(RuleError::unknown_command);
    commands_.set_category(*category, rule.front() == '+');
  } else if (rule.starts_with('+')) {
    return allow_command(rule.substr(1), context.commands);
  } else if (rule.starts_with('-')) {
    const auto command = context.commands.find(rule.substr(1));
    if (!command) return wrong(RuleError::unknown_command);
    commands_.set(*command, false);
  } else {
    return wrong(RuleError::syntax);
  }
  return {};
}

// "~pattern", or with the kind of access: "%R~pattern".
RuleResult Selector::apply_key_pattern(std::string_view rule) {
  if (all_keys_) return wrong(RuleError::key_pattern_after_all);
  KeyAccess access = 0;
  size_t tilde = 0;
  if (rule.front() == '%') {
    for (tilde = 1; tilde < rule.size() && rule[tilde] != '~'; ++tilde) {
      const char c = rule[tilde];
      const KeyAccess more = c == 'R' || c == 'r' ? kReadsKey : c == 'W' || c == 'w' ? kWritesKey : 0;
      if (more == 0 || (access & more)) return wrong(RuleError::syntax);
      access |= more;
    }
    if (access == 0) return wrong(RuleError::syntax);
  } else {
    access = kReadsAndWritesKey;
  }
  rule.remove_prefix(std::min(tilde + 1, rule.size()));
  if (has_blank(rule)) return wrong(RuleError::syntax);
  const auto known = std::find_if(key_patterns_.begin(), key_patterns_.end(),
                                  [rule](const KeyPattern& pattern) { return pattern.pattern == rule; });
  if (known != key_patterns_.end()) known->access |= access;
  else key_patterns_.push_back({std::string(rule), access});
  return {};
}

RuleResult Selector::apply_channel(std::string_view pattern) {
  if (all_channels_) return wrong(RuleError::channel_pattern_after_all);
  if (has_blank(pattern)) return wrong(RuleError::syntax);
  if (std::find(channels_.begin(), channels_.end(), pattern) == channels_.end()) channels_.emplace_back(pattern);
  return {};
}

// "get", "config|get", or "select|0": a first argument of a command that has no subcommands.
RuleResult Selector::allow_command(std::string_view name, const CommandCatalog& catalog) {
  const size_t bar = name.rfind('|');
  const auto command = catalog.find(name.substr(0, bar));
  if (!command) return wrong(RuleError::unknown_command);
  if (bar == std::string_view::npos) {
    commands_.set(*command, true);
    return {};
  }
  if (catalog.is_subcommand(*command)) return wrong(RuleError::first_argument_of_subcommand);
  const std::string_view argument = name.substr(bar + 1);
  if (argument.empty()) return wrong(RuleError::syntax);
  if (catalog.row(*command).subcommands == 0) {
    LOG(WARNING) << "Deprecation warning: Allowing a first arg of an otherwise blocked command is a misuse of ACL and "
                    "may get disabled in the future (offender: +"
                 << name << ")";
    commands_.allow_first_argument(*command, argument);
    return {};
  }
  const auto subcommand = catalog.find(name);
  if (!subcommand) return wrong(RuleError::unknown_command);
  commands_.set(*subcommand, true);
  return {};
}

// ---- judging ----

std::optional<Denial> Selector::judge(CommandUse& use) const {
  if (!commands_.permits(use.command(), use.args())) return Denial{DenialReason::command};
  if (!all_keys_) {
    for (const auto& [argument, access] : use.keys())
      if (!permits_key(use.args()[argument], access)) return Denial{DenialReason::key, argument};
  }
  if (!all_channels_) {
    const auto channels = use.channels();
    for (size_t i = channels.first; i < channels.end; ++i)
      if (!permits_channel(use.args()[i], channels.are_patterns))
        return Denial{DenialReason::channel, static_cast<int>(i)};
  }
  return std::nullopt;
}

bool Selector::permits_key(std::string_view key, KeyAccess access) const {
  return all_keys_ || std::any_of(key_patterns_.begin(), key_patterns_.end(), [&](const KeyPattern& pattern) {
           return (pattern.access & access) == access && glob_match(pattern.pattern, key);
         });
}

bool Selector::permits_all_keys(KeyAccess access) const {
  return all_keys_ || std::any_of(key_patterns_.begin(), key_patterns_.end(), [access](const KeyPattern& pattern) {
           return (pattern.access & access) == access && pattern.pattern == "*";
         });
}

// A pattern that a client subscribes to must be granted as it is: whether it fits into another can't be told.
bool Selector::permits_channel(std::string_view channel, bool is_pattern) const {
  return all_channels_ || std::any_of(channels_.begin(), channels_.end(), [&](const std::string& pattern) {
           return is_pattern ? pattern == channel : glob_match(pattern, channel);
         });
}

// ---- describing ----

std::string Selector::key_rules() const {
  if (all_keys_) return "~*";
  std::string text;
  for (const auto& [pattern, access] : key_patterns_)
    text += fmt::format("{}{}{}", text.empty() ? "" : " ", prefix_of(access), pattern);
  return text;
}

std::string Selector::channel_rules() const {
  if (all_channels_) return "&*";
  std::string text;
  for (const std::string& pattern : channels_) text += fmt::format("{}&{}", text.empty() ? "" : " ", pattern);
  return text;
}

std::string Selector::rules() const {
  std::string text = key_rules();
  if (!text.empty()) text += ' ';
  // The default may be another one where these rules are read.
  if (!all_channels_) text += "resetchannels ";
  if (const std::string channels = channel_rules(); !channels.empty()) text += channels + ' ';
  return text + command_rules();
}

}  // namespace basalt
