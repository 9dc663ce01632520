#include "types/stream/stream.h"

#include <algorithm>

#include "types/common/members.h"
#include "types/stream/stream_id.h"

namespace basalt {

// ---- entries ----

std::string encode_stream_entry(absl::Span<const std::string_view> fields_and_values) {
  std::string value;
  append_varint(value, fields_and_values.size() / 2);
  for (std::string_view element : fields_and_values) layout::append_packed(value, element);
  return value;
}

Result<StreamEntry> decode_stream_entry(StreamId id, std::string_view value) {
  ByteReader in(value);
  const auto pairs = in.varint();
  if (!pairs) return damaged_record("a stream's entry");
  return StreamEntry{id, *pairs, in.rest()};
}

Result<void> reply_stream_entry(Reply& reply, const StreamEntry& entry) {
  reply.array(2);
  reply_stream_id(reply, entry.id);
  reply.array(static_cast<int64_t>(entry.pairs * 2));
  uint64_t shown = 0;
  layout::PackedReader elements(entry.body);
  for (; auto element = elements.next(); ++shown) reply.bulk(*element);
  if (elements.damaged() || shown != entry.pairs * 2) return damaged_record("a stream's entry");
  return {};
}

// ---- finding and walking ----

Result<std::optional<Stream>> Stream::find(Txn& txn, Key key) {
  const auto record = TRY(txn.find_frozen(key, Type::stream));
  if (!record) return std::nullopt;
  return TRY(of(txn, *record));
}

Result<Stream> Stream::of(Txn& txn, const Record& record) {
  const auto fields = layout::decode_stream_fields(record.head.body);
  if (!fields) return damaged_record("a stream's head");
  return Stream(txn, record.head.object, record.head.size, *fields);
}

// Nothing is below the first id but tombstones of what was trimmed, and nothing above the last: neither is walked.
Cursor Stream::cursor(StreamId from, StreamId to) const {
  const KeyBuffer lower = layout::stream_entry_key(object_, std::max(from, fields_.first_id));
  const auto beyond = next_stream_id(std::min(to, fields_.last_id));
  const KeyBuffer upper =
      beyond ? layout::stream_entry_key(object_, *beyond) : layout::stream_prefix(object_, layout::StreamKind::node);
  return txn_->cursor(Column::streams, {.lower = lower, .upper = upper});
}

Result<void> Stream::walk(StreamId from, StreamId to, Order order, Visitor visit) const {
  if (size_ == 0 || from > to || from > fields_.last_id || to < fields_.first_id) return {};
  Cursor entries = cursor(from, to);
  if (order == Order::ascending) entries.seek_to_first();
  else entries.seek_to_last();
  while (entries.valid()) {
    const auto id = layout::decode_stream_entry_key(entries.key());
    if (!id) return damaged_record("a stream's entry");
    if (!TRY(visit(TRY(decode_stream_entry(*id, entries.value()))))) return {};
    if (order == Order::ascending) entries.next();
    else entries.prev();
  }
  return entries.status();
}

Result<std::optional<StreamEntry>> Stream::entry(StreamId id, Value& bytes) const {
  if (size_ == 0 || id < fields_.first_id || id > fields_.last_id) return std::nullopt;
  if (!TRY(txn_->get(Column::streams, layout::stream_entry_key(object_, id), &bytes))) return std::nullopt;
  return TRY(decode_stream_entry(id, bytes.view()));
}

Result<bool> Stream::has(StreamId id) const {
  Value bytes;
  return TRY(entry(id, bytes)).has_value();
}

Result<std::optional<StreamId>> Stream::first_from(StreamId from) const {
  std::optional<StreamId> found;
  TRY(walk(from, kMaxStreamId, Order::ascending, [&](const StreamEntry& entry) -> Result<bool> {
    found = entry.id;
    return false;
  }));
  return found;
}

Result<std::optional<StreamId>> Stream::last() const {
  std::optional<StreamId> found;
  TRY(walk(kMinStreamId, kMaxStreamId, Order::descending, [&](const StreamEntry& entry) -> Result<bool> {
    found = entry.id;
    return false;
  }));
  return found;
}

Result<void> Stream::walk_nodes(absl::FunctionRef<Result<bool>(const StreamNode& node, bool is_tail)> visit) const {
  if (fields_.nodes == 0) return {};
  if (size_ > 0 && fields_.first_id < fields_.tail.first) {
    const KeyBuffer lower = layout::stream_prefix(object_, layout::StreamKind::node);
    const KeyBuffer upper = layout::stream_node_key(object_, fields_.tail.first);
    Cursor cursor = txn_->cursor(Column::streams, {.lower = lower, .upper = upper});
    cursor.seek_for_prev(layout::stream_node_key(object_, fields_.first_id));  // past what was trimmed
    if (!cursor.valid()) TRY(cursor.status());
    if (!cursor.valid()) return damaged_record("a stream's node");
    for (; cursor.valid(); cursor.next()) {
      const auto first = layout::decode_stream_node_key(cursor.key());
      const auto node = first ? layout::decode_stream_node(*first, cursor.value()) : std::nullopt;
      if (!node) return damaged_record("a stream's node");
      if (!TRY(visit(*node, /*is_tail=*/false))) return {};
    }
    TRY(cursor.status());
  }
  TRY(visit(fields_.tail, /*is_tail=*/true));
  return {};
}

// ---- what the counters tell, as Redis 7.0 concludes it ----

bool Stream::may_have_gaps_from(StreamId from) const {
  if (size_ == 0 || fields_.max_deleted_id == kMinStreamId) return false;
  return fields_.first_id <= fields_.max_deleted_id && from <= fields_.max_deleted_id;
}

int64_t entries_up_to(const StreamFields& fields, uint64_t size, StreamId id) {
  const auto added = static_cast<int64_t>(fields.entries_added);
  if (added == 0) return 0;
  if (size == 0 && id <= fields.last_id) return added;
  if (id == fields.last_id) return added;
  if (id > fields.last_id) return StreamGroup::kUnknown;
  if (fields.max_deleted_id == kMinStreamId || fields.max_deleted_id < fields.first_id) {
    if (id < fields.first_id) return static_cast<int64_t>(fields.entries_added - size);
    if (id == fields.first_id) return static_cast<int64_t>(fields.entries_added - size + 1);
  }
  return StreamGroup::kUnknown;
}

std::optional<int64_t> Stream::lag(const StreamGroup& group) const {
  const auto added = static_cast<int64_t>(fields_.entries_added);
  if (added == 0) return 0;
  if (group.entries_read != StreamGroup::kUnknown && !may_have_gaps_from(group.last_id)) {
    return wrapped_difference(added, group.entries_read);
  }
  const int64_t read = entries_up_to(group.last_id);
  return read == StreamGroup::kUnknown ? std::nullopt : std::optional(wrapped_difference(added, read));
}

}  // namespace basalt
