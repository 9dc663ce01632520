// XREAD and XREADGROUP: what is new in several streams, or, for a consumer of a group, what it did not acknowledge yet.
#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "types/common/awaited_key.h"
#include "types/stream/stream_group_writer.h"
#include "types/stream/stream_handlers.h"
#include "types/stream/stream_id.h"

namespace basalt::stream {

namespace {

// Who had to wait gets no more than this at once without COUNT, as in Redis.
constexpr uint64_t kWokenCount = 1000;
constexpr int64_t kLongestWait_ms = std::numeric_limits<int64_t>::max() / 2000;

struct ReadOptions {
  bool as_group;  // XREADGROUP
  std::optional<int64_t> block_ms;
  uint64_t count = 0;  // 0: all
  bool acknowledged = false;
  std::string_view group;
  std::string_view consumer;
  size_t first_key = 0;
  size_t streams = 0;
};

// A stream that is read, and behind which id.
struct Wanted {
  size_t key_at;
  std::optional<Stream> stream;
  StreamId after;
  bool undelivered = false;  // ">"
};

Result<int64_t> parse_block(const Call& call, size_t i) {
  const int64_t ms = TRY(call.integer(i, "ERR timeout is not an integer or out of range"));
  if (ms < 0) return fail("ERR timeout is negative");
  return std::min(ms, kLongestWait_ms);
}

tl::unexpected<Error> only_xreadgroup(std::string_view option) {
  return fail(fmt::format("ERR The {} option is only supported by XREADGROUP. You called XREAD instead.", option));
}

Result<ReadOptions> parse_options(const Call& call, bool as_group) {
  ReadOptions options{.as_group = as_group};
  bool has_group = false;
  for (size_t i = 1; i < call.argc() && options.first_key == 0; ++i) {
    const size_t more = call.argc() - i - 1;
    if (call.arg_is(i, "block") && more > 0) {
      options.block_ms = TRY(parse_block(call, ++i));
    } else if (call.arg_is(i, "count") && more > 0) {
      options.count = static_cast<uint64_t>(std::max<int64_t>(TRY(call.integer(++i)), 0));
    } else if (call.arg_is(i, "streams") && more > 0) {
      if (more % 2 != 0) {
        return fail("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.");
      }
      options.first_key = i + 1;
      options.streams = more / 2;
    } else if (call.arg_is(i, "group") && more >= 2) {
      if (!as_group) return only_xreadgroup("GROUP");
      options.group = call.arg(++i);
      options.consumer = call.arg(++i);
      has_group = true;
    } else if (call.arg_is(i, "noack")) {
      if (!as_group) return only_xreadgroup("NOACK");
      options.acknowledged = true;
    } else {
      return syntax_error();
    }
  }
  if (options.first_key == 0) return syntax_error();
  if (as_group && !has_group) return fail("ERR Missing GROUP option for XREADGROUP");
  return options;
}

// The id that argument `i` means for `wanted`.
Result<void> parse_after(const Call& call, size_t i, const ReadOptions& options, Wanted& wanted) {
  if (call.arg(i) == "$") {
    if (options.as_group) {
      return fail(
          "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by "
          "specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result "
          "set.");
    }
    if (wanted.stream) wanted.after = wanted.stream->fields().last_id;
    return {};
  }
  if (call.arg(i) == ">" && !options.as_group) {
    return fail(
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.");
  }
  wanted.after = call.arg(i) == ">" ? kMaxStreamId : TRY(parse_stream_id(call.arg(i)));
  wanted.undelivered = options.as_group && wanted.after == kMaxStreamId;
  return {};
}

Result<std::vector<Wanted>> resolve(const Call& call, const ReadOptions& options) {
  std::vector<Wanted> all;
  for (size_t i = 0; i < options.streams; ++i) {
    Wanted wanted{.key_at = options.first_key + i};
    wanted.stream = TRY(Stream::find(call.txn, call.key(wanted.key_at)));
    if (options.as_group &&
        (!wanted.stream || !TRY(GroupReader::find(call.txn, wanted.stream->object(), options.group)))) {
      return fail(fmt::format("NOGROUP No such key '{}' or consumer group '{}' in XREADGROUP with GROUP option",
                              call.arg(wanted.key_at), options.group));
    }
    TRY(parse_after(call, wanted.key_at + options.streams, options, wanted));
    all.push_back(std::move(wanted));
  }
  return all;
}

// ---- replying ----
// Who was woken is answered even when the entries that came are gone already (XADD and XDEL in one EXEC): with none, as
// Redis does it.

// What is behind wanted.after; false: nothing, and then nothing was written either.
Result<bool> reply_new(Call& call, const Wanted& wanted, uint64_t count) {
  const auto from = next_stream_id(wanted.after);
  if (!from || wanted.stream->fields().last_id < *from) return false;
  const size_t before = call.reply.size();
  if (!call.reply.resp3()) call.reply.array(2);
  call.reply.bulk(call.arg(wanted.key_at));
  const size_t header = call.reply.size();
  TRY(reply_range(call, *wanted.stream, *from, kMaxStreamId, Stream::Order::ascending, count));
  constexpr size_t kEmptyArray = 4;  // *0\r\n
  if (call.reply.size() > header + kEmptyArray || call.woken_by) return true;
  call.reply.truncate(before);
  return false;
}

Result<void> use_consumer(Call& call, size_t key_at, GroupWriter& group, std::string_view consumer) {
  if (TRY(group.need_consumer(consumer)) == GroupWriter::Found::created) {
    call.txn.notify(call.key(key_at), EventClass::stream, "xgroup-createconsumer");
  }
  group.see_consumer(consumer);
  return {};
}

// How far the group has read, once it was given `id`: Redis's reckoning.
void advance(GroupWriter& group, const Stream& stream, StreamId id) {
  if (id <= group.group().last_id) return;
  const int64_t read = group.group().entries_read;
  if (read != StreamGroup::kUnknown && !stream.may_have_gaps_from(id)) group.set_entries_read(wrapped_sum(read, 1));
  else if (stream.fields().entries_added > 0) group.set_entries_read(stream.entries_up_to(id));
  group.set_last_id(id);
}

// What the group has not delivered to anybody; false: nothing, and then nothing was written.
Result<bool> deliver(Call& call, const ReadOptions& options, const Wanted& wanted, GroupWriter& group, uint64_t count) {
  const auto from = next_stream_id(group.group().last_id);
  if (!from) return false;
  std::vector<StreamId> ids;
  const size_t before = call.reply.size();
  if (!call.reply.resp3()) call.reply.array(2);
  call.reply.bulk(call.arg(wanted.key_at));
  const auto mark = call.reply.open(Reply::Aggregate::array);
  TRY(wanted.stream->walk(*from, kMaxStreamId, Stream::Order::ascending, [&](const StreamEntry& entry) -> Result<bool> {
    TRY(reply_stream_entry(call.reply, entry));
    ids.push_back(entry.id);
    return ids.size() != count;
  }));
  if (ids.empty() && !(call.woken_by && *from <= wanted.stream->fields().last_id)) {
    call.reply.truncate(before);
    return false;
  }
  call.reply.close(mark, static_cast<int64_t>(ids.size()));
  TRY(use_consumer(call, wanted.key_at, group, options.consumer));
  for (StreamId id : ids) {
    advance(group, *wanted.stream, id);
    if (!options.acknowledged) TRY(group.put_pending(id, {call.txn.now_ms(), 1, options.consumer}));
  }
  TRY(group.save());
  return true;
}

// What is pending for the consumer. Entries that are no more are shown without fields.
Result<void> redeliver(Call& call, const ReadOptions& options, const Wanted& wanted, GroupWriter& group) {
  TRY(use_consumer(call, wanted.key_at, group, options.consumer));
  std::vector<StreamId> ids;
  std::vector<uint64_t> deliveries;
  // Behind the highest id comes the lowest, as in Redis.
  const StreamId from = next_stream_id(wanted.after).value_or(kMinStreamId);
  TRY(group.walk_owned(options.consumer, from, kMaxStreamId,
                       [&](StreamId id, const StreamPending& pending) -> Result<bool> {
                         ids.push_back(id);
                         deliveries.push_back(pending.deliveries);
                         return ids.size() != options.count;
                       }));
  if (!call.reply.resp3()) call.reply.array(2);
  call.reply.bulk(call.arg(wanted.key_at));
  call.reply.array(static_cast<int64_t>(ids.size()));
  for (size_t i = 0; i < ids.size(); ++i) {
    Value bytes;
    if (const auto entry = TRY(wanted.stream->entry(ids[i], bytes))) {
      TRY(reply_stream_entry(call.reply, *entry));
      TRY(group.put_pending(ids[i], {call.txn.now_ms(), deliveries[i] + 1, options.consumer}));
    } else {
      call.reply.array(2);
      reply_stream_id(call.reply, ids[i]);
      call.reply.null_array();
    }
  }
  return group.save();
}

// Whether there was something to reply with from this stream.
Result<bool> serve_one(Call& call, const ReadOptions& options, const Wanted& wanted, uint64_t count) {
  if (!wanted.stream) return false;
  if (!options.as_group) return reply_new(call, wanted, count);
  // Found again: the same stream may have been named before.
  auto group = TRY(GroupWriter::find(call.txn, wanted.stream->object(), options.group));
  if (!group) return fail("NOGROUP the consumer group this client was blocked on no longer exists");
  if (wanted.undelivered) return deliver(call, options, wanted, *group, count);
  TRY(redeliver(call, options, wanted, *group));
  return true;
}

Result<bool> serve(Call& call, const ReadOptions& options, const std::vector<Wanted>& all) {
  const auto mark = call.reply.open(call.reply.resp3() ? Reply::Aggregate::map : Reply::Aggregate::array);
  int64_t served = 0;
  for (const Wanted& wanted : all) served += TRY(serve_one(call, options, wanted, options.count));
  if (served > 0) call.reply.close(mark, served);
  return served > 0;
}

// ---- waiting ----

Outcome wait(const Call& call, const ReadOptions& options, const std::vector<Wanted>& all) {
  Outcome outcome = Outcome::wait(*options.block_ms, Outcome::OnTimeout::null_array);
  outcome.each_for_itself = true;
  std::vector<std::string> args(call.args.begin(), call.args.end());
  for (const Wanted& wanted : all) {
    std::string& id = args[wanted.key_at + options.streams];
    if (id == "$") id = to_string(wanted.after);
  }
  outcome.later_args = std::make_shared<const std::vector<std::string>>(std::move(args));
  return outcome;
}

// Waited, and now that one stream has changed: it alone is looked at.
Result<Outcome> read_woken(Call& call, const ReadOptions& options) {
  size_t i = 0;
  while (i < options.streams && call.arg(options.first_key + i) != *call.woken_by) ++i;
  const Outcome wait_on = Outcome::wait(options.block_ms.value_or(0), Outcome::OnTimeout::null_array);
  if (i == options.streams) return wait_on;
  Wanted wanted{.key_at = options.first_key + i};
  call.txn.freeze();
  if (const auto record = TRY(find_awaited(call, wanted.key_at, Type::stream))) {
    wanted.stream = TRY(Stream::of(call.txn, *record));
  } else if (options.as_group) {
    return fail("UNBLOCKED the stream key no longer exists");
  }
  TRY(parse_after(call, wanted.key_at + options.streams, options, wanted));
  const auto mark = call.reply.open(call.reply.resp3() ? Reply::Aggregate::map : Reply::Aggregate::array);
  if (!TRY(serve_one(call, options, wanted, options.count > 0 ? options.count : kWokenCount))) return wait_on;
  call.reply.close(mark, 1);
  return kDone;
}

Result<Outcome> read(Call& call, bool as_group) {
  const ReadOptions options = TRY(parse_options(call, as_group));
  if (call.woken_by) return read_woken(call, options);
  call.txn.freeze();
  std::vector<Wanted> all = TRY(resolve(call, options));
  if (TRY(serve(call, options, all))) return kDone;
  if (!options.block_ms || !call.may_wait) {
    call.reply.null_array();
    return kDone;
  }
  if (!as_group) {
    // Once more under the locks, which are kept until this client waits: no entry comes in between.
    std::vector<Key> keys;
    for (const Wanted& wanted : all) keys.push_back(call.key(wanted.key_at));
    TRY(call.txn.lock(keys));
    all = TRY(resolve(call, options));
    if (TRY(serve(call, options, all))) return kDone;
  }
  return wait(call, options, all);
}

}  // namespace

Result<Outcome> xread(Call& call) { return read(call, /*as_group=*/false); }
Result<Outcome> xreadgroup(Call& call) { return read(call, /*as_group=*/true); }

}  // namespace basalt::stream
