// Streams as commands change them. Entries go into the Txn at once; save() writes the head.
//
// Invariants:
// 1. There is no entry below the first id in the head nor above the last id.
// 2. The live entries of the nodes add up to the size of the stream. The last node stands in the head, the others have
//    a record each.
//
// Thread rules: those of the Txn, which holds the key's lock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "types/stream/stream.h"

namespace basalt {

/// What XADD and XTRIM remove from the front.
struct StreamTrim {
  enum class By : uint8_t { nothing, length, id };
  By by = By::nothing;
  uint64_t max_length = 0;
  StreamId min_id;
  bool whole_nodes = false;  ///< "~": nothing but whole nodes
  uint64_t limit = 0;        ///< no more entries than this; 0: no limit
};

class StreamWriter : public Stream {
 public:
  /// `record` is what Txn::find gave; nullopt: there is no stream yet.
  static Result<StreamWriter> open(Txn& txn, Key key, std::optional<Record> record);

  /// `id` is above the last id.
  void add(StreamId id, absl::Span<const std::string_view> fields_and_values);
  /// Whether the entry was there; XDEL, not trimming.
  Result<bool> erase(StreamId id);
  /// How many entries went.
  Result<uint64_t> trim(const StreamTrim& trim);

  /// XSETID. Not below any entry.
  Result<void> set_last_id(StreamId id);
  void set_entries_added(uint64_t entries) { fields_.entries_added = entries; }
  void set_max_deleted_id(StreamId id) { fields_.max_deleted_id = id; }
  /// For a new group; the caller puts its record.
  uint32_t add_group();
  void remove_group() { --fields_.groups; }

  /// Writes the head. Once, after the last change.
  Result<void> save();

 private:
  StreamWriter(Key key, std::optional<Record> record, const Stream& stream)
      : Stream(stream), key_(key), record_(std::move(record)) {}

  // What trimming takes whole nodes of, and the first node that stays.
  struct Front {
    uint64_t stored_nodes = 0;
    uint64_t nodes = 0;
    uint64_t entries = 0;
    StreamId first;
    std::optional<StreamNode> stays;
    bool cut = false;  // entries of that one go as well
  };
  Result<Front> plan(const StreamTrim& trim) const;
  Result<void> erase_front(const Front& front);
  Result<uint64_t> cut(StreamNode node, const StreamTrim& trim);

  void add_to_tail(StreamId id, absl::Span<const std::string_view> fields_and_values);
  /// The node that has `id`: in the head or in `node_`.
  Result<StreamNode*> node_of(StreamId id);
  Result<StreamNode> stored_node(StreamId id) const;
  Result<void> remove_node(StreamNode& node);
  void put_node();

  Key key_;
  std::optional<Record> record_;
  std::optional<StreamNode> node_;  // one with a record of its own, changed
  bool first_gone_ = false;         // the first id is that of an entry that went
};

}  // namespace basalt
