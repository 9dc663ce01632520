// Entries by id.
#include <algorithm>
#include <optional>

#include "types/stream/stream_handlers.h"
#include "types/stream/stream_id.h"

namespace basalt::stream {

namespace {

// The COUNT option; nullopt: it is not there.
Result<std::optional<uint64_t>> parse_count(const Call& call) {
  std::optional<uint64_t> count;
  for (size_t i = 4; i < call.argc(); i += 2) {
    if (!call.arg_is(i, "count") || i + 1 == call.argc()) return syntax_error();
    count = static_cast<uint64_t>(std::max<int64_t>(TRY(call.integer(i + 1)), 0));
  }
  return count;
}

Result<Outcome> range(Call& call, size_t start_at, size_t end_at, Stream::Order order) {
  const StreamId from = TRY(parse_range_start(call.arg(start_at)));
  const StreamId to = TRY(parse_range_end(call.arg(end_at)));
  const auto count = TRY(parse_count(call));
  const auto stream = TRY(Stream::find(call.txn, call.key(1)));
  if (!stream) call.reply.array(0);
  else if (count == 0) call.reply.null_array();
  else TRY(reply_range(call, *stream, from, to, order, count.value_or(0)));
  return kDone;
}

}  // namespace

Result<void> reply_range(Call& call, const Stream& stream, StreamId from, StreamId to, Stream::Order order,
                         uint64_t count) {
  const auto mark = call.reply.open(Reply::Aggregate::array);
  uint64_t shown = 0;
  TRY(stream.walk(from, to, order, [&](const StreamEntry& entry) -> Result<bool> {
    TRY(reply_stream_entry(call.reply, entry));
    return ++shown != count;
  }));
  call.reply.close(mark, static_cast<int64_t>(shown));
  return {};
}

Result<Outcome> xlen(Call& call) {
  const auto record = TRY(call.txn.find(call.key(1), Type::stream));
  call.reply.integer(record ? static_cast<int64_t>(record->head.size) : 0);
  return kDone;
}

// key start end, and key end start
Result<Outcome> xrange(Call& call) { return range(call, 2, 3, Stream::Order::ascending); }
Result<Outcome> xrevrange(Call& call) { return range(call, 3, 2, Stream::Order::descending); }

}  // namespace basalt::stream
