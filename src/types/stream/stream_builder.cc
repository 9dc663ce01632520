#include "types/stream/stream_builder.h"

#include <string>

#include "types/stream/stream.h"

namespace basalt {

Result<void> StreamBuilder::entry(StreamId id, absl::Span<const std::string_view> fields_and_values) {
  return records_.put(Column::streams, layout::stream_entry_key(records_.object(), id),
                      encode_stream_entry(fields_and_values));
}

Result<void> StreamBuilder::node(const StreamNode& node) {
  if (nodes_++ > 0) {
    TRY(records_.put(Column::streams, layout::stream_node_key(records_.object(), tail_.first),
                     layout::encode_stream_node(tail_)));
  }
  tail_ = node;
  return {};
}

Result<void> StreamBuilder::group(std::string_view name, const StreamGroup& group) {
  return records_.put(Column::streams, layout::stream_group_key(records_.object(), name),
                      layout::encode_stream_group(group));
}

Result<void> StreamBuilder::consumer(uint32_t group, std::string_view name, const StreamConsumer& consumer) {
  return records_.put(Column::streams, layout::stream_consumer_key(records_.object(), group, name),
                      layout::encode_stream_consumer(consumer));
}

Result<void> StreamBuilder::pending(uint32_t group, StreamId id, const StreamPending& pending) {
  TRY(records_.put(Column::streams, layout::stream_pending_key(records_.object(), group, id),
                   layout::encode_stream_pending(pending)));
  return records_.put(Column::streams, layout::stream_owned_key(records_.object(), group, pending.consumer, id), {});
}

void StreamBuilder::head(const StreamFields& fields, uint64_t size) {
  fields_ = fields;
  size_ = size;
}

Result<void> StreamBuilder::save(const Record* previous, int64_t expire_ms) {
  TRY(records_.finish());
  fields_.nodes = nodes_;
  fields_.tail = tail_;
  const std::string body = layout::encode_stream_fields(fields_);
  Head head{.type = Type::stream, .encoding = Encoding::spread, .expire_ms = expire_ms, .size = size_, .body = body};
  head.object = records_.object();
  txn_.put(key_, head, previous);
  return {};
}

}  // namespace basalt
