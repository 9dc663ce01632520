// What Redis's listpack for a node of a stream would take, and so which entries share one (layout/stream.h).
#pragma once

#include <cstdint>
#include <string_view>

#include <absl/types/span.h>

#include "keyspace/limits.h"
#include "layout/stream.h"

namespace basalt {

/// Of the names of an entry's fields: every `stride`th element.
uint64_t hash_stream_fields(absl::Span<const std::string_view> elements, size_t stride);

/// Adds to the counters of a node; they are part of its bytes.
void count_in_node(StreamNode& node, int64_t live, int64_t deleted);

/// Whether one more entry, of that many bytes of fields and values, goes into this node.
bool fits_into_node(const StreamNode& node, uint64_t bytes, const PackedLimits& limits);

/// A node that has no entries yet, but knows the field names of its first.
StreamNode new_stream_node(StreamId first, absl::Span<const std::string_view> fields_and_values);
void add_to_node(StreamNode& node, StreamId id, absl::Span<const std::string_view> fields_and_values);

/// Redis's limit for the bytes of an entry, and of a node.
inline constexpr uint64_t kMaxStreamNodeBytes = uint64_t{1} << 30;

}  // namespace basalt
