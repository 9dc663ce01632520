#include "types/zset/zset_builder.h"

#include "layout/head.h"
#include "layout/record_key.h"
#include "types/zset/zset_writer.h"

namespace basalt {

Result<void> ZsetBuilder::add(std::string_view member, double score) {
  ++size_;
  if (items_) return put(member, score);
  held_.emplace_back(member, score);
  held_bytes_ += sizeof held_.back() + member.size();
  if (held_bytes_ <= kHeldBytes) return {};
  items_.emplace(txn_, key_, Type::zset, /*in_txn_bytes=*/0);
  for (const auto& [held, held_score] : std::exchange(held_, {})) TRY(put(held, held_score));
  return {};
}

Result<void> ZsetBuilder::put(std::string_view member, double score) {
  const ObjectId object = items_->object();
  TRY(items_->put(Column::items, layout::member_key(object, member), layout::encode_score(score)));
  return items_->put(Column::scores, layout::score_key(object, score, member), layout::encode_score_row(score));
}

Result<uint64_t> ZsetBuilder::save(std::string_view event) {
  if (!items_) {
    TRY(save_held(event));
    return size_;
  }
  TRY(items_->finish());
  const auto previous = TRY(txn_.find(key_));
  const Head head{.type = Type::zset, .encoding = Encoding::spread, .size = size_, .object = items_->object()};
  txn_.put(key_, head, previous ? &*previous : nullptr);
  txn_.touch(key_, EventClass::zset, event);
  return size_;
}

Result<void> ZsetBuilder::save_held(std::string_view event) {
  ZsetWriter zset(txn_, key_);
  TRY(zset.open_replacing());
  for (const auto& [member, score] : held_) zset.set(member, score, std::nullopt);
  zset.save(event);
  return {};
}

}  // namespace basalt
