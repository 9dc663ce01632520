// XINFO: what a stream, its groups and their consumers have.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "command/help.h"
#include "types/stream/stream_group.h"
#include "types/stream/stream_handlers.h"
#include "types/stream/stream_id.h"

namespace basalt::stream {

namespace {

Result<Stream> find_stream(const Call& call) {
  auto stream = TRY(Stream::find(call.txn, call.key(2)));
  if (!stream) return fail("ERR no such key");
  return *stream;
}

// A field of a map, and its value.
void field(Reply& reply, std::string_view name, int64_t value) {
  reply.bulk(name);
  reply.integer(value);
}

void field(Reply& reply, std::string_view name, uint64_t value) { field(reply, name, static_cast<int64_t>(value)); }

void field(Reply& reply, std::string_view name, StreamId id) {
  reply.bulk(name);
  reply_stream_id(reply, id);
}

void field(Reply& reply, std::string_view name, std::optional<int64_t> value) {
  reply.bulk(name);
  if (value) reply.integer(*value);
  else reply.null();
}

std::optional<int64_t> entries_read(const StreamGroup& group) {
  return group.entries_read == StreamGroup::kUnknown ? std::nullopt : std::optional(group.entries_read);
}

void reply_head(Reply& reply, const Stream& stream) {
  const StreamFields& fields = stream.fields();
  field(reply, "length", stream.size());
  field(reply, "radix-tree-keys", fields.nodes);
  // There is no tree; Redis's has at least so many.
  field(reply, "radix-tree-nodes", fields.nodes + 1);
  field(reply, "last-generated-id", fields.last_id);
  field(reply, "max-deleted-entry-id", fields.max_deleted_id);
  field(reply, "entries-added", fields.entries_added);
  field(reply, "recorded-first-entry-id", fields.first_id);
}

Result<void> reply_edge(Call& call, const Stream& stream, Stream::Order order) {
  bool shown = false;
  TRY(stream.walk(kMinStreamId, kMaxStreamId, order, [&](const StreamEntry& entry) -> Result<bool> {
    shown = true;
    TRY(reply_stream_entry(call.reply, entry));
    return false;
  }));
  if (!shown) call.reply.null();
  return {};
}

// ---- XINFO STREAM FULL ----

// The first `count` pending entries (0: all) of a group, or of one of its consumers, whose name is then left out.
Result<void> reply_pending(Call& call, const GroupReader& group, std::optional<std::string_view> consumer,
                           uint64_t count) {
  uint64_t shown = 0;
  const auto show = [&](StreamId id, const StreamPending& pending) -> Result<bool> {
    call.reply.array(consumer ? 3 : 4);
    reply_stream_id(call.reply, id);
    if (!consumer) call.reply.bulk(pending.consumer);
    call.reply.integer(pending.delivered_ms);
    call.reply.integer(static_cast<int64_t>(pending.deliveries));
    return ++shown != count;
  };
  call.reply.bulk("pending");
  const auto mark = call.reply.open(Reply::Aggregate::array);
  if (consumer) TRY(group.walk_owned(*consumer, kMinStreamId, kMaxStreamId, show));
  else TRY(group.walk_pending(kMinStreamId, kMaxStreamId, show));
  call.reply.close(mark, static_cast<int64_t>(shown));
  return {};
}

Result<void> reply_full_group(Call& call, const Stream& stream, const GroupReader& group, std::string_view name,
                              uint64_t count) {
  Reply& reply = call.reply;
  reply.map(7);
  reply.bulk("name");
  reply.bulk(name);
  field(reply, "last-delivered-id", group.group().last_id);
  field(reply, "entries-read", entries_read(group.group()));
  field(reply, "lag", stream.lag(group.group()));
  field(reply, "pel-count", group.group().pending);
  TRY(reply_pending(call, group, std::nullopt, count));
  reply.bulk("consumers");
  reply.array(static_cast<int64_t>(group.group().consumers));
  return group.walk_consumers([&](std::string_view consumer_name, const StreamConsumer& consumer) -> Result<void> {
    reply.map(4);
    reply.bulk("name");
    reply.bulk(consumer_name);
    field(reply, "seen-time", consumer.seen_ms);
    field(reply, "pel-count", consumer.pending);
    return reply_pending(call, group, consumer_name, count);
  });
}

Result<void> reply_full(Call& call, const Stream& stream, uint64_t count) {
  call.reply.map(9);
  reply_head(call.reply, stream);
  call.reply.bulk("entries");
  TRY(reply_range(call, stream, kMinStreamId, kMaxStreamId, Stream::Order::ascending, count));
  call.reply.bulk("groups");
  call.reply.array(static_cast<int64_t>(stream.fields().groups));
  return walk_stream_groups(call.txn, stream.object(), [&](std::string_view name, const StreamGroup& group) {
    return reply_full_group(call, stream, GroupReader(call.txn, stream.object(), name, group), name, count);
  });
}

// FULL [COUNT count], from argument 3 on.
Result<uint64_t> parse_full(const Call& call) {
  constexpr int64_t kDefault = 10;
  const bool has_count = call.argc() == 6;
  if ((call.argc() != 4 && !has_count) || !call.arg_is(3, "full") || (has_count && !call.arg_is(4, "count"))) {
    return subcommand_syntax_error(call);
  }
  const int64_t count = has_count ? TRY(call.integer(5)) : kDefault;
  return static_cast<uint64_t>(count < 0 ? kDefault : count);
}

}  // namespace

Result<Outcome> xinfo_stream(Call& call) {
  const Stream stream = TRY(find_stream(call));
  if (call.argc() > 3) {
    const uint64_t count = TRY(parse_full(call));
    TRY(reply_full(call, stream, count));
    return kDone;
  }
  call.reply.map(10);
  reply_head(call.reply, stream);
  field(call.reply, "groups", stream.fields().groups);
  call.reply.bulk("first-entry");
  TRY(reply_edge(call, stream, Stream::Order::ascending));
  call.reply.bulk("last-entry");
  TRY(reply_edge(call, stream, Stream::Order::descending));
  return kDone;
}

Result<Outcome> xinfo_groups(Call& call) {
  const Stream stream = TRY(find_stream(call));
  call.reply.array(static_cast<int64_t>(stream.fields().groups));
  TRY(walk_stream_groups(call.txn, stream.object(),
                         [&](std::string_view name, const StreamGroup& group) -> Result<void> {
                           call.reply.map(6);
                           call.reply.bulk("name");
                           call.reply.bulk(name);
                           field(call.reply, "consumers", group.consumers);
                           field(call.reply, "pending", group.pending);
                           field(call.reply, "last-delivered-id", group.last_id);
                           field(call.reply, "entries-read", entries_read(group));
                           field(call.reply, "lag", stream.lag(group));
                           return {};
                         }));
  return kDone;
}

Result<Outcome> xinfo_consumers(Call& call) {
  const Stream stream = TRY(find_stream(call));
  const auto group = TRY(GroupReader::find(call.txn, stream.object(), call.arg(3)));
  if (!group) {
    return fail(fmt::format("NOGROUP No such consumer group '{}' for key name '{}'", call.arg(3), call.arg(2)));
  }
  call.reply.array(static_cast<int64_t>(group->group().consumers));
  TRY(group->walk_consumers([&](std::string_view name, const StreamConsumer& consumer) -> Result<void> {
    call.reply.map(3);
    call.reply.bulk("name");
    call.reply.bulk(name);
    field(call.reply, "pending", consumer.pending);
    field(call.reply, "idle", std::max<int64_t>(wrapped_difference(call.txn.now_ms(), consumer.seen_ms), 0));
    return {};
  }));
  return kDone;
}

Result<Outcome> xinfo_help(Call& call) {
  constexpr std::string_view kLines[] = {
      "CONSUMERS <key> <groupname>",
      "    Show consumers of <groupname>.",
      "GROUPS <key>",
      "    Show the stream consumer groups.",
      "STREAM <key> [FULL [COUNT <count>]",
      "    Show information about the stream.",
  };
  reply_help(call.reply, "XINFO", kLines);
  return kDone;
}

}  // namespace basalt::stream
