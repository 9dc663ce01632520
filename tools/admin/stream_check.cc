#include "tools/admin/stream_check.h"

#include <absl/hash/hash.h>
#include <fmt/format.h>

#include <algorithm>

#include "types/stream/stream.h"

namespace basalt::tools {

using layout::StreamKind;

namespace {

std::string id_text(StreamId id) { return fmt::format("{}-{}", id.ms, id.sequence); }

}  // namespace

void StreamCheck::Sum::add(std::string_view key) {
  ++count;
  hashes += absl::HashOf(key);
}

Result<void> StreamCheck::run() {
  TRY(read_head());
  for (; rows_.within(key_.object); rows_.next()) {
    const std::string_view key = rows_.key();
    const auto kind = key.size() > sizeof(ObjectId) ? static_cast<StreamKind>(key[sizeof(ObjectId)]) : StreamKind();
    ++context_.counts.stream_records;
    if (!read_row(kind))
      rows_.remove(fmt::format("{}: its record {} in streams makes no sense", label(), quoted(key, 120)));
    TRY(context_.report.settle());
  }
  TRY(rows_.status());
  TRY(check_entries());
  const std::string problem = group_problem();
  if (problem.empty()) return {};
  context_.report.damage(fmt::format("{}: {}", label(), problem));
  return context_.report.mends() ? mend_groups() : Result<void>();
}

Result<void> StreamCheck::read_head() {
  Value value;
  const KeyBuffer record_key = layout::record_key(key_.db, key_.name());
  if (!TRY(context_.store.get(Column::heads, record_key, {.snapshot = &context_.moment}, &value))) return {};
  body_ = std::string(value.view());
  if (const auto head = layout::decode_head_record(body_)) head_ = *head;
  fields_ = layout::decode_stream_fields(head_.body);
  return {};
}

// ---- records ----

bool StreamCheck::read_row(StreamKind kind) {
  switch (kind) {
    case StreamKind::entry: return read_entry();
    case StreamKind::node: return read_node();
    case StreamKind::group: return read_group();
    case StreamKind::consumer: return read_consumer();
    case StreamKind::pending: return read_pending();
    case StreamKind::owned:
      owned_.add(rows_.key());
      return layout::decode_stream_owned_key(rows_.key()) && rows_.value().empty();
  }
  return false;
}

bool StreamCheck::read_entry() {
  const auto id = layout::decode_stream_entry_key(rows_.key());
  if (!id || !decode_stream_entry(*id, rows_.value())) return false;
  if (entries_++ == 0) first_ = *id;
  last_ = *id;
  return true;
}

bool StreamCheck::read_node() {
  const auto first = layout::decode_stream_node_key(rows_.key());
  return first && layout::decode_stream_node(*first, rows_.value());
}

bool StreamCheck::read_group() {
  const auto name = layout::decode_stream_group_key(rows_.key());
  const auto group = layout::decode_stream_group(rows_.value());
  if (!name || !group) return false;
  strangers_ |= !groups_.emplace(group->number, Group{std::string(*name), *group}).second;
  return true;
}

bool StreamCheck::read_consumer() {
  const auto number = layout::decode_stream_group_number(rows_.key());
  const auto name = layout::decode_stream_consumer_key(rows_.key());
  const auto consumer = layout::decode_stream_consumer(rows_.value());
  if (!number || !name || !consumer) return false;
  const auto group = groups_.find(*number);
  strangers_ |= group == groups_.end();
  if (group != groups_.end()) ++group->second.consumers;
  consumers_[{*number, std::string(*name)}].stored = *consumer;
  return true;
}

bool StreamCheck::read_pending() {
  const auto number = layout::decode_stream_group_number(rows_.key());
  const auto id = layout::decode_stream_pending_key(rows_.key());
  const auto pending = layout::decode_stream_pending(rows_.value());
  if (!number || !id || !pending) return false;
  const auto group = groups_.find(*number);
  strangers_ |= group == groups_.end();
  if (group != groups_.end()) {
    if (group->second.pending++ == 0) group->second.first_pending = *id;
  }
  ++consumers_[{*number, std::string(pending->consumer)}].pending;
  pending_.add(layout::stream_owned_key(key_.object, *number, pending->consumer, *id));
  return true;
}

// ---- entries ----

Result<void> StreamCheck::check_entries() {
  std::string problem;
  if (!fields_) problem = "what its head says of ids and nodes makes no sense";
  else if (entries_ != head_.size)
    problem = fmt::format("its head says {} entries, there are {}", head_.size, entries_);
  else if (first_ != fields_->first_id)
    problem = fmt::format("its head says the first entry is {}, it is {}", id_text(fields_->first_id), id_text(first_));
  else if (last_ > fields_->last_id)
    problem = fmt::format("the entry {} is beyond its last id {}", id_text(last_), id_text(fields_->last_id));
  else if (!TRY(nodes_fit())) problem = "its nodes do not fit its entries";
  else if (fields_->groups != groups_.size())
    problem = fmt::format("its head says {} groups, there are {}", fields_->groups, groups_.size());
  else if (!groups_.empty() && groups_.rbegin()->first > fields_->groups_ever)
    problem = "a group's number is beyond those given out";
  if (problem.empty()) return {};
  context_.report.damage(fmt::format("{}: {}", label(), problem));
  return context_.report.mends() ? mend_entries() : Result<void>();
}

Result<Cursor> StreamCheck::cursor_of(StreamKind kind) {
  const KeyBuffer from = layout::stream_prefix(key_.object, kind);
  const std::string to = *prefix_successor(from);
  Cursor cursor = context_.store.cursor(Column::streams, {.snapshot = &context_.moment},
                                        {.lower = from, .upper = to, .fill_cache = false});
  cursor.seek_to_first();
  TRY(cursor.status());
  return cursor;
}

// Whether every entry lies in a node that counts it. Entries and nodes are walked side by side.
Result<bool> StreamCheck::nodes_fit() {
  Cursor nodes = TRY(cursor_of(StreamKind::node));
  Cursor entries = TRY(cursor_of(StreamKind::entry));
  for (uint64_t i = 0; i < fields_->nodes; ++i) {
    const bool is_tail = i + 1 == fields_->nodes;
    std::optional<StreamNode> node = fields_->tail;
    if (!is_tail) {
      const auto first = nodes.valid() ? layout::decode_stream_node_key(nodes.key()) : std::nullopt;
      node = first ? layout::decode_stream_node(*first, nodes.value()) : std::nullopt;
      if (!node) return false;
      nodes.next();
    }
    StreamId end;  // where the next node's entries begin
    if (!is_tail) {
      end = fields_->tail.first;
      if (nodes.valid()) {
        const auto next = layout::decode_stream_node_key(nodes.key());
        if (!next) return false;
        end = *next;
      }
    }
    uint64_t live = 0;
    for (; entries.valid(); entries.next(), ++live) {
      const auto id = layout::decode_stream_entry_key(entries.key());
      if (!id || *id < node->first) return false;
      if (!is_tail && *id >= end) break;
    }
    // Only a stream without entries has a node without any: its last.
    if (live != node->live || (live == 0 && entries_ != 0)) return false;
  }
  TRY(nodes.status());
  TRY(entries.status());
  return !nodes.valid() && !entries.valid();
}

Result<void> StreamCheck::erase_kind(StreamKind kind) {
  Cursor cursor = TRY(cursor_of(kind));
  for (; cursor.valid(); cursor.next()) {
    context_.report.mend().erase(Column::streams, cursor.key());
    TRY(context_.report.settle());
  }
  return cursor.status();
}

// All entries in one node, which is full: the next XADD begins another.
Result<void> StreamCheck::mend_entries() {
  constexpr uint64_t kFullBytes = uint64_t{1} << 30;
  TRY(erase_kind(StreamKind::node));
  StreamFields fields = fields_.value_or(StreamFields());
  fields.first_id = entries_ == 0 ? StreamId() : first_;
  fields.last_id = std::max(fields.last_id, last_);
  fields.entries_added = std::max(fields.entries_added, entries_);
  fields.nodes = entries_ == 0 ? 0 : 1;
  fields.tail = {};
  if (entries_ != 0) fields.tail = {.first = first_, .last = last_, .live = entries_, .bytes = kFullBytes};
  fields.groups = groups_.size();
  if (!groups_.empty()) fields.groups_ever = std::max(fields.groups_ever, groups_.rbegin()->first);
  const std::string body = layout::encode_stream_fields(fields);
  Head head = head_;
  head.size = entries_;
  head.body = body;
  std::string record;
  layout::encode_head(head, record);
  context_.report.mend().put(Column::heads, layout::record_key(key_.db, key_.name()), record);
  return {};
}

// ---- groups ----

std::string StreamCheck::group_problem() const {
  if (strangers_) return "it has records of a group that is not there, or twice";
  for (const auto& [number, group] : groups_) {
    const StreamGroup& stored = group.stored;
    if (stored.consumers != group.consumers)
      return fmt::format("group {} says {} consumers, there are {}", quoted(group.name, 80), stored.consumers,
                         group.consumers);
    if (stored.pending != group.pending)
      return fmt::format("group {} says {} pending entries, there are {}", quoted(group.name, 80), stored.pending,
                         group.pending);
    if (group.first_pending && *group.first_pending < stored.first_pending)
      return fmt::format("group {} has {} pending, before what it says is the first", quoted(group.name, 80),
                         id_text(*group.first_pending));
  }
  for (const auto& [name, consumer] : consumers_) {
    if (!consumer.stored) return fmt::format("entries are pending for {}, who is no consumer", quoted(name.second, 80));
    if (consumer.stored->pending != consumer.pending)
      return fmt::format("consumer {} says {} pending entries, there are {}", quoted(name.second, 80),
                         consumer.stored->pending, consumer.pending);
  }
  if (pending_ != owned_) return "what is pending, by id and by consumer, does not agree";
  return {};
}

// Everything follows from the groups and what is pending in them.
Result<void> StreamCheck::mend_groups() {
  Batch& batch = context_.report.mend();
  for (auto& [number, group] : groups_) group.consumers = 0;
  for (const auto& [name, consumer] : consumers_) {
    const auto group = groups_.find(name.first);
    const KeyBuffer key = layout::stream_consumer_key(key_.object, name.first, name.second);
    if (group == groups_.end()) {
      batch.erase(Column::streams, key);
      continue;
    }
    ++group->second.consumers;
    StreamConsumer mended = consumer.stored.value_or(StreamConsumer{.seen_ms = context_.now_ms});
    mended.pending = consumer.pending;
    batch.put(Column::streams, key, layout::encode_stream_consumer(mended));
  }
  for (const auto& [number, group] : groups_) {
    StreamGroup mended = group.stored;
    mended.consumers = group.consumers;
    mended.pending = group.pending;
    mended.first_pending = group.first_pending.value_or(StreamId());
    batch.put(Column::streams, layout::stream_group_key(key_.object, group.name), layout::encode_stream_group(mended));
  }
  TRY(erase_kind(StreamKind::owned));
  Cursor pending = TRY(cursor_of(StreamKind::pending));
  for (; pending.valid(); pending.next()) {
    const auto number = layout::decode_stream_group_number(pending.key());
    const auto id = layout::decode_stream_pending_key(pending.key());
    const auto entry = layout::decode_stream_pending(pending.value());
    if (!number || !id || !entry) continue;
    if (groups_.contains(*number))
      batch.put(Column::streams, layout::stream_owned_key(key_.object, *number, entry->consumer, *id), {});
    else batch.erase(Column::streams, pending.key());
    TRY(context_.report.settle());
  }
  return pending.status();
}

}  // namespace basalt::tools
