// What was delivered to the consumers of a group and not acknowledged: looking, and taking it over.
#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "types/stream/stream_group_writer.h"
#include "types/stream/stream_handlers.h"
#include "types/stream/stream_id.h"

namespace basalt::stream {

namespace {

tl::unexpected<Error> no_group(const Call& call) {
  return fail(fmt::format("NOGROUP No such key '{}' or consumer group '{}'", call.arg(1), call.arg(2)));
}

// ---- XPENDING ----

struct PendingQuery {
  int64_t min_idle_ms = 0;
  StreamId from;
  StreamId to;
  uint64_t count = 0;
  std::optional<std::string_view> consumer;
};

// [IDLE ms] start end count [consumer]
Result<PendingQuery> parse_query(const Call& call) {
  PendingQuery query;
  size_t i = 3;
  if (call.arg_is(i, "idle")) {
    query.min_idle_ms = TRY(call.integer(4));
    if (call.argc() < 8) return syntax_error();
    i += 2;
  }
  query.count = static_cast<uint64_t>(std::max<int64_t>(TRY(call.integer(i + 2)), 0));
  query.from = TRY(parse_range_start(call.arg(i)));
  query.to = TRY(parse_range_end(call.arg(i + 1)));
  if (i + 3 < call.argc()) query.consumer = call.arg(i + 3);
  return query;
}

Result<void> reply_summary(Call& call, const GroupReader& group) {
  call.reply.array(4);
  call.reply.integer(static_cast<int64_t>(group.group().pending));
  const auto last = TRY(group.last_pending());
  if (!last) {
    call.reply.null();
    call.reply.null();
    call.reply.null_array();
    return {};
  }
  reply_stream_id(call.reply, group.group().first_pending);
  reply_stream_id(call.reply, *last);
  const auto mark = call.reply.open(Reply::Aggregate::array);
  int64_t consumers = 0;
  TRY(group.walk_consumers([&](std::string_view name, const StreamConsumer& consumer) -> Result<void> {
    if (consumer.pending == 0) return {};
    call.reply.array(2);
    call.reply.bulk(name);
    call.reply.bulk_integer(static_cast<int64_t>(consumer.pending));
    ++consumers;
    return {};
  }));
  call.reply.close(mark, consumers);
  return {};
}

Result<void> reply_pending(Call& call, const GroupReader& group, const PendingQuery& query) {
  if (query.consumer && !TRY(group.consumer(*query.consumer))) {
    call.reply.array(0);
    return {};
  }
  const auto mark = call.reply.open(Reply::Aggregate::array);
  uint64_t shown = 0;
  const auto show = [&](StreamId id, const StreamPending& pending) -> Result<bool> {
    if (shown == query.count) return false;
    const int64_t idle_ms = wrapped_difference(call.txn.now_ms(), pending.delivered_ms);
    if (query.min_idle_ms != 0 && idle_ms < query.min_idle_ms) return true;
    call.reply.array(4);
    reply_stream_id(call.reply, id);
    call.reply.bulk(pending.consumer);
    call.reply.integer(std::max<int64_t>(idle_ms, 0));
    call.reply.integer(static_cast<int64_t>(pending.deliveries));
    return ++shown != query.count;
  };
  if (query.consumer) TRY(group.walk_owned(*query.consumer, query.from, query.to, show));
  else TRY(group.walk_pending(query.from, query.to, show));
  call.reply.close(mark, static_cast<int64_t>(shown));
  return {};
}

// ---- claiming ----

// Takes pending entries over for one consumer.
class Claimer {
 public:
  /// What was claimed goes to `reply`.
  Claimer(Call& call, Reply& reply, const Stream& stream, GroupWriter& group, bool just_ids)
      : call_(call), reply_(reply), stream_(stream), group_(group), just_ids_(just_ids) {}

  /// Gives the entry, which is there, to the consumer at argument 3, and replies with it.
  Result<void> claim(const StreamEntry& entry, int64_t delivered_ms, uint64_t deliveries) {
    const std::string_view consumer = call_.arg(3);
    if (!seen_ && TRY(group_.need_consumer(consumer)) == GroupWriter::Found::created) {
      call_.txn.notify(call_.key(1), EventClass::stream, "xgroup-createconsumer");
    }
    if (!seen_) group_.see_consumer(consumer);
    seen_ = true;
    TRY(group_.put_pending(entry.id, {delivered_ms, deliveries, consumer}));
    ++claimed_;
    if (!just_ids_) return reply_stream_entry(reply_, entry);
    reply_stream_id(reply_, entry.id);
    return {};
  }

  const Stream& stream() const { return stream_; }
  GroupWriter& group() { return group_; }
  bool just_ids() const { return just_ids_; }
  uint64_t claimed() const { return claimed_; }

