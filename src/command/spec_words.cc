// A row's flags, group and ACL categories in Redis's words and order.
#include <algorithm>
#include <array>

#include "command/table.h"

namespace basalt {
namespace {

struct FlagName {
  uint64_t flag;
  std::string_view name;
};

// kMayReplicate is hidden, as in Redis.
constexpr FlagName kFlagNames[] = {
    {kWrite, "write"},
    {kReadonly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kPubsub, "pubsub"},
    {kNoScript, "noscript"},
    {kBlocking, "blocking"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipSlowlog, "skip_slowlog"},
    {kAsking, "asking"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoMandatoryKeys, "no_mandatory_keys"},
    {kNoAsyncLoading, "no_async_loading"},
    {kNoMulti, "no_multi"},
    {kMovableKeys, "movablekeys"},
    {kAllowBusy, "allow_busy"},
};

constexpr std::array<std::string_view, 21> kCategories = {
    "@keyspace", "@read",   "@write",       "@set",       "@sortedset",  "@list",        "@hash",
    "@string",   "@bitmap", "@hyperloglog", "@geo",       "@stream",     "@pubsub",      "@admin",
    "@fast",     "@slow",   "@blocking",    "@dangerous", "@connection", "@transaction", "@scripting",
};

std::string_view group_category(Group group) {
  switch (group) {
    case Group::generic: return "@keyspace";
    case Group::string: return "@string";
    case Group::list: return "@list";
    case Group::set: return "@set";
    case Group::sorted_set: return "@sortedset";
    case Group::hash: return "@hash";
    case Group::transactions: return "@transaction";
    case Group::connection: return "@connection";
    case Group::scripting: return "@scripting";
    case Group::hyperloglog: return "@hyperloglog";
    case Group::geo: return "@geo";
    case Group::stream: return "@stream";
    case Group::bitmap: return "@bitmap";
    case Group::pubsub:
    case Group::server:
    case Group::cluster: return "";
  }
  return "";
}

// The row's own categories: words separated by blanks.
bool has_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

bool in_category(const CommandSpec& spec, std::string_view category) {
  const bool container = spec.handler == nullptr && !spec.subcommands.empty();
  const std::string_view own = !spec.acl.empty() ? spec.acl : container ? "" : group_category(spec.group);
  if (has_word(own, category)) return true;
  if (category == "@read") return (spec.flags & kReadonly) && !has_word(own, "@scripting");
  if (category == "@write") return spec.flags & kWrite;
  if (category == "@admin") return spec.flags & kAdmin;
  if (category == "@dangerous") return spec.flags & (kAdmin | kDangerous);
  if (category == "@pubsub") return spec.flags & kPubsub;
  if (category == "@fast") return spec.flags & kFast;
  if (category == "@slow") return !(spec.flags & kFast);
  if (category == "@blocking") return spec.flags & kBlocking;
  return false;
}

}  // namespace

std::span<const std::string_view> all_acl_categories() { return kCategories; }

std::vector<std::string_view> acl_categories(const CommandSpec& spec) {
  std::vector<std::string_view> categories;
  for (std::string_view category : kCategories) {
    if (in_category(spec, category)) categories.push_back(category);
  }
  return categories;
}

std::vector<std::string_view> flag_names(const CommandSpec& spec) {
  std::vector<std::string_view> names;
  for (const FlagName& row : kFlagNames) {
    if (spec.flags & row.flag) names.push_back(row.name);
  }
  return names;
}

std::string_view group_name(Group group) {
  switch (group) {
    case Group::generic: return "generic";
    case Group::string: return "string";
    case Group::list: return "list";
    case Group::set: return "set";
    case Group::sorted_set: return "sorted-set";
    case Group::hash: return "hash";
    case Group::pubsub: return "pubsub";
    case Group::transactions: return "transactions";
    case Group::connection: return "connection";
    case Group::server: return "server";
    case Group::scripting: return "scripting";
    case Group::hyperloglog: return "hyperloglog";
    case Group::cluster: return "cluster";
    case Group::geo: return "geo";
    case Group::stream: return "stream";
    case Group::bitmap: return "bitmap";
  }
  return "";
}

}  // namespace basalt
