#include "types/stream/stream_group.h"

#include <algorithm>

#include "types/common/members.h"
#include "types/stream/stream_id.h"

namespace basalt {

namespace {

auto damaged_group() { return damaged_record("a stream's consumer group"); }

}  // namespace

Result<void> walk_stream_groups(
    Txn& txn, ObjectId object, absl::FunctionRef<Result<void>(std::string_view name, const StreamGroup& group)> visit) {
  const KeyBuffer lower = layout::stream_prefix(object, layout::StreamKind::group);
  const KeyBuffer upper = layout::stream_prefix(object, layout::StreamKind::consumer);
  Cursor cursor = txn.cursor(Column::streams, {.lower = lower, .upper = upper});
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
    const auto name = layout::decode_stream_group_key(cursor.key());
    const auto group = layout::decode_stream_group(cursor.value());
    if (!name || !group) return damaged_group();
    TRY(visit(*name, *group));
  }
  return cursor.status();
}

Result<std::optional<GroupReader>> GroupReader::find(Txn& txn, ObjectId object, std::string_view name) {
  Value value;
  if (!TRY(txn.get(Column::streams, layout::stream_group_key(object, name), &value))) return std::nullopt;
  const auto group = layout::decode_stream_group(value.view());
  if (!group) return damaged_group();
  return GroupReader(txn, object, name, *group);
}

// Where the group's records of a kind end.
std::string GroupReader::group_end(layout::StreamKind kind) const {
  return *prefix_successor(layout::stream_group_prefix(object_, kind, group_.number).view());
}

Result<std::optional<StreamConsumer>> GroupReader::consumer(std::string_view name) const {
  Value value;
  const KeyBuffer key = layout::stream_consumer_key(object_, group_.number, name);
  if (!TRY(txn_->get(Column::streams, key, &value))) return std::nullopt;
  const auto consumer = layout::decode_stream_consumer(value.view());
  if (!consumer) return damaged_group();
  return *consumer;
}

Result<void> GroupReader::walk_consumers(
    absl::FunctionRef<Result<void>(std::string_view name, const StreamConsumer& consumer)> visit) const {
  const KeyBuffer lower = layout::stream_group_prefix(object_, layout::StreamKind::consumer, group_.number);
  const std::string upper = group_end(layout::StreamKind::consumer);
  Cursor cursor = txn_->cursor(Column::streams, {.lower = lower, .upper = upper});
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
    const auto name = layout::decode_stream_consumer_key(cursor.key());
    const auto consumer = layout::decode_stream_consumer(cursor.value());
    if (!name || !consumer) return damaged_group();
    TRY(visit(*name, *consumer));
  }
  return cursor.status();
}

Result<std::optional<StreamPending>> GroupReader::pending(StreamId id, Value& bytes) const {
  const KeyBuffer key = layout::stream_pending_key(object_, group_.number, id);
  if (!TRY(txn_->get(Column::streams, key, &bytes))) return std::nullopt;
  const auto pending = layout::decode_stream_pending(bytes.view());
  if (!pending) return damaged_group();
  return *pending;
}

// What was acknowledged below the first pending id left tombstones, which are not stepped over.
Result<void> GroupReader::walk_pending(StreamId from, StreamId to, PendingVisitor visit) const {
  from = std::max(from, group_.first_pending);
  if (group_.pending == 0 || from > to) return {};
  const auto beyond = next_stream_id(to);
  const KeyBuffer lower = layout::stream_pending_key(object_, group_.number, from);
  const std::string upper = beyond ? std::string(layout::stream_pending_key(object_, group_.number, *beyond).view())
                                   : group_end(layout::StreamKind::pending);
  Cursor cursor = txn_->cursor(Column::streams, {.lower = lower, .upper = upper});
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
    const auto id = layout::decode_stream_pending_key(cursor.key());
    const auto pending = layout::decode_stream_pending(cursor.value());
    if (!id || !pending) return damaged_group();
    if (!TRY(visit(*id, *pending))) return {};
  }
  return cursor.status();
}

Result<void> GroupReader::walk_owned_ids(std::string_view consumer, StreamId from, StreamId to,
                                         absl::FunctionRef<Result<bool>(StreamId id)> visit) const {
  from = std::max(from, group_.first_pending);
  if (group_.pending == 0 || from > to) return {};
  const KeyBuffer lower = layout::stream_owned_key(object_, group_.number, consumer, from);
  const std::string upper = std::string(layout::stream_owned_key(object_, group_.number, consumer, to).view()) + '\0';
  Cursor cursor = txn_->cursor(Column::streams, {.lower = lower, .upper = upper});
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
    const auto id = layout::decode_stream_owned_key(cursor.key());
    if (!id) return damaged_group();
    if (!TRY(visit(*id))) return {};
  }
  return cursor.status();
}

Result<void> GroupReader::walk_owned(std::string_view consumer, StreamId from, StreamId to,
                                     PendingVisitor visit) const {
  return walk_owned_ids(consumer, from, to, [&](StreamId id) -> Result<bool> {
    Value bytes;
    const auto found = TRY(pending(id, bytes));
    if (!found) return damaged_group();
    return visit(id, *found);
  });
}

Result<std::optional<StreamId>> GroupReader::last_pending() const {
  if (group_.pending == 0) return std::nullopt;
  const KeyBuffer lower = layout::stream_pending_key(object_, group_.number, group_.first_pending);
  const std::string upper = group_end(layout::StreamKind::pending);
  Cursor cursor = txn_->cursor(Column::streams, {.lower = lower, .upper = upper});
  cursor.seek_to_last();
  if (!cursor.valid()) TRY(cursor.status());
  const auto id = cursor.valid() ? layout::decode_stream_pending_key(cursor.key()) : std::nullopt;
  if (!id) return damaged_group();
  return *id;
}

}  // namespace basalt