 private:
  Call& call_;
  Reply& reply_;
  const Stream& stream_;
  GroupWriter& group_;
  bool just_ids_;
  bool seen_ = false;
  uint64_t claimed_ = 0;
};

struct ClaimOptions {
  int64_t min_idle_ms = 0;
  std::vector<StreamId> ids;
  std::optional<int64_t> delivered_ms;
  std::optional<uint64_t> deliveries;
  StreamId last_id;
  bool force = false;
  bool just_ids = false;
};

Result<void> parse_claim_option(const Call& call, size_t& i, ClaimOptions& options) {
  const bool has_value = i + 1 < call.argc();
  if (call.arg_is(i, "force")) {
    options.force = true;
  } else if (call.arg_is(i, "justid")) {
    options.just_ids = true;
  } else if (call.arg_is(i, "idle") && has_value) {
    const int64_t idle_ms = TRY(call.integer(++i, "ERR Invalid IDLE option argument for XCLAIM"));
    int64_t delivered_ms = 0;
    const bool fits = !__builtin_sub_overflow(call.txn.now_ms(), idle_ms, &delivered_ms);
    options.delivered_ms = fits ? delivered_ms : -2;
  } else if (call.arg_is(i, "time") && has_value) {
    options.delivered_ms = TRY(call.integer(++i, "ERR Invalid TIME option argument for XCLAIM"));
  } else if (call.arg_is(i, "retrycount") && has_value) {
    const int64_t count = TRY(call.integer(++i, "ERR Invalid RETRYCOUNT option argument for XCLAIM"));
    options.deliveries = count >= 0 ? std::optional(static_cast<uint64_t>(count)) : std::nullopt;
  } else if (call.arg_is(i, "lastid") && has_value) {
    options.last_id = TRY(parse_stream_id(call.arg(++i)));
  } else {
    return fail(fmt::format("ERR Unrecognized XCLAIM option '{}'", call.arg(i)));
  }
  return {};
}

// min-idle-time id [id …] [option …], from argument 4 on
Result<ClaimOptions> parse_claim(const Call& call) {
  ClaimOptions options;
  options.min_idle_ms = std::max<int64_t>(TRY(call.integer(4, "ERR Invalid min-idle-time argument for XCLAIM")), 0);
  size_t i = 5;
  for (; i < call.argc(); ++i) {
    const auto id = parse_stream_id(call.arg(i));
    if (!id) break;
    options.ids.push_back(*id);
  }
  for (; i < call.argc(); ++i) TRY(parse_claim_option(call, i, options));
  return options;
}

// A time that can't be one is now: clients reckon with clocks of their own.
int64_t delivery_time(const ClaimOptions& options, int64_t now_ms) {
  const int64_t wanted = options.delivered_ms.value_or(now_ms);
  return wanted < 0 || wanted > now_ms ? now_ms : wanted;
}

Result<void> claim_id(Call& call, Claimer& claimer, const ClaimOptions& options, StreamId id) {
  Value pending_bytes, entry_bytes;
  const int64_t now_ms = call.txn.now_ms();
  const auto pending = TRY(claimer.group().pending(id, pending_bytes));
  const auto entry = TRY(claimer.stream().entry(id, entry_bytes));
  if (!entry) {
    if (pending) TRY(claimer.group().remove_pending(id));
    return {};
  }
  if (!pending && !options.force) return {};
  if (pending && options.min_idle_ms > 0 && wrapped_difference(now_ms, pending->delivered_ms) < options.min_idle_ms)
    return {};
  const uint64_t before = pending ? pending->deliveries : 1;
  const uint64_t counted = options.just_ids ? before : before + 1;
  return claimer.claim(*entry, delivery_time(options, now_ms), options.deliveries.value_or(counted));
}

// ---- XAUTOCLAIM ----

struct AutoclaimOptions {
  int64_t min_idle_ms = 0;
  StreamId from;
  uint64_t count = 100;
  bool just_ids = false;
};

Result<AutoclaimOptions> parse_autoclaim(const Call& call) {
  constexpr int64_t kMostCount = std::numeric_limits<int64_t>::max() / 16;
  AutoclaimOptions options;
  options.min_idle_ms = std::max<int64_t>(TRY(call.integer(4, "ERR Invalid min-idle-time argument for XAUTOCLAIM")), 0);
  options.from = TRY(parse_range_start(call.arg(5)));
  for (size_t i = 6; i < call.argc(); ++i) {
    if (call.arg_is(i, "count") && i + 1 < call.argc()) {
      const int64_t count = TRY(call.integer(++i, "ERR COUNT must be > 0"));
      if (count < 1 || count > kMostCount) return fail("ERR COUNT must be > 0");
      options.count = static_cast<uint64_t>(count);
    } else if (call.arg_is(i, "justid")) {
      options.just_ids = true;
    } else {
      return syntax_error();
    }
  }
  return options;
}

struct PendingCopy {
  StreamId id;
  int64_t delivered_ms;
  uint64_t deliveries;
};

// The next pending entries, in pages, since claiming writes.
Result<std::vector<PendingCopy>> read_page(const GroupReader& group, StreamId from) {
  constexpr size_t kPage = 512;
  std::vector<PendingCopy> page;
  TRY(group.walk_pending(from, kMaxStreamId, [&](StreamId id, const StreamPending& pending) -> Result<bool> {
    page.push_back({id, pending.delivered_ms, pending.deliveries});
    return page.size() < kPage;
  }));
  return page;
}

// Walks what is pending until it has claimed enough, or looked at enough. Gives where to go on; 0-0: at the end.
class AutoClaim {
 public:
  AutoClaim(Call& call, Claimer& claimer, const AutoclaimOptions& options)
      : call_(call), claimer_(claimer), options_(options), left_(options.count), attempts_(options.count * 10) {}

