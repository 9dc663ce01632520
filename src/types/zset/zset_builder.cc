#include "types/zset/zset_builder.h"

#include <algorithm>

#include "layout/head.h"
#include "layout/record_key.h"
#include "types/common/limits.h"
#include "types/zset/packed_zset.h"

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
  const auto previous = TRY(txn_.find(key_));
  if (size_ > 0) {
    TRY(put_in_place(previous ? &*previous : nullptr, 0));
    txn_.touch(key_, EventClass::zset, event);
  } else if (previous) {
    txn_.erase(key_, *previous);
    txn_.touch(key_, EventClass::generic, "del");
  }
  return size_;
}

Result<void> ZsetBuilder::put_in_place(const Record* previous, int64_t expire_ms) {
  Head head{.type = Type::zset, .encoding = Encoding::packed, .expire_ms = expire_ms, .size = size_};
  std::string body;
  if (!items_) {
    std::vector<ScoredMember> elements;
    for (const auto& [member, score] : held_) elements.push_back({member, score});
    std::sort(elements.begin(), elements.end(), ordered_before);
    body = encode_packed_zset(elements);
    head.body = body;
  }
  if (!items_ && !may_be_packed(body)) {
    items_.emplace(txn_, key_, Type::zset);
    for (const auto& [member, score] : held_) TRY(put(member, score));
    head.body = {};
  }
  return put_collection(txn_, key_, head, items_, previous);
}

bool ZsetBuilder::may_be_packed(std::string_view body) const {
  const PackedLimits& limits = txn_.limits();
  if (exceeds(size_, limits.zset_max_listpack_entries) || exceeds(body.size(), limits.packed_max_bytes)) return false;
  return std::none_of(held_.begin(), held_.end(), [&](const auto& element) {
    return exceeds(element.first.size(), limits.zset_max_listpack_value);
  });
}

}  // namespace basalt
