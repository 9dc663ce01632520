#include "types/stream/stream_writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "types/common/members.h"
#include "types/stream/stream_id.h"
#include "types/stream/stream_node.h"
#include "types/stream/stream_records.h"

namespace basalt {

namespace {

int64_t number(uint64_t value) { return static_cast<int64_t>(value); }

}  // namespace

Result<StreamWriter> StreamWriter::open(Txn& txn, Key key, std::optional<Record> record) {
  const Stream stream = record ? TRY(Stream::of(txn, *record)) : Stream(txn, txn.new_object(key), 0, {});
  return StreamWriter(key, std::move(record), stream);
}

Result<void> StreamWriter::save() {
  put_node();
  if (size_ == 0) fields_.first_id = {};
  else if (first_gone_) fields_.first_id = TRY(first_from(fields_.first_id)).value_or(StreamId());
  first_gone_ = false;
  const std::string body = layout::encode_stream_fields(fields_);
  Head head = record_ ? record_->head : Head{.type = Type::stream, .encoding = Encoding::spread};
  head.object = object_;
  head.size = size_;
  head.body = body;
  txn_->put(key_, head, record_ ? &*record_ : nullptr);
  return {};
}

Result<void> StreamWriter::set_last_id(StreamId id) {
  if (size_ == 0 && id < fields_.last_id) {
    // New entries may come where old ones were trimmed by this very transaction, whose reads would see them again.
    TRY(erase_stream_records_one_by_one(*txn_, layout::stream_prefix(object_, layout::StreamKind::entry),
                                        layout::stream_prefix(object_, layout::StreamKind::node)));
  }
  fields_.last_id = id;
  return {};
}

uint32_t StreamWriter::add_group() {
  ++fields_.groups;
  return ++fields_.groups_ever;
}

// ---- adding ----

void StreamWriter::add_to_tail(StreamId id, absl::Span<const std::string_view> fields_and_values) {
  uint64_t bytes = 0;
  for (std::string_view element : fields_and_values) bytes += element.size();
  if (fields_.nodes == 0 || !fits_into_node(fields_.tail, bytes, txn_->limits())) {
    if (fields_.nodes++ > 0) {
      txn_->put_item(Column::streams, layout::stream_node_key(object_, fields_.tail.first),
                     layout::encode_stream_node(fields_.tail));
    }
    fields_.tail = new_stream_node(id, fields_and_values);
  }
  add_to_node(fields_.tail, id, fields_and_values);
}

void StreamWriter::add(StreamId id, absl::Span<const std::string_view> fields_and_values) {
  add_to_tail(id, fields_and_values);
  txn_->put_item(Column::streams, layout::stream_entry_key(object_, id), encode_stream_entry(fields_and_values));
  if (size_++ == 0) {
    fields_.first_id = id;
    first_gone_ = false;
  }
  ++fields_.entries_added;
  fields_.last_id = id;
}

// ---- nodes ----

// The last one with a record of its own that begins at or before `id`.
Result<StreamNode> StreamWriter::stored_node(StreamId id) const {
  const KeyBuffer lower = layout::stream_prefix(object_, layout::StreamKind::node);
  const KeyBuffer upper = layout::stream_prefix(object_, layout::StreamKind::group);
  Cursor cursor = txn_->cursor(Column::streams, {.lower = lower, .upper = upper});
  cursor.seek_for_prev(layout::stream_node_key(object_, id));
  if (!cursor.valid()) TRY(cursor.status());
  const auto first = cursor.valid() ? layout::decode_stream_node_key(cursor.key()) : std::nullopt;
  const auto node = first ? layout::decode_stream_node(*first, cursor.value()) : std::nullopt;
  if (!node) return damaged_record("a stream's node");
  return *node;
}

Result<StreamNode*> StreamWriter::node_of(StreamId id) {
  if (fields_.nodes == 0) return damaged_record("a stream's nodes");
  if (id >= fields_.tail.first) return &fields_.tail;
  if (node_ && node_->first <= id && id <= node_->last) return &*node_;
  put_node();
  node_ = TRY(stored_node(id));
  return &*node_;
}

void StreamWriter::put_node() {
  if (!node_) return;
  txn_->put_item(Column::streams, layout::stream_node_key(object_, node_->first), layout::encode_stream_node(*node_));
  node_.reset();
}

Result<void> StreamWriter::remove_node(StreamNode& node) {
  --fields_.nodes;
  if (&node != &fields_.tail) {
    txn_->erase_item(Column::streams, layout::stream_node_key(object_, node.first));
    node_.reset();
    return {};
  }
  put_node();
  const StreamId first = std::exchange(fields_.tail, {}).first;
  if (fields_.nodes == 0) return {};
  // The one before becomes the last: it moves into the head.
  fields_.tail = TRY(stored_node(first));
  txn_->erase_item(Column::streams, layout::stream_node_key(object_, fields_.tail.first));
  return {};
}

// ---- removing ----

Result<bool> StreamWriter::erase(StreamId id) {
  if (!TRY(has(id))) return false;
  StreamNode* node = TRY(node_of(id));
  if (node->live == 1) TRY(remove_node(*node));
  else count_in_node(*node, -1, 1);
  txn_->erase_item(Column::streams, layout::stream_entry_key(object_, id));
  --size_;
  first_gone_ = first_gone_ || id == fields_.first_id;
  fields_.max_deleted_id = std::max(fields_.max_deleted_id, id);
  return true;
}

Result<StreamWriter::Front> StreamWriter::plan(const StreamTrim& trim) const {
  Front front;
  TRY(walk_nodes([&](const StreamNode& node, bool is_tail) -> Result<bool> {
    const uint64_t left = size_ - front.entries;
    const bool enough = (trim.by == StreamTrim::By::length && left <= trim.max_length) ||
                        (trim.limit > 0 && front.entries + node.live > trim.limit);
    const bool whole = trim.by == StreamTrim::By::length ? left - std::min(left, node.live) >= trim.max_length
                                                         : node.last < trim.min_id;
    if (enough || !whole) {
      front.stays = node;
      front.cut = !enough && !trim.whole_nodes;
      return false;
    }
    if (front.nodes++ == 0) front.first = node.first;
    if (!is_tail) ++front.stored_nodes;
    front.entries += node.live;
    return true;
  }));
  return front;
}

Result<void> StreamWriter::erase_front(const Front& front) {
  if (front.nodes == 0) return {};
  const StreamId stop = front.stays ? front.stays->first : fields_.tail.last;
  const KeyBuffer nodes_end = layout::stream_node_key(object_, stop);
  TRY(erase_stream_records(*txn_, layout::stream_node_key(object_, front.first), nodes_end, front.stored_nodes));
  const KeyBuffer entries_end =
      front.stays ? layout::stream_entry_key(object_, stop) : layout::stream_prefix(object_, layout::StreamKind::node);
  TRY(erase_stream_records(*txn_, layout::stream_entry_key(object_, fields_.first_id), entries_end, front.entries));
  size_ -= std::min(size_, front.entries);
  first_gone_ = true;
  if (front.stays) {
    fields_.nodes -= front.nodes;
    fields_.first_id = stop;
  } else {
    fields_.nodes = 0;
    fields_.tail = {};
  }
  return {};
}

// Entries from the front of `node`, which is the first one.
Result<uint64_t> StreamWriter::cut(StreamNode node, const StreamTrim& trim) {
  std::vector<StreamId> ids;
  std::optional<StreamId> stays;
  TRY(walk(fields_.first_id, kMaxStreamId, Order::ascending, [&](const StreamEntry& entry) -> Result<bool> {
    const bool goes = trim.by == StreamTrim::By::length ? size_ - ids.size() > trim.max_length : entry.id < trim.min_id;
    if (goes) ids.push_back(entry.id);
    else stays = entry.id;
    return goes;
  }));
  if (ids.empty()) return 0;
  if (ids.size() > node.live) return damaged_record("a stream's node");
  for (StreamId id : ids) txn_->erase_item(Column::streams, layout::stream_entry_key(object_, id));
  size_ -= ids.size();
  if (stays) fields_.first_id = *stays;
  first_gone_ = !stays;
  StreamNode* stored = TRY(node_of(node.first));
  // As in Redis the last one stays to be added to: only a deleted entry kept it from being removed whole.
  if (stored->live == ids.size() && stored != &fields_.tail) TRY(remove_node(*stored));
  else count_in_node(*stored, -number(ids.size()), number(ids.size()));
  return ids.size();
}

Result<uint64_t> StreamWriter::trim(const StreamTrim& trim) {
  if (trim.by == StreamTrim::By::nothing) return 0;
  if (trim.by == StreamTrim::By::length && size_ <= trim.max_length) return 0;
  put_node();
  const Front front = TRY(plan(trim));
  TRY(erase_front(front));
  const uint64_t cut_off = front.cut ? TRY(cut(*front.stays, trim)) : 0;
  return front.entries + cut_off;
}

}  // namespace basalt
