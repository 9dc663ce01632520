// Stores a value as it is read.
//
// Thread rules: belongs to one command and its Txn, which holds the key's lock and has no cursor open.
#pragma once

#include <string>
#include <variant>

#include "keyspace/txn.h"
#include "types/hash/hash_builder.h"
#include "types/list/list_builder.h"
#include "types/rdb/value_reader.h"
#include "types/set/set_builder.h"
#include "types/stream/stream_builder.h"
#include "types/zset/zset_builder.h"

namespace basalt::rdb {

class ValueBuilder final : public ValueSink {
 public:
  ValueBuilder(Txn& txn, Key key) : txn_(txn), key_(key) {}

  Result<void> begin(Type type) override;
  Result<void> string(std::string_view bytes) override;
  Result<void> element(std::string_view element) override;
  Result<void> member(std::string_view member) override;
  Result<void> scored_member(std::string_view member, double score) override;
  Result<void> field(std::string_view name, const layout::FieldValue& value) override;
  Result<void> stream_entry(StreamId id, absl::Span<const std::string_view> fields_and_values) override;
  Result<void> stream_node(const StreamNode& node) override;
  Result<void> stream_group(std::string_view name, const StreamGroup& group) override;
  Result<void> stream_consumer(uint32_t group, std::string_view name, const StreamConsumer& consumer) override;
  Result<void> stream_pending(uint32_t group, StreamId id, const StreamPending& pending) override;
  Result<void> stream_fields(const StreamFields& fields, uint64_t size) override;

  /// Once read_value has begun.
  Type type() const { return type_; }
  /// Once read_value has succeeded. The key has no value, or it was erased in this Txn.
  Result<void> save(int64_t expire_ms);

 private:
  Txn& txn_;
  Key key_;
  Type type_ = Type::string;
  std::variant<std::string, ListBuilder, SetBuilder, HashBuilder, ZsetBuilder, StreamBuilder> value_;
};

}  // namespace basalt::rdb
