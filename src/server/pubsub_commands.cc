// SUBSCRIBE and its kin, PUBLISH, PUBSUB.
#include "command/call.h"
#include "server/server.h"
#include "server/server_commands.h"
#include "server/subscriptions.h"

namespace basalt {

namespace {

// What differs between the three kinds of subscription.
struct Words {
  SubscriptionKind kind;
  std::string_view subscribe, unsubscribe;
  absl::flat_hash_set<std::string> SubscriptionState::*names;
};
constexpr Words kChannels = {SubscriptionKind::channel, "subscribe", "unsubscribe", &SubscriptionState::channels};
constexpr Words kPatterns = {SubscriptionKind::pattern, "psubscribe", "punsubscribe", &SubscriptionState::patterns};
constexpr Words kShardChannels = {SubscriptionKind::shard_channel, "ssubscribe", "sunsubscribe",
                                  &SubscriptionState::shard_channels};

SubscriptionState& state_of(Session& session) {
  if (!session.subscriptions) session.subscriptions = std::make_unique<SubscriptionState>();
  return *session.subscriptions;
}

// Shard channels are counted apart from the others.
size_t counted(const SubscriptionState& state, const Words& words) {
  return words.kind == SubscriptionKind::shard_channel ? state.shard_channels.size()
                                                       : state.channels.size() + state.patterns.size();
}

void share_counts(Session& session) {
  const SubscriptionState& state = *session.subscriptions;
  session.shared.channels = static_cast<uint32_t>(state.channels.size());
  session.shared.patterns = static_cast<uint32_t>(state.patterns.size());
  session.shared.shard_channels = static_cast<uint32_t>(state.shard_channels.size());
}

void confirm(Reply& reply, std::string_view what, std::optional<std::string_view> name, size_t count) {
  reply.push(3);
  reply.bulk(what);
  if (name) reply.bulk(*name);
  else reply.null();
  reply.integer(static_cast<int64_t>(count));
}

template <const Words& words>
Result<Outcome> subscribe_command(Call& call) {
  Session& session = *call.session;
  // As Redis: a client that expects one reply a command inside MULTI gets along with pushes only in RESP3.
  SubscriptionState& state = state_of(session);
  const auto self = session.server().clients().find(session.id);
  for (size_t i = 1; i < call.argc(); ++i) {
    if (self && (state.*words.names).insert(std::string(call.arg(i))).second) {
      session.holds_name(call.arg(i));
      session.server().pubsub().subscribe(words.kind, call.arg(i), self);
    }
    confirm(call.reply, words.subscribe, call.arg(i), counted(state, words));
  }
  share_counts(session);
  // A change of the user's rules since they were looked at may have missed these subscriptions.
  if (session.server().dispatcher().deny(session, session.server().commands().match(call.args), call.args))
    session.close_after_reply = true;
  return kDone;
}

template <const Words& words>
Result<Outcome> unsubscribe_command(Call& call) {
  Session& session = *call.session;
  SubscriptionState& state = state_of(session);
  std::vector<std::string> names(call.args.begin() + 1, call.args.end());
  const bool all = names.empty();
  if (all) names.assign((state.*words.names).begin(), (state.*words.names).end());
  for (const std::string& name : names) {
    if ((state.*words.names).erase(name)) {
      session.drops_name(name);
      session.server().pubsub().unsubscribe(words.kind, name, session.id);
    }
    confirm(call.reply, words.unsubscribe, name, counted(state, words));
  }
  if (all && names.empty()) confirm(call.reply, words.unsubscribe, std::nullopt, counted(state, words));
  share_counts(session);
  return kDone;
}

template <bool shard>
Result<Outcome> publish_command(Call& call) {
  const int64_t receivers =
      call.session->server().pubsub().publish(call.arg(1), call.arg(2), shard, call.session, &call.reply);
  call.reply.integer(receivers);
  return kDone;
}

template <SubscriptionKind kind>
Result<Outcome> channels_command(Call& call) {
  if (call.argc() > 3)
    return fail("ERR unknown subcommand or wrong number of arguments for '" + std::string(call.arg(1)) +
                "'. Try PUBSUB HELP.");
  const auto names = call.session->server().pubsub().active(kind, call.argc() == 3 ? call.arg(2) : "");
  call.reply.array(static_cast<int64_t>(names.size()));
  for (const auto& name : names) call.reply.bulk(name);
  return kDone;
}

template <SubscriptionKind kind>
Result<Outcome> numsub_command(Call& call) {
  call.reply.map(static_cast<int64_t>(call.argc()) - 2);
  for (size_t i = 2; i < call.argc(); ++i) {
    call.reply.bulk(call.arg(i));
    call.reply.integer(static_cast<int64_t>(call.session->server().pubsub().subscribers(kind, call.arg(i))));
  }
  return kDone;
}

Result<Outcome> numpat_command(Call& call) {
  call.reply.integer(static_cast<int64_t>(call.session->server().pubsub().names(SubscriptionKind::pattern)));
  return kDone;
}

constexpr std::string_view kHelp[] = {
    "CHANNELS [<pattern>]",
    "    Return the currently active channels matching a <pattern> (default: '*').",
    "NUMPAT",
    "    Return number of subscriptions to patterns.",
    "NUMSUB [<channel> ...]",
    "    Return the number of subscribers for the specified channels, excluding",
    "    pattern subscriptions(default: no channels).",
    "SHARDCHANNELS [<pattern>]",
    "    Return the currently active shard level channels matching a <pattern> (default: '*').",
    "SHARDNUMSUB [<shardchannel> ...]",
    "    Return the number of subscribers for the specified shard level channel(s)",
};

Result<Outcome> help_command(Call& call) {
  reply_help(call.reply, "PUBSUB", kHelp);
  return kDone;
}

constexpr uint64_t kAsk = kPubsub | kLoading | kStale | kNoTxn;
constexpr uint64_t kSubscribe = kAsk | kNoScript | kInSubscribedMode;

constexpr CommandSpec row(std::string_view name, int arity, uint64_t flags, KeyPositions keys, std::string_view since,
                          std::string_view summary, std::string_view complexity, Handler handler,
                          std::span<const CommandSpec> subcommands = {}) {
  return {name,    arity,      flags,   keys,       keys.first ? "not_key" : "", Group::pubsub, since,
          summary, complexity, handler, subcommands};
}

constexpr CommandSpec kPubsubCommands[] = {
    row("channels", -2, kAsk, {}, "2.8.0", "List active channels",
        "O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short "
        "channels and patterns)",
        channels_command<SubscriptionKind::channel>),
    row("numsub", -2, kAsk, {}, "2.8.0", "Get the count of subscribers for channels",
        "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
        numsub_command<SubscriptionKind::channel>),
    row("numpat", 2, kAsk, {}, "2.8.0", "Get the count of unique patterns pattern subscriptions", "O(1)",
        numpat_command),
    row("shardchannels", -2, kAsk, {}, "7.0.0", "List active shard channels",
        "O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively "
        "short "
        "shard channels).",
        channels_command<SubscriptionKind::shard_channel>),
    row("shardnumsub", -2, kAsk, {}, "7.0.0", "Get the count of subscribers for shard channels",
        "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
        numsub_command<SubscriptionKind::shard_channel>),
    row("help", 2, kLoading | kStale | kNoTxn, {}, "6.2.0", "Show helpful text about the different subcommands", "O(1)",
        help_command),
};

constexpr CommandSpec kCommands[] = {
    row("subscribe", -2, kSubscribe, {}, "2.0.0", "Listen for messages published to the given channels",
        "O(N) where N is the number of channels to subscribe to.", subscribe_command<kChannels>),
    row("unsubscribe", -1, kSubscribe, {}, "2.0.0", "Stop listening for messages posted to the given channels",
        "O(N) where N is the number of clients already subscribed to a channel.", unsubscribe_command<kChannels>),
    row("psubscribe", -2, kSubscribe, {}, "2.0.0",
        "Listen for messages published to channels matching the given patterns",
        "O(N) where N is the number of patterns the client is already subscribed to.", subscribe_command<kPatterns>),
    row("punsubscribe", -1, kSubscribe, {}, "2.0.0",
        "Stop listening for messages posted to channels matching the given patterns",
        "O(N+M) where N is the number of patterns the client is already subscribed and M is the number of total "
        "patterns "
        "subscribed in the system (by any client).",
        unsubscribe_command<kPatterns>),
    row("ssubscribe", -2, kSubscribe, {1, -1, 1}, "7.0.0", "Listen for messages published to the given shard channels",
        "O(N) where N is the number of shard channels to subscribe to.", subscribe_command<kShardChannels>),
    row("sunsubscribe", -1, kSubscribe, {1, -1, 1}, "7.0.0",
        "Stop listening for messages posted to the given shard channels",
        "O(N) where N is the number of clients already subscribed to a shard channel.",
        unsubscribe_command<kShardChannels>),
    row("publish", 3, kAsk | kFast | kMayReplicate, {}, "2.0.0", "Post a message to a channel",
        "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of "
        "subscribed "
        "patterns (by any client).",
        publish_command<false>),
    row("spublish", 3, kAsk | kFast | kMayReplicate, {1, 1, 1}, "7.0.0", "Post a message to a shard channel",
        "O(N) where N is the number of clients subscribed to the receiving shard channel.", publish_command<true>),
    row("pubsub", -2, 0, {}, "2.8.0", "A container for Pub/Sub commands", "Depends on subcommand.", nullptr,
        kPubsubCommands),
};

}  // namespace

std::span<const CommandSpec> pubsub_commands() { return kCommands; }

}  // namespace basalt
