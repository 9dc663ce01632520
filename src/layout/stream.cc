#include "layout/stream.h"

namespace basalt::layout {
namespace {

constexpr size_t kIdBytes = 16;

void append_id(std::string& out, StreamId id) {
  append_be(out, id.ms);
  append_be(out, id.sequence);
}

std::optional<StreamId> take_id(ByteReader& in) {
  auto ms = in.be<uint64_t>();
  auto sequence = in.be<uint64_t>();
  if (!ms || !sequence) return std::nullopt;
  return StreamId{*ms, *sequence};
}

// Takes values off a record, one after the other; `good` turns false at the first that is not there.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : in_(bytes) {}
  StreamId id() { return value(take_id(in_)); }
  uint64_t varint() { return value(in_.varint()); }
  template <typename T>
  T be() {
    return value(in_.be<T>());
  }
  std::string_view rest() const { return in_.rest(); }
  bool good() const { return good_; }
  bool at_end() const { return good_ && in_.empty(); }

 private:
  template <typename T>
  T value(std::optional<T> taken) {
    good_ = good_ && taken;
    return taken.value_or(T());
  }
  ByteReader in_;
  bool good_ = true;
};

void append_node(std::string& out, const StreamNode& node) {
  append_id(out, node.last);
  append_varint(out, node.live);
  append_varint(out, node.deleted);
  append_varint(out, node.bytes);
  append_be(out, node.fields_hash);
}

StreamNode take_node(Fields& in, StreamId first) {
  StreamNode node;
  node.first = first;
  node.last = in.id();
  node.live = in.varint();
  node.deleted = in.varint();
  node.bytes = in.varint();
  node.fields_hash = in.be<uint64_t>();
  return node;
}

KeyBuffer id_key(ObjectId object, StreamKind kind, StreamId id) {
  KeyBuffer key = stream_prefix(object, kind);
  return key.be(id.ms).be(id.sequence);
}

// What is behind the object and the kind.
std::optional<std::string_view> behind_kind(std::string_view key, StreamKind kind) {
  ByteReader in(key);
  auto object = in.be<uint64_t>();
  auto found = in.be<uint8_t>();
  if (!object || !found || *found != static_cast<uint8_t>(kind)) return std::nullopt;
  return in.rest();
}

std::optional<StreamId> decode_id_key(std::string_view key, StreamKind kind) {
  auto rest = behind_kind(key, kind);
  if (!rest || rest->size() != kIdBytes) return std::nullopt;
  ByteReader in(*rest);
  return take_id(in);
}

// What is behind the group's number.
std::optional<std::string_view> behind_group(std::string_view key, StreamKind kind) {
  auto rest = behind_kind(key, kind);
  if (!rest || rest->size() < sizeof(uint32_t)) return std::nullopt;
  return rest->substr(sizeof(uint32_t));
}

}  // namespace

std::string encode_stream_fields(const StreamFields& fields) {
  std::string out;
  append_id(out, fields.last_id);
  append_id(out, fields.first_id);
  append_id(out, fields.max_deleted_id);
  append_be(out, fields.entries_added);
  append_varint(out, fields.nodes);
  append_varint(out, fields.groups);
  append_varint(out, fields.groups_ever);
  if (fields.nodes > 0) {
    append_id(out, fields.tail.first);
    append_node(out, fields.tail);
  }
  return out;
}

std::optional<StreamFields> decode_stream_fields(std::string_view bytes) {
  Fields in(bytes);
  StreamFields fields;
  fields.last_id = in.id();
  fields.first_id = in.id();
  fields.max_deleted_id = in.id();
  fields.entries_added = in.be<uint64_t>();
  fields.nodes = in.varint();
  fields.groups = in.varint();
  const uint64_t groups_ever = in.varint();
  fields.groups_ever = static_cast<uint32_t>(groups_ever);
  if (fields.nodes > 0) {
    const StreamId first = in.id();
    fields.tail = take_node(in, first);
    if (fields.tail.first > fields.tail.last) return std::nullopt;
  }
  if (!in.at_end() || groups_ever > UINT32_MAX || fields.groups > groups_ever) return std::nullopt;
  return fields;
}

KeyBuffer stream_prefix(ObjectId object, StreamKind kind) {
  KeyBuffer key;
  key.be(object).be(static_cast<uint8_t>(kind));
  return key;
}

KeyBuffer stream_entry_key(ObjectId object, StreamId id) { return id_key(object, StreamKind::entry, id); }
KeyBuffer stream_node_key(ObjectId object, StreamId first) { return id_key(object, StreamKind::node, first); }

std::optional<StreamId> decode_stream_entry_key(std::string_view key) { return decode_id_key(key, StreamKind::entry); }
std::optional<StreamId> decode_stream_node_key(std::string_view key) { return decode_id_key(key, StreamKind::node); }