  Result<StreamId> run() {
    std::optional<StreamId> from = options_.from;
    while (from) {
      const auto page = TRY(read_page(claimer_.group(), *from));
      for (const PendingCopy& pending : page) {
        if (left_ == 0 || attempts_ == 0) return pending.id;
        --attempts_;
        TRY(look_at(pending));
      }
      if (page.empty()) break;
      from = next_stream_id(page.back().id);
    }
    return StreamId();
  }

  /// Those that were pending, and are no entries any more.
  const std::vector<StreamId>& deleted() const { return deleted_; }

 private:
  Result<void> look_at(const PendingCopy& pending) {
    Value bytes;
    const auto entry = TRY(claimer_.stream().entry(pending.id, bytes));
    if (!entry) {
      TRY(claimer_.group().remove_pending(pending.id));
      deleted_.push_back(pending.id);
      --left_;
      return {};
    }
    const int64_t now_ms = call_.txn.now_ms();
    if (options_.min_idle_ms > 0 && wrapped_difference(now_ms, pending.delivered_ms) < options_.min_idle_ms) return {};
    --left_;
    return claimer_.claim(*entry, now_ms, pending.deliveries + (claimer_.just_ids() ? 0 : 1));
  }

  Call& call_;
  Claimer& claimer_;
  const AutoclaimOptions& options_;
  uint64_t left_;
  uint64_t attempts_;
  std::vector<StreamId> deleted_;
};

struct StreamAndGroup {
  std::optional<Stream> stream;
  std::optional<GroupWriter> group;
};

// The group at arguments 1 and 2.
Result<StreamAndGroup> find_group(const Call& call) {
  StreamAndGroup found;
  found.stream = TRY(Stream::find(call.txn, call.key(1)));
  if (found.stream) found.group = TRY(GroupWriter::find(call.txn, found.stream->object(), call.arg(2)));
  if (!found.group) return no_group(call);
  return found;
}

}  // namespace

Result<Outcome> xpending(Call& call) {
  constexpr size_t kSummary = 3;
  if (call.argc() != kSummary && (call.argc() < 6 || call.argc() > 9)) return syntax_error();
  PendingQuery query;
  if (call.argc() != kSummary) query = TRY(parse_query(call));
  const auto stream = TRY(Stream::find(call.txn, call.key(1)));
  std::optional<GroupReader> group;
  if (stream) group = TRY(GroupReader::find(call.txn, stream->object(), call.arg(2)));
  if (!group) return no_group(call);
  if (call.argc() == kSummary) TRY(reply_summary(call, *group));
  else TRY(reply_pending(call, *group, query));
  return kDone;
}

Result<Outcome> xclaim(Call& call) {
  StreamAndGroup found = TRY(find_group(call));
  const ClaimOptions options = TRY(parse_claim(call));
  if (options.last_id > found.group->group().last_id) found.group->set_last_id(options.last_id);
  Claimer claimer(call, call.reply, *found.stream, *found.group, options.just_ids);
  const auto mark = call.reply.open(Reply::Aggregate::array);
  for (StreamId id : options.ids) TRY(claim_id(call, claimer, options, id));
  call.reply.close(mark, static_cast<int64_t>(claimer.claimed()));
  TRY(found.group->save());
  return kDone;
}

Result<Outcome> xautoclaim(Call& call) {
  const AutoclaimOptions options = TRY(parse_autoclaim(call));
  StreamAndGroup found = TRY(find_group(call));
  // Where to go on comes first in the reply, and is known last.
  std::string entries;
  Reply claimed(entries, call.reply.protocol());
  Claimer claimer(call, claimed, *found.stream, *found.group, options.just_ids);
  AutoClaim claim(call, claimer, options);
  const StreamId next = TRY(claim.run());
  call.reply.array(3);
  reply_stream_id(call.reply, next);
  call.reply.array(static_cast<int64_t>(claimer.claimed()));
  call.reply.raw(entries);
  call.reply.array(static_cast<int64_t>(claim.deleted().size()));
  for (StreamId id : claim.deleted()) reply_stream_id(call.reply, id);
  TRY(found.group->save());
  return kDone;
}

}  // namespace basalt::stream
