// Makes a whole stream, in bounded memory, and puts it in the place of whatever its key has.
//
// Thread rules: belongs to one command and its Txn, which holds the key's lock and has no cursor open.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <absl/types/span.h>

#include "base/result.h"
#include "keyspace/txn.h"
#include "layout/stream.h"
#include "types/common/object_writer.h"

namespace basalt {

class StreamBuilder {
 public:
  StreamBuilder(Txn& txn, Key key) : txn_(txn), key_(key), records_(txn, key, Type::stream) {}

  /// Entries and nodes ascend.
  Result<void> entry(StreamId id, absl::Span<const std::string_view> fields_and_values);
  Result<void> node(const StreamNode& node);
  Result<void> group(std::string_view name, const StreamGroup& group);
  Result<void> consumer(uint32_t group, std::string_view name, const StreamConsumer& consumer);
  Result<void> pending(uint32_t group, StreamId id, const StreamPending& pending);
  /// What the head says; the nodes are added to it.
  void head(const StreamFields& fields, uint64_t size);

  /// `previous` is what the key has, of whatever type.
  Result<void> save(const Record* previous, int64_t expire_ms);

 private:
  Txn& txn_;
  Key key_;
  ObjectWriter records_;
  StreamFields fields_;
  uint64_t size_ = 0;
  uint64_t nodes_ = 0;
  StreamNode tail_;
};

}  // namespace basalt
