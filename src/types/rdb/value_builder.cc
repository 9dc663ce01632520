#include "types/rdb/value_builder.h"

namespace basalt::rdb {

Result<void> ValueBuilder::begin(Type type) {
  switch (type) {
    case Type::string: value_.emplace<std::string>(); break;
    case Type::list: value_.emplace<ListBuilder>(txn_, key_); break;
    case Type::set: value_.emplace<SetBuilder>(txn_, key_); break;
    case Type::hash: value_.emplace<HashBuilder>(txn_, key_); break;
    case Type::zset: value_.emplace<ZsetBuilder>(txn_, key_); break;
    case Type::stream: return fail("ERR streams can not be restored yet");
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

Result<void> ValueBuilder::save(int64_t expire_ms) {
  if (auto* bytes = std::get_if<std::string>(&value_)) {
    const Head head{.expire_ms = expire_ms, .size = bytes->size(), .body = *bytes};
    txn_.put(key_, head, nullptr);
    return {};
  }
  if (auto* list = std::get_if<ListBuilder>(&value_)) return list->save(nullptr, expire_ms);
  if (auto* hash = std::get_if<HashBuilder>(&value_)) return hash->save(nullptr, expire_ms);
  if (auto* zset = std::get_if<ZsetBuilder>(&value_)) return zset->put_in_place(nullptr, expire_ms);
  TRY(std::get<SetBuilder>(value_).save(std::nullopt, expire_ms));
  return {};
}

}  // namespace basalt::rdb
