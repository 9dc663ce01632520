// Streams as commands read them: entries by id, and what the counters in the head tell of ids. Changing is in
// stream_writer.h, consumer groups are in stream_group.h, the records in layout/stream.h.
//
// Thread rules: those of the Txn. A Stream is found frozen, or its key's lock is held.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <absl/functional/function_ref.h>
#include <absl/types/span.h>

#include "base/result.h"
#include "keyspace/txn.h"
#include "layout/packed.h"
#include "layout/stream.h"
#include "resp/reply.h"

namespace basalt {

/// An entry as it is stored, borrowed.
struct StreamEntry {
  StreamId id;
  uint64_t pairs = 0;
  std::string_view body;  ///< field, value, …, as in layout/packed.h
};

std::string encode_stream_entry(absl::Span<const std::string_view> fields_and_values);
Result<StreamEntry> decode_stream_entry(StreamId id, std::string_view value);

/// [id, [field, value, …]]
Result<void> reply_stream_entry(Reply& reply, const StreamEntry& entry);

// Sums that wrap around: counters and times may come from anywhere (RESTORE, ENTRIESREAD).
inline int64_t wrapped_sum(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline int64_t wrapped_difference(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

/// How many entries were ever added up to `id` to a stream of that size; StreamGroup::kUnknown: can't be told.
int64_t entries_up_to(const StreamFields& fields, uint64_t size, StreamId id);

class Stream {
 public:
  /// nullopt: there is no such key.
  static Result<std::optional<Stream>> find(Txn& txn, Key key);
  /// What Txn::find gave.
  static Result<Stream> of(Txn& txn, const Record& record);
  Stream(Txn& txn, ObjectId object, uint64_t size, const StreamFields& fields)
      : txn_(&txn), object_(object), size_(size), fields_(fields) {}

  ObjectId object() const { return object_; }
  uint64_t size() const { return size_; }
  const StreamFields& fields() const { return fields_; }

  enum class Order : uint8_t { ascending, descending };
  /// Takes an entry; false ends the walk. The Txn must not be written meanwhile.
  using Visitor = absl::FunctionRef<Result<bool>(const StreamEntry&)>;
  /// Shows the entries from `from` to `to`, both included.
  Result<void> walk(StreamId from, StreamId to, Order order, Visitor visit) const;
  /// The entry, borrowed from `bytes`.
  Result<std::optional<StreamEntry>> entry(StreamId id, Value& bytes) const;
  Result<bool> has(StreamId id) const;
  /// The id of the first entry at or after `from`, or of the last one there is.
  Result<std::optional<StreamId>> first_from(StreamId from) const;
  Result<std::optional<StreamId>> last() const;

  /// Shows the nodes, the last one as `is_tail`; false ends the walk. The Txn must not be written meanwhile.
  Result<void> walk_nodes(absl::FunctionRef<Result<bool>(const StreamNode& node, bool is_tail)> visit) const;

  /// Whether entries at or after `from` may have been removed by XDEL, as far as the head tells.
  bool may_have_gaps_from(StreamId from) const;
  int64_t entries_up_to(StreamId id) const { return basalt::entries_up_to(fields_, size_, id); }
  /// How many entries a group still has to get; nullopt: can't be told.
  std::optional<int64_t> lag(const StreamGroup& group) const;

 protected:
  Txn* txn_;
  ObjectId object_;
  uint64_t size_;
  StreamFields fields_;

 private:
  Cursor cursor(StreamId from, StreamId to) const;
};

}  // namespace basalt