std::string encode_stream_node(const StreamNode& node) {
  std::string out;
  append_node(out, node);
  return out;
}

std::optional<StreamNode> decode_stream_node(StreamId first, std::string_view value) {
  Fields in(value);
  const StreamNode node = take_node(in, first);
  if (!in.at_end() || node.live == 0 || node.first > node.last) return std::nullopt;
  return node;
}

KeyBuffer stream_group_key(ObjectId object, std::string_view name) {
  KeyBuffer key = stream_prefix(object, StreamKind::group);
  return key.append(name);
}

std::optional<std::string_view> decode_stream_group_key(std::string_view key) {
  return behind_kind(key, StreamKind::group);
}

std::string encode_stream_group(const StreamGroup& group) {
  std::string out;
  append_be(out, group.number);
  append_id(out, group.last_id);
  append_be(out, static_cast<uint64_t>(group.entries_read));
  append_varint(out, group.consumers);
  append_varint(out, group.pending);
  append_id(out, group.first_pending);
  return out;
}

std::optional<StreamGroup> decode_stream_group(std::string_view value) {
  Fields in(value);
  StreamGroup group;
  group.number = in.be<uint32_t>();
  group.last_id = in.id();
  group.entries_read = static_cast<int64_t>(in.be<uint64_t>());
  group.consumers = in.varint();
  group.pending = in.varint();
  group.first_pending = in.id();
  if (!in.at_end()) return std::nullopt;
  return group;
}

KeyBuffer stream_group_prefix(ObjectId object, StreamKind kind, uint32_t group) {
  KeyBuffer key = stream_prefix(object, kind);
  return key.be(group);
}

KeyBuffer stream_consumer_key(ObjectId object, uint32_t group, std::string_view name) {
  KeyBuffer key = stream_group_prefix(object, StreamKind::consumer, group);
  return key.append(name);
}

std::optional<uint32_t> decode_stream_group_number(std::string_view key) {
  for (const StreamKind kind : {StreamKind::consumer, StreamKind::pending, StreamKind::owned}) {
    if (const auto rest = behind_kind(key, kind)) return ByteReader(*rest).be<uint32_t>();
  }
  return std::nullopt;
}

std::optional<std::string_view> decode_stream_consumer_key(std::string_view key) {
  return behind_group(key, StreamKind::consumer);
}

std::string encode_stream_consumer(const StreamConsumer& consumer) {
  std::string out;
  append_be(out, static_cast<uint64_t>(consumer.seen_ms));
  append_varint(out, consumer.pending);
  return out;
}

std::optional<StreamConsumer> decode_stream_consumer(std::string_view value) {
  Fields in(value);
  StreamConsumer consumer;
  consumer.seen_ms = static_cast<int64_t>(in.be<uint64_t>());
  consumer.pending = in.varint();
  if (!in.at_end()) return std::nullopt;
  return consumer;
}

KeyBuffer stream_pending_key(ObjectId object, uint32_t group, StreamId id) {
  KeyBuffer key = stream_group_prefix(object, StreamKind::pending, group);
  return key.be(id.ms).be(id.sequence);
}

std::optional<StreamId> decode_stream_pending_key(std::string_view key) {
  auto rest = behind_group(key, StreamKind::pending);
  if (!rest || rest->size() != kIdBytes) return std::nullopt;
  ByteReader in(*rest);
  return take_id(in);
}

std::string encode_stream_pending(const StreamPending& pending) {
  std::string out;
  append_be(out, static_cast<uint64_t>(pending.delivered_ms));
  append_varint(out, pending.deliveries);
  out.append(pending.consumer);
  return out;
}

std::optional<StreamPending> decode_stream_pending(std::string_view value) {
  Fields in(value);
  StreamPending pending;
  pending.delivered_ms = static_cast<int64_t>(in.be<uint64_t>());
  pending.deliveries = in.varint();
  pending.consumer = in.rest();
  if (!in.good()) return std::nullopt;
  return pending;
}

KeyBuffer stream_owned_key(ObjectId object, uint32_t group, std::string_view consumer, StreamId id) {
  KeyBuffer key = stream_group_prefix(object, StreamKind::owned, group);
  return key.be(static_cast<uint32_t>(consumer.size())).append(consumer).be(id.ms).be(id.sequence);
}

std::optional<StreamId> decode_stream_owned_key(std::string_view key) {
  auto rest = behind_group(key, StreamKind::owned);
  if (!rest) return std::nullopt;
  ByteReader in(*rest);
  auto length = in.be<uint32_t>();
  if (!length || !in.take(*length) || in.rest().size() != kIdBytes) return std::nullopt;
  return take_id(in);
}

}  // namespace basalt::layout
