// From serialised bytes to a value, in whichever of Redis's encodings it stands, part by part.
#pragma once

#include <cstdint>
#include <string_view>

#include <absl/types/span.h>

#include "base/result.h"
#include "layout/head.h"
#include "layout/stream.h"
#include "types/rdb/rdb_reader.h"

namespace basalt::rdb {

/// Takes a value as it is read: first its type, then its parts, of which there is at least one. What it
/// gets is borrowed for the call; its failures end the reading.
class ValueSink {
 public:
  virtual ~ValueSink() = default;
  virtual Result<void> begin(Type type) = 0;
  /// The string itself.
  virtual Result<void> string(std::string_view bytes) = 0;
  /// Of a list, in order.
  virtual Result<void> element(std::string_view element) = 0;
  /// Of a set: all different.
  virtual Result<void> member(std::string_view member) = 0;
  /// Of a zset, in any order: all different, no score is NaN.
  virtual Result<void> scored_member(std::string_view member, double score) = 0;
  /// Of a hash: all different.
  virtual Result<void> field(std::string_view name, const layout::FieldValue& value) = 0;
  /// Of a stream: its entries in order; after those of a node the node; then its groups, each with its consumers and
  /// what is pending for them; at the end its own fields, but for the nodes. It may have no entries.
  virtual Result<void> stream_entry(StreamId id, absl::Span<const std::string_view> fields_and_values) = 0;
  virtual Result<void> stream_node(const StreamNode& node) = 0;
  virtual Result<void> stream_group(std::string_view name, const StreamGroup& group) = 0;
  virtual Result<void> stream_consumer(uint32_t group, std::string_view name, const StreamConsumer& consumer) = 0;
  virtual Result<void> stream_pending(uint32_t group, StreamId id, const StreamPending& pending) = 0;
  virtual Result<void> stream_fields(const StreamFields& fields, uint64_t size) = 0;
};

/// For finding out whether a value can be read.
class DiscardingSink final : public ValueSink {
 public:
  Result<void> begin(Type) override { return {}; }
  Result<void> string(std::string_view) override { return {}; }
  Result<void> element(std::string_view) override { return {}; }
  Result<void> member(std::string_view) override { return {}; }
  Result<void> scored_member(std::string_view, double) override { return {}; }
  Result<void> field(std::string_view, const layout::FieldValue&) override { return {}; }
  Result<void> stream_entry(StreamId, absl::Span<const std::string_view>) override { return {}; }
  Result<void> stream_node(const StreamNode&) override { return {}; }
  Result<void> stream_group(std::string_view, const StreamGroup&) override { return {}; }
  Result<void> stream_consumer(uint32_t, std::string_view, const StreamConsumer&) override { return {}; }
  Result<void> stream_pending(uint32_t, StreamId, const StreamPending&) override { return {}; }
  Result<void> stream_fields(const StreamFields&, uint64_t) override { return {}; }
};

/// Reads one value of the encoding `type` (a ValueType, as it stands before the value).
Result<void> read_value(RdbReader& in, uint8_t type, ValueSink& sink);

}  // namespace basalt::rdb
