// Streams. In `heads` (head.h), behind the object id of a stream, its own fields:
//
//   last id(16) first id(16) max deleted id(16) entries added(8) nodes(varint) groups(varint) groups ever(varint)
//   then, if there are nodes, the last one: first id(16) and what a node's record says
//
// In `streams`, a record a part; ids are 128 bits, big-endian, so byte order is their order:
//
//   key := object(8) kind(1) …                     value
//   1 id(16)                                       entry: pairs(varint) { length(varint) bytes }, field, value, …
//   2 first id(16)                                 node: last id(16) live(varint) deleted(varint) bytes(varint)
//                                                  fields hash(8)
//   3 name                                         group: number(4) last id(16) entries read(8; all ones: unknown)
//                                                  consumers(varint) pending(varint) first pending id(16)
//   4 group number(4) name                         consumer: seen_ms(8) pending(varint)
//   5 group number(4) id(16)                       pending entry: delivered_ms(8) deliveries(varint) consumer's name
//   6 group number(4) length(4) name id(16)        empty: a pending entry of that consumer
//
// Nodes are the stretches of entries that Redis keeps in one listpack each: what it trims at once with "~" and what
// it counts in XINFO follow from them. An entry belongs to the last node whose first id is not above its own. Every
// node has a live entry; only the last one, which stands in the head since every XADD changes it, may have none when
// the stream has none.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "layout/record_key.h"

namespace basalt {

/// The id of a stream's entry.
struct StreamId {
  uint64_t ms = 0;
  uint64_t sequence = 0;
  auto operator<=>(const StreamId&) const = default;
};

inline constexpr StreamId kMinStreamId{0, 0};
inline constexpr StreamId kMaxStreamId{UINT64_MAX, UINT64_MAX};

struct StreamNode {
  StreamId first;            ///< of the first entry it was given, which may be deleted by now
  StreamId last;             ///< likewise
  uint64_t live = 0;         ///< entries
  uint64_t deleted = 0;      ///< entries that Redis would only have marked
  uint64_t bytes = 0;        ///< of Redis's listpack
  uint64_t fields_hash = 0;  ///< of its first entry's field names: Redis does not repeat them
  bool operator==(const StreamNode&) const = default;
};

/// A stream's own fields in its head. How many entries it has is the head's `size`.
struct StreamFields {
  StreamId last_id;         ///< the highest ever given out
  StreamId first_id;        ///< of the first entry there is; 0-0: there is none
  StreamId max_deleted_id;  ///< the highest one removed by XDEL
  uint64_t entries_added = 0;
  uint64_t nodes = 0;
  uint64_t groups = 0;
  uint32_t groups_ever = 0;  ///< the highest group number given out
  StreamNode tail;           ///< if there are nodes
};

struct StreamGroup {
  static constexpr int64_t kUnknown = -1;

  uint32_t number = 0;  ///< names its records; never reused in its stream
  StreamId last_id;     ///< the last delivered
  int64_t entries_read = kUnknown;
  uint64_t consumers = 0;
  uint64_t pending = 0;
  StreamId first_pending;  ///< if some are: nothing below is pending
};

struct StreamConsumer {
  int64_t seen_ms = 0;
  uint64_t pending = 0;
};

/// An entry that was delivered and not acknowledged.
struct StreamPending {
  int64_t delivered_ms = 0;
  uint64_t deliveries = 0;
  std::string_view consumer;
};

namespace layout {

std::string encode_stream_fields(const StreamFields& fields);
std::optional<StreamFields> decode_stream_fields(std::string_view bytes);

/// Values are on disk.
enum class StreamKind : uint8_t { entry = 1, node = 2, group = 3, consumer = 4, pending = 5, owned = 6 };

/// What the keys of all records of a kind begin with.
KeyBuffer stream_prefix(ObjectId object, StreamKind kind);

KeyBuffer stream_entry_key(ObjectId object, StreamId id);
KeyBuffer stream_node_key(ObjectId object, StreamId first);
/// Of keys of either kind: nullopt for any other.
std::optional<StreamId> decode_stream_entry_key(std::string_view key);
std::optional<StreamId> decode_stream_node_key(std::string_view key);

std::string encode_stream_node(const StreamNode& node);
std::optional<StreamNode> decode_stream_node(StreamId first, std::string_view value);

KeyBuffer stream_group_key(ObjectId object, std::string_view name);
std::optional<std::string_view> decode_stream_group_key(std::string_view key);
std::string encode_stream_group(const StreamGroup& group);
std::optional<StreamGroup> decode_stream_group(std::string_view value);

/// What the keys of all records of that kind begin with that a group has: consumers, pending or owned entries.
KeyBuffer stream_group_prefix(ObjectId object, StreamKind kind, uint32_t group);

/// The number in a key of those kinds; nullopt for any other key.
std::optional<uint32_t> decode_stream_group_number(std::string_view key);

KeyBuffer stream_consumer_key(ObjectId object, uint32_t group, std::string_view name);
std::optional<std::string_view> decode_stream_consumer_key(std::string_view key);
std::string encode_stream_consumer(const StreamConsumer& consumer);
std::optional<StreamConsumer> decode_stream_consumer(std::string_view value);

KeyBuffer stream_pending_key(ObjectId object, uint32_t group, StreamId id);
std::optional<StreamId> decode_stream_pending_key(std::string_view key);
std::string encode_stream_pending(const StreamPending& pending);
/// The consumer's name is borrowed.
std::optional<StreamPending> decode_stream_pending(std::string_view value);

KeyBuffer stream_owned_key(ObjectId object, uint32_t group, std::string_view consumer, StreamId id);
std::optional<StreamId> decode_stream_owned_key(std::string_view key);

}  // namespace layout
}  // namespace basalt
