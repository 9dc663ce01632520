#include "types/rdb/value_builder.h"

namespace basalt::rdb {

Result<void> ValueBuilder::begin(Type type) {
  type_ = type;
  switch (type) {
    case Type::string: value_.emplace<std::string>(); break;
    case Type::list: value_.emplace<ListBuilder>(txn_, key_); break;
    case Type::set: value_.emplace<SetBuilder>(txn_, key_); break;
    case Type::hash: value_.emplace<HashBuilder>(txn_, key_); break;
    case Type::zset: value_.emplace<ZsetBuilder>(txn_, key_); break;
    case Type::stream: value_.emplace<StreamBuilder>(txn_, key_); break;
  }
  return {};
}

Result<void> ValueBuilder::string(std::string_view bytes) {
  std::get<std::string>(value_) = bytes;
  return {};
}

Result<void> ValueBuilder::element(std::string_view element) { return std::get<ListBuilder>(value_).add(element); }

Result<void> ValueBuilder::member(std::string_view member) { return std::get<SetBuilder>(value_).add(member); }

Result<void> ValueBuilder::scored_member(std::string_view member, double score) {
  return std::get<ZsetBuilder>(value_).add(member, score);
}

Result<void> ValueBuilder::field(std::string_view name, const layout::FieldValue& value) {
  return std::get<HashBuilder>(value_).add({name, value});
}

Result<void> ValueBuilder::stream_entry(StreamId id, absl::Span<const std::string_view> fields_and_values) {
  return std::get<StreamBuilder>(value_).entry(id, fields_and_values);
}

Result<void> ValueBuilder::stream_node(const StreamNode& node) { return std::get<StreamBuilder>(value_).node(node); }

Result<void> ValueBuilder::stream_group(std::string_view name, const StreamGroup& group) {
  return std::get<StreamBuilder>(value_).group(name, group);
}

Result<void> ValueBuilder::stream_consumer(uint32_t group, std::string_view name, const StreamConsumer& consumer) {
  return std::get<StreamBuilder>(value_).consumer(group, name, consumer);
}

Result<void> ValueBuilder::stream_pending(uint32_t group, StreamId id, const StreamPending& pending) {
  return std::get<StreamBuilder>(value_).pending(group, id, pending);
}

Result<void> ValueBuilder::stream_fields(const StreamFields& fields, uint64_t size) {
  std::get<StreamBuilder>(value_).head(fields, size);
  return {};
}

Result<void> ValueBuilder::save(int64_t expire_ms) {
  if (auto* bytes = std::get_if<std::string>(&value_)) {
    const Head head{.expire_ms = expire_ms, .size = bytes->size(), .body = *bytes};
    txn_.put(key_, head, nullptr);
    return {};
  }
  if (auto* list = std::get_if<ListBuilder>(&value_)) return list->save(nullptr, expire_ms);
  if (auto* hash = std::get_if<HashBuilder>(&value_)) return hash->save(nullptr, expire_ms);
  if (auto* zset = std::get_if<ZsetBuilder>(&value_)) return zset->put_in_place(nullptr, expire_ms);
  if (auto* stream = std::get_if<StreamBuilder>(&value_)) return stream->save(nullptr, expire_ms);
  TRY(std::get<SetBuilder>(value_).save(std::nullopt, expire_ms));
  return {};
}

}  // namespace basalt::rdb
