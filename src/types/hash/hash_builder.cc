#include "types/hash/hash_builder.h"

#include <algorithm>

#include "layout/packed.h"
#include "layout/record_key.h"
#include "types/common/limits.h"

namespace basalt {

Result<void> HashBuilder::add(const Field& field) {
  ++size_;
  const int64_t expire_ms = field.value.expire_ms;
  if (expire_ms != 0 && (next_field_expiry_ms_ == 0 || expire_ms < next_field_expiry_ms_)) {
    next_field_expiry_ms_ = expire_ms;
  }
  if (items_) return put(field);
  std::string value;
  layout::append_field_value(field.value, value);
  layout::append_packed(body_, field.name);
  layout::append_packed(body_, value);
  return may_be_packed(field) ? Result<void>() : spread();
}

bool HashBuilder::may_be_packed(const Field& added) const {
  const PackedLimits& limits = txn_.limits();
  return !exceeds(size_, limits.hash_max_listpack_entries) &&
         !exceeds(std::max(added.name.size(), added.value.bytes.size()), limits.hash_max_listpack_value) &&
         !exceeds(body_.size(), limits.packed_max_bytes);
}

Result<void> HashBuilder::spread() {
  items_.emplace(txn_, key_, Type::hash);
  TRY(walk_packed_hash(body_, [&](const Field& field) { return put(field); }));
  body_.clear();
  return {};
}

Result<void> HashBuilder::put(const Field& field) {
  std::string value;
  layout::append_field_value(field.value, value);
  TRY(items_->put(Column::items, layout::member_key(items_->object(), field.name), value));
  if (field.value.expire_ms == 0) return {};
  return items_->put(Column::scores, layout::field_expiry_key(items_->object(), field.value.expire_ms, field.name), {});
}

Result<void> HashBuilder::save(const Record* previous, int64_t expire_ms) {
  Head head{.type = Type::hash, .encoding = Encoding::packed, .expire_ms = expire_ms, .size = size_, .body = body_};
  head.next_field_expiry_ms = next_field_expiry_ms_;
  return put_collection(txn_, key_, head, items_, previous);
}

}  // namespace basalt
