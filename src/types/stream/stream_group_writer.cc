#include "types/stream/stream_group_writer.h"

#include <algorithm>
#include <vector>

#include "types/common/members.h"
#include "types/stream/stream_records.h"

namespace basalt {

Result<std::optional<GroupWriter>> GroupWriter::find(Txn& txn, ObjectId object, std::string_view name) {
  const auto group = TRY(GroupReader::find(txn, object, name));
  if (!group) return std::nullopt;
  GroupWriter writer(txn, object, name, group->group());
  writer.changed_ = false;
  return writer;
}

// ---- consumers ----

Result<GroupWriter::Known*> GroupWriter::look_up(std::string_view name) {
  auto known = consumers_.find(name);
  if (known == consumers_.end()) {
    const auto found = TRY(consumer(name));
    known = consumers_.emplace(name, Known{found.value_or(StreamConsumer()), found.has_value()}).first;
  }
  return &known->second;
}

Result<GroupWriter::Found> GroupWriter::has_consumer(std::string_view name) {
  return TRY(look_up(name))->there ? Found::yes : Found::no;
}

Result<GroupWriter::Found> GroupWriter::need_consumer(std::string_view name) {
  Known* known = TRY(look_up(name));
  if (known->there) return Found::yes;
  *known = {{.seen_ms = txn_->now_ms()}, /*there=*/true, /*changed=*/true};
  ++group_.consumers;
  changed_ = true;
  return Found::created;
}

void GroupWriter::see_consumer(std::string_view name) { set_seen(name, txn_->now_ms()); }

void GroupWriter::set_seen(std::string_view name, int64_t seen_ms) {
  Known& known = consumers_.find(name)->second;
  known.consumer.seen_ms = seen_ms;
  known.changed = changed_ = true;
}

Result<void> GroupWriter::change_pending_of(std::string_view name, int64_t difference) {
  Known* known = TRY(look_up(name));
  if (!known->there) return damaged_record("a stream's consumer");
  known->consumer.pending += static_cast<uint64_t>(difference);
  known->changed = changed_ = true;
  return {};
}

Result<uint64_t> GroupWriter::remove_consumer(std::string_view name) {
  Known* known = TRY(look_up(name));
  std::vector<StreamId> ids;
  TRY(walk_owned_ids(name, kMinStreamId, kMaxStreamId, [&](StreamId id) -> Result<bool> {
    ids.push_back(id);
    return true;
  }));
  for (StreamId id : ids) {
    txn_->erase_item(Column::streams, layout::stream_pending_key(object_, group_.number, id));
    txn_->erase_item(Column::streams, layout::stream_owned_key(object_, group_.number, name, id));
    first_gone_ = first_gone_ || id == group_.first_pending;
  }
  group_.pending -= std::min<uint64_t>(group_.pending, ids.size());
  --group_.consumers;
  changed_ = true;
  *known = {{}, /*there=*/false, /*changed=*/true};
  return ids.size();
}

// ---- pending entries ----

Result<void> GroupWriter::put_pending(StreamId id, const StreamPending& entry) {
  Value bytes;
  const auto before = TRY(pending(id, bytes));
  if (before && before->consumer != entry.consumer) {
    txn_->erase_item(Column::streams, layout::stream_owned_key(object_, group_.number, before->consumer, id));
    TRY(change_pending_of(before->consumer, -1));
  }
  if (!before || before->consumer != entry.consumer) {
    txn_->put_item(Column::streams, layout::stream_owned_key(object_, group_.number, entry.consumer, id), {});
    TRY(change_pending_of(entry.consumer, 1));
  }
  if (!before) {
    group_.first_pending = group_.pending == 0 ? id : std::min(group_.first_pending, id);
    if (group_.pending == 0 || id == group_.first_pending) first_gone_ = false;
    ++group_.pending;
  }
  changed_ = true;
  txn_->put_item(Column::streams, layout::stream_pending_key(object_, group_.number, id),
                 layout::encode_stream_pending(entry));
  return {};
}

Result<bool> GroupWriter::remove_pending(StreamId id) {
  Value bytes;
  const auto before = TRY(pending(id, bytes));
  if (!before) return false;
  txn_->erase_item(Column::streams, layout::stream_pending_key(object_, group_.number, id));
  txn_->erase_item(Column::streams, layout::stream_owned_key(object_, group_.number, before->consumer, id));
  TRY(change_pending_of(before->consumer, -1));
  --group_.pending;
  first_gone_ = first_gone_ || id == group_.first_pending;
  return true;
}

Result<void> GroupWriter::find_first_pending() {
  if (group_.pending == 0) {
    group_.first_pending = {};
  } else if (first_gone_) {
    TRY(walk_pending(group_.first_pending, kMaxStreamId, [&](StreamId id, const StreamPending&) -> Result<bool> {
      group_.first_pending = id;
      return false;
    }));
  }
  first_gone_ = false;
  return {};
}

// ---- the group ----

Result<void> GroupWriter::destroy() {
  txn_->erase_item(Column::streams, layout::stream_group_key(object_, name_));
  // The number is never given out again, so nobody reads there any more.
  const auto erase_all = [&](layout::StreamKind kind, uint64_t count) {
    return erase_stream_records(*txn_, layout::stream_group_prefix(object_, kind, group_.number), group_end(kind),
                                count);
  };
  TRY(erase_all(layout::StreamKind::consumer, group_.consumers));
  TRY(erase_all(layout::StreamKind::pending, group_.pending));
  return erase_all(layout::StreamKind::owned, group_.pending);
}

Result<void> GroupWriter::save() {
  if (!changed_) return {};
  TRY(find_first_pending());
  for (const auto& [name, known] : consumers_) {
    if (!known.changed) continue;
    const KeyBuffer key = layout::stream_consumer_key(object_, group_.number, name);
    if (known.there) txn_->put_item(Column::streams, key, layout::encode_stream_consumer(known.consumer));
    else txn_->erase_item(Column::streams, key);
  }
  txn_->put_item(Column::streams, layout::stream_group_key(object_, name_), layout::encode_stream_group(group_));
  return {};
}

}  // namespace basalt
