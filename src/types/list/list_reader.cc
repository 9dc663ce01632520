#include "types/list/list_reader.h"

#include <algorithm>
#include <vector>

#include "layout/packed.h"
#include "types/common/members.h"

namespace basalt {

ListRange list_range(int64_t start, int64_t stop, uint64_t size) {
  const auto length = static_cast<int64_t>(size);
  if (start < 0) start = std::max<int64_t>(0, start + length);
  if (stop < 0) stop += length;
  stop = std::min(stop, length - 1);
  if (start > stop) return {};
  return {static_cast<uint64_t>(start), static_cast<uint64_t>(stop - start) + 1};
}

std::optional<uint64_t> list_position(int64_t index, uint64_t size) {
  // One that lies before the left end wraps around, and so is beyond the right one.
  const uint64_t position = static_cast<uint64_t>(index) + (index < 0 ? size : 0);
  return position < size ? std::optional(position) : std::nullopt;
}

Result<void> ListReader::walk(ListRange range, ListEnd from, Visitor visit) const {
  if (range.count == 0) return {};
  if (!head_.spread()) return walk_packed(range, from, visit);
  if (range.count == 1) return visit_one(range.position, visit);
  return walk_spread(range, from, visit);
}

Result<void> ListReader::walk_packed(ListRange range, ListEnd from, Visitor visit) const {
  auto elements = layout::unpack(head_.body);
  if (!elements || elements->size() != head_.size) return damaged_record("a list");
  for (uint64_t i = 0; i < range.count; ++i) {
    const uint64_t position = range.position + (from == ListEnd::left ? i : range.count - 1 - i);
    if (!TRY(visit(position, (*elements)[position]))) return {};
  }
  return {};
}

Result<void> ListReader::walk_spread(ListRange range, ListEnd from, Visitor visit) const {
  const KeyBuffer lower = layout::index_key(head_.object, item_index(head_, range.position));
  const KeyBuffer upper = layout::index_key(head_.object, item_index(head_, range.position + range.count));
  Cursor cursor = txn_.cursor(Column::items, {.lower = lower, .upper = upper});
  if (from == ListEnd::left) cursor.seek_to_first();
  else cursor.seek_to_last();
  for (uint64_t i = 0; i < range.count; ++i) {
    const uint64_t position = range.position + (from == ListEnd::left ? i : range.count - 1 - i);
    if (!cursor.valid()) TRY(cursor.status());
    auto key = cursor.valid() ? layout::decode_index_key(cursor.key()) : std::nullopt;
    if (!key || key->index != item_index(head_, position)) return damaged_record("a list");
    if (!TRY(visit(position, cursor.value()))) return {};
    if (from == ListEnd::left) cursor.next();
    else cursor.prev();
  }
  return {};
}

Result<void> ListReader::visit_one(uint64_t position, Visitor visit) const {
  Value item;
  const bool found = TRY(txn_.get(Column::items, layout::index_key(head_.object, item_index(head_, position)), &item));
  if (!found) return damaged_record("a list");
  TRY(visit(position, item.view()));
  return {};
}

}  // namespace basalt
