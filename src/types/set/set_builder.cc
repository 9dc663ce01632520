#include "types/set/set_builder.h"

#include <utility>

#include "layout/record_key.h"
#include "types/set/set_writer.h"

namespace basalt {

Result<void> SetBuilder::add(std::string_view member) {
  ++size_;
  if (items_) return put(member);
  held_.emplace_back(member);
  held_bytes_ += sizeof(std::string) + member.size();
  if (held_bytes_ <= kHeldBytes) return {};
  items_.emplace(txn_, key_, Type::set, /*in_txn_bytes=*/0);
  for (const std::string& held : std::exchange(held_, {})) TRY(put(held));
  return {};
}

Result<void> SetBuilder::put(std::string_view member) {
  return items_->put(Column::items, layout::member_key(items_->object(), member), {});
}

Result<uint64_t> SetBuilder::save(std::optional<Record> previous, int64_t expire_ms) {
  if (!items_) {
    SetWriter set(txn_, key_, std::move(previous), SetWriter::Anew{.expire_ms = expire_ms});
    for (const std::string& member : held_) TRY(set.add(member));
    TRY(set.save());
    return size_;
  }
  const Head head{.type = Type::set, .expire_ms = expire_ms, .size = size_};
  TRY(put_collection(txn_, key_, head, items_, previous ? &*previous : nullptr));
  return size_;
}

}  // namespace basalt
