// Adding entries, and removing them.
#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "types/stream/stream_handlers.h"
#include "types/stream/stream_id.h"
#include "types/stream/stream_node.h"
#include "types/stream/stream_writer.h"

namespace basalt::stream {

namespace {

struct AddOptions {
  StreamTrim trim;
  bool create = true;
  std::optional<NewStreamId> id;  // XADD
  size_t next = 0;                // the argument behind the id
};

// What "~" removes at once without LIMIT: as much as Redis does.
uint64_t default_limit(const PackedLimits& limits) {
  constexpr int64_t kNodes = 100;
  constexpr int64_t kMost = 1'000'000;
  const int64_t entries = limits.stream_node_max_entries.load(std::memory_order_relaxed);
  if (entries <= 0) return 10'000;
  return static_cast<uint64_t>(entries > kMost / kNodes ? kMost : entries * kNodes);
}

// "MAXLEN [=|~] length" or "MINID [=|~] id", from argument `i` on: the index of its last argument.
Result<size_t> parse_strategy(const Call& call, size_t i, StreamTrim& trim) {
  if (trim.by != StreamTrim::By::nothing) {
    return fail("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
  }
  trim.by = call.arg_is(i, "maxlen") ? StreamTrim::By::length : StreamTrim::By::id;
  ++i;
  trim.whole_nodes = i + 1 < call.argc() && call.arg(i) == "~";
  if (i + 1 < call.argc() && (call.arg(i) == "~" || call.arg(i) == "=")) ++i;
  if (trim.by == StreamTrim::By::id) {
    trim.min_id = TRY(parse_stream_id(call.arg(i)));
    return i;
  }
  const int64_t length = TRY(call.integer(i));
  if (length < 0) return fail("ERR The MAXLEN argument must be >= 0.");
  trim.max_length = static_cast<uint64_t>(length);
  return i;
}

Result<void> settle_limit(const Call& call, StreamTrim& trim, std::optional<uint64_t> limit, bool adding) {
  if (limit.value_or(0) > 0 && trim.by == StreamTrim::By::nothing) {
    return fail("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
  }
  if (!adding && trim.by == StreamTrim::By::nothing) {
    return fail("ERR syntax error, XTRIM must be called with a trimming strategy");
  }
  if (limit && !trim.whole_nodes) return fail("ERR syntax error, LIMIT cannot be used without the special ~ option");
  trim.limit = trim.whole_nodes ? limit.value_or(default_limit(call.txn.limits())) : 0;
  return {};
}

// The options of XADD, up to the id, or of XTRIM.
Result<AddOptions> parse_options(const Call& call, bool adding) {
  AddOptions options;
  std::optional<uint64_t> limit;
  size_t i = 2;
  for (; i < call.argc() && !options.id; ++i) {
    const bool has_value = i + 1 < call.argc();
    if (has_value && (call.arg_is(i, "maxlen") || call.arg_is(i, "minid"))) {
      i = TRY(parse_strategy(call, i, options.trim));
    } else if (has_value && call.arg_is(i, "limit")) {
      const int64_t entries = TRY(call.integer(++i));
      if (entries < 0) return fail("ERR The LIMIT argument must be >= 0.");
      limit = static_cast<uint64_t>(entries);
    } else if (adding && call.arg_is(i, "nomkstream")) {
      options.create = false;
    } else if (adding) {
      options.id = TRY(parse_new_stream_id(call.arg(i)));
    } else {
      return syntax_error();
    }
  }
  options.next = i;
  TRY(settle_limit(call, options.trim, limit, adding));
  return options;
}

// nullopt: it would not be above the last id.
std::optional<StreamId> settle_id(const NewStreamId& wanted, StreamId last, int64_t now_ms) {
  if (wanted.auto_ms) {
    const auto ms = static_cast<uint64_t>(now_ms);
    return ms > last.ms ? std::optional(StreamId{ms, 0}) : next_stream_id(last);
  }
  if (wanted.auto_sequence && wanted.id.ms == last.ms) {
    if (last.sequence == UINT64_MAX) return std::nullopt;
    return next_stream_id(last);
  }
  return wanted.id > last ? std::optional(wanted.id) : std::nullopt;
}

}  // namespace

Result<Outcome> xadd(Call& call) {
  const AddOptions options = TRY(parse_options(call, /*adding=*/true));
  if (!options.id || call.argc() < options.next + 2 || (call.argc() - options.next) % 2 != 0) {
    return wrong_arity(call.spec);
  }
  if (!options.id->auto_ms && !options.id->auto_sequence && options.id->id == kMinStreamId) {
    return fail("ERR The ID specified in XADD must be greater than 0-0");
  }
  auto record = TRY(call.txn.find(call.key(1), Type::stream));
  if (!record && !options.create) {
    call.reply.null();
    return kDone;
  }
  StreamWriter stream = TRY(StreamWriter::open(call.txn, call.key(1), std::move(record)));
  if (stream.fields().last_id == kMaxStreamId) {
    return fail("ERR The stream has exhausted the last possible ID, unable to add more items");
  }
  const auto id = settle_id(*options.id, stream.fields().last_id, call.txn.now_ms());
  if (!id) return fail("ERR The ID specified in XADD is equal or smaller than the target stream top item");
  const absl::Span<const std::string_view> elements = absl::MakeConstSpan(call.args).subspan(options.next);
  uint64_t bytes = 0;
  for (std::string_view element : elements) bytes += element.size();
  if (bytes > kMaxStreamNodeBytes) return fail("ERR Elements are too large to be stored");

  stream.add(*id, elements);
  const uint64_t trimmed = TRY(stream.trim(options.trim));
  TRY(stream.save());
  call.txn.touch(call.key(1), EventClass::stream, "xadd");
  if (trimmed > 0) call.txn.touch(call.key(1), EventClass::stream, "xtrim");
  reply_stream_id(call.reply, *id);
  return kDone;
}

Result<Outcome> xtrim(Call& call) {
  const AddOptions options = TRY(parse_options(call, /*adding=*/false));
  auto record = TRY(call.txn.find(call.key(1), Type::stream));
  uint64_t removed = 0;
  if (record) {
    StreamWriter stream = TRY(StreamWriter::open(call.txn, call.key(1), std::move(record)));
    const uint64_t nodes = stream.fields().nodes;
    removed = TRY(stream.trim(options.trim));
    if (removed > 0 || stream.fields().nodes != nodes) TRY(stream.save());
    if (removed > 0) call.txn.touch(call.key(1), EventClass::stream, "xtrim");
  }
  call.reply.integer(static_cast<int64_t>(removed));
  return kDone;
}

Result<Outcome> xdel(Call& call) {
  auto record = TRY(call.txn.find(call.key(1), Type::stream));
  if (!record) {
    call.reply.integer(0);
    return kDone;
  }
  std::vector<StreamId> ids;
  for (size_t i = 2; i < call.argc(); ++i) ids.push_back(TRY(parse_stream_id(call.arg(i))));
  StreamWriter stream = TRY(StreamWriter::open(call.txn, call.key(1), std::move(record)));
  int64_t deleted = 0;
  for (StreamId id : ids) deleted += TRY(stream.erase(id));
  if (deleted > 0) {
    TRY(stream.save());
    call.txn.touch(call.key(1), EventClass::stream, "xdel");
  }
  call.reply.integer(deleted);
  return kDone;
}

Result<Outcome> xsetid(Call& call) {
  const StreamId id = TRY(parse_stream_id(call.arg(2)));
  std::optional<uint64_t> entries_added;
  StreamId max_deleted;
  for (size_t i = 3; i < call.argc(); i += 2) {
    if (i + 1 < call.argc() && call.arg_is(i, "entriesadded")) {
      const int64_t entries = TRY(call.integer(i + 1));
      if (entries < 0) return fail("ERR entries_added must be positive");
      entries_added = static_cast<uint64_t>(entries);
    } else if (i + 1 < call.argc() && call.arg_is(i, "maxdeletedid")) {
      max_deleted = TRY(parse_stream_id(call.arg(i + 1)));
      if (id < max_deleted) {
        return fail("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
      }
    } else {
      return syntax_error();
    }
  }
  auto record = TRY(call.txn.find(call.key(1), Type::stream));
  if (!record) return fail("ERR no such key");
  StreamWriter stream = TRY(StreamWriter::open(call.txn, call.key(1), std::move(record)));
  if (stream.size() > 0) {
    if (id < TRY(stream.last()).value_or(kMinStreamId)) {
      return fail("ERR The ID specified in XSETID is smaller than the target stream top item");
    }
    if (entries_added && stream.size() > *entries_added) {
      return fail("ERR The entries_added specified in XSETID is smaller than the target stream length");
    }
  }
  TRY(stream.set_last_id(id));
  if (entries_added) stream.set_entries_added(*entries_added);
  if (max_deleted != kMinStreamId) stream.set_max_deleted_id(max_deleted);
  TRY(stream.save());
  call.txn.notify(call.key(1), EventClass::stream, "xsetid");
  call.reply.ok();
  return kDone;
}

}  // namespace basalt::stream
