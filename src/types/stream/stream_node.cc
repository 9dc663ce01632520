#include "types/stream/stream_node.h"

#include <string>

#include "base/bytes.h"
#include "base/hash.h"
#include "types/rdb/listpack.h"

namespace basalt {

namespace {

int64_t number(uint64_t value) { return static_cast<int64_t>(value); }

// The counters at the front of Redis's listpack: how many entries are live, and how many deleted.
uint64_t counter_bytes(const StreamNode& node) {
  return rdb::listpack_bytes(number(node.live)) + rdb::listpack_bytes(number(node.deleted));
}

// What an entry takes in a node that begins with `first`, whose field names it may share.
uint64_t entry_bytes(StreamId first, StreamId id, absl::Span<const std::string_view> fields_and_values,
                     bool shares_fields) {
  constexpr int64_t kSharesFields = 2;
  const auto pairs = number(fields_and_values.size() / 2);
  uint64_t bytes = rdb::listpack_bytes(shares_fields ? kSharesFields : int64_t{0});
  bytes += rdb::listpack_bytes(number(id.ms - first.ms));
  bytes += rdb::listpack_bytes(number(id.sequence - first.sequence));
  if (!shares_fields) bytes += rdb::listpack_bytes(pairs);
  for (size_t i = shares_fields ? 1 : 0; i < fields_and_values.size(); i += shares_fields ? 2 : 1) {
    bytes += rdb::listpack_bytes(fields_and_values[i]);
  }
  return bytes + rdb::listpack_bytes(shares_fields ? pairs + 3 : 2 * pairs + 4);
}

}  // namespace

uint64_t hash_stream_fields(absl::Span<const std::string_view> elements, size_t stride) {
  uint64_t hash = elements.size() / stride;
  for (size_t i = 0; i < elements.size(); i += stride) {
    std::string size;
    append_varint(size, elements[i].size());
    hash = crc64(crc64(hash, size), elements[i]);
  }
  return hash;
}

void count_in_node(StreamNode& node, int64_t live, int64_t deleted) {
  node.bytes -= counter_bytes(node);
  node.live += static_cast<uint64_t>(live);
  node.deleted += static_cast<uint64_t>(deleted);
  node.bytes += counter_bytes(node);
}

bool fits_into_node(const StreamNode& node, uint64_t bytes, const PackedLimits& limits) {
  auto max_bytes = static_cast<uint64_t>(limits.stream_node_max_bytes.load(std::memory_order_relaxed));
  if (max_bytes == 0 || max_bytes > kMaxStreamNodeBytes) max_bytes = kMaxStreamNodeBytes;
  if (node.bytes + bytes >= max_bytes) return false;
  const auto max_entries = static_cast<uint64_t>(limits.stream_node_max_entries.load(std::memory_order_relaxed));
  return max_entries == 0 || node.live + node.deleted < max_entries;
}

StreamNode new_stream_node(StreamId first, absl::Span<const std::string_view> fields_and_values) {
  StreamNode node;
  node.first = first;
  node.fields_hash = hash_stream_fields(fields_and_values, 2);
  node.bytes = rdb::kEmptyListpackBytes + counter_bytes(node) +
               rdb::listpack_bytes(number(fields_and_values.size() / 2)) + rdb::listpack_bytes(int64_t{0});
  for (size_t i = 0; i < fields_and_values.size(); i += 2) node.bytes += rdb::listpack_bytes(fields_and_values[i]);
  return node;
}

void add_to_node(StreamNode& node, StreamId id, absl::Span<const std::string_view> fields_and_values) {
  const bool shares_fields = node.fields_hash == hash_stream_fields(fields_and_values, 2);
  node.bytes += entry_bytes(node.first, id, fields_and_values, shares_fields);
  node.last = id;
  count_in_node(node, 1, 0);
}

}  // namespace basalt
