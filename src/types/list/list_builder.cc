#include "types/list/list_builder.h"

#include "layout/packed.h"
#include "layout/record_key.h"
#include "types/list/list_writer.h"

namespace basalt {

Result<void> ListBuilder::add(std::string_view element) {
  if (items_) return put(size_++, element);
  layout::append_packed(body_, element);
  ++size_;
  return list_may_be_packed(txn_.limits(), size_, body_.size()) ? Result<void>() : spread();
}

Result<void> ListBuilder::spread() {
  items_.emplace(txn_, key_, Type::list);
  layout::PackedReader elements(body_);
  for (uint64_t i = 0; i < size_; ++i) TRY(put(i, *elements.next()));
  body_.clear();
  return {};
}

Result<void> ListBuilder::put(uint64_t position, std::string_view element) {
  return items_->put(Column::items, layout::index_key(items_->object(), static_cast<int64_t>(position)), element);
}

Result<void> ListBuilder::save(const Record* previous, int64_t expire_ms) {
  Head head{.type = Type::list, .encoding = Encoding::packed, .expire_ms = expire_ms, .size = size_, .body = body_};
  return put_collection(txn_, key_, head, items_, previous);
}

}  // namespace basalt
