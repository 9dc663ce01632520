#include "types/list/list_writer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "layout/packed.h"
#include "types/common/limits.h"
#include "types/common/members.h"

namespace basalt {

namespace {

// A page of items on their way to other indexes.
constexpr size_t kPageBytes = 1 << 20;

// Where the element at `position` begins in a packed body.
Result<size_t> packed_offset(std::string_view body, uint64_t position) {
  size_t offset = 0;
  layout::PackedReader reader(body);
  for (; position > 0; --position) {
    auto element = reader.next();
    if (!element) return damaged_record("a list");
    offset = static_cast<size_t>(element->data() + element->size() - body.data());
  }
  return offset;
}

}  // namespace

// list-max-listpack-size as Redis reads it for one of its nodes; here it is for a whole list.
bool list_may_be_packed(const PackedLimits& limits, uint64_t elements, uint64_t bytes) {
  if (exceeds(bytes, limits.packed_max_bytes)) return false;
  if (limits.list_packed_threshold != 0 && exceeds(bytes, limits.list_packed_threshold)) return false;
  const int64_t fill = limits.list_max_listpack_size.load(std::memory_order_relaxed);
  if (fill >= 0) return elements <= static_cast<uint64_t>(std::max<int64_t>(1, fill));
  return bytes <= uint64_t{4096} << (std::min<int64_t>(5, -fill) - 1);
}

ListWriter::ListWriter(Txn& txn, Key key, std::optional<Record> record)
    : txn_(txn), key_(key), record_(std::move(record)) {
  head_ = record_ ? record_->head : Head{.type = Type::list, .encoding = Encoding::packed};
  body_ = head_.body;
  head_.body = body_;
}

void ListWriter::save() {
  if (head_.size > 0) txn_.put(key_, head_, record_ ? &*record_ : nullptr);
  else if (record_) txn_.erase(key_, *record_);
}

// ---- both encodings ----

Result<void> ListWriter::push(ListEnd end, std::string_view element) {
  return insert(end == ListEnd::left ? 0 : head_.size, element);
}

Result<void> ListWriter::insert(uint64_t position, std::string_view element) {
  if (!head_.spread()) {
    std::string packed;
    layout::append_packed(packed, element);
    TRY(splice(position, position, packed));
    ++head_.size;
    return spread_if_too_large();
  }
  if (position < head_.size - position || position == 0) {
    TRY(move_items({0, position}, ListEnd::left, head_.object,
                   [&](uint64_t moved) { return item_index(head_, moved) - 1; }));
    head_.first = item_index(head_, uint64_t{0} - 1);
  } else {
    TRY(move_items({position, head_.size - position}, ListEnd::right, head_.object,
                   [&](uint64_t moved) { return item_index(head_, moved) + 1; }));
  }
  ++head_.size;
  put(position, element);
  return {};
}

Result<void> ListWriter::set(uint64_t position, std::string_view element) {
  if (head_.spread()) {
    put(position, element);
    return {};
  }
  std::string packed;
  layout::append_packed(packed, element);
  TRY(splice(position, position + 1, packed));
  return spread_if_too_large();
}

Result<void> ListWriter::drop(ListEnd end, uint64_t count) {
  return keep({end == ListEnd::left ? count : 0, head_.size - count});
}

Result<void> ListWriter::keep(ListRange kept) {
  const uint64_t right = head_.size - kept.position - kept.count;
  if (!head_.spread()) {
    TRY(splice(head_.size - right, head_.size, {}));
    TRY(splice(0, kept.position, {}));
    head_.size = kept.count;
    return {};
  }
  if (kept.count == 0 && record_ && record_->head.object == head_.object) {
    start_anew();  // the items go with the recorded head
    return {};
  }
  const uint64_t dropped = kept.position + right;
  if (dropped > kManyItems && kept.count <= dropped / 4) return keep_in_new_object(kept);
  TRY(erase_items(ListEnd::right, right));
  return erase_items(ListEnd::left, kept.position);
}

Result<void> ListWriter::remove(const std::vector<uint64_t>& positions) {
  if (positions.size() == head_.size) return keep({});
  if (head_.spread()) return close_gaps(positions);
  return remove_packed(positions);
}

void ListWriter::start_anew() {
  head_ = Head{.type = Type::list, .encoding = Encoding::packed, .expire_ms = head_.expire_ms};
  body_.clear();
}

// ---- packed ----

// Replaces the elements [from, to). The caller counts.
Result<void> ListWriter::splice(uint64_t from, uint64_t to, std::string_view packed) {
  const size_t begin = TRY(packed_offset(body_, from));
  const size_t end = begin + TRY(packed_offset(std::string_view(body_).substr(begin), to - from));
  body_.replace(begin, end - begin, packed);
  head_.body = body_;
  return {};
}

Result<std::vector<std::string_view>> ListWriter::unpack() const {
  auto elements = layout::unpack(body_);
  if (!elements || elements->size() != head_.size) return damaged_record("a list");
  return *std::move(elements);
}

Result<void> ListWriter::remove_packed(const std::vector<uint64_t>& positions) {
  const auto elements = TRY(unpack());
  std::string kept;
  auto removed = positions.begin();
  for (uint64_t i = 0; i < elements.size(); ++i) {
    if (removed != positions.end() && *removed == i) ++removed;
    else layout::append_packed(kept, elements[i]);
  }
  body_ = std::move(kept);
  head_.body = body_;
  head_.size -= positions.size();
  return {};
}

Result<void> ListWriter::spread_if_too_large() {
  if (list_may_be_packed(txn_.limits(), head_.size, body_.size())) return {};
  const auto elements = TRY(unpack());
  head_.encoding = Encoding::spread;
  head_.object = txn_.new_object(key_);
  head_.first = 0;
  for (uint64_t i = 0; i < head_.size; ++i) put(i, elements[i]);
  body_.clear();
  head_.body = {};
  return {};
}

// ---- spread ----

void ListWriter::put(uint64_t position, std::string_view element) {
  txn_.put_item(Column::items, layout::index_key(head_.object, item_index(head_, position)), element);
}

Result<void> ListWriter::check_inline(uint64_t items) const {
  if (items > kInlineItems && txn_.access() == Access::inline_) return would_block();
  return {};
}

Result<void> ListWriter::erase_items(ListEnd end, uint64_t count) {
  TRY(check_inline(count));
  const uint64_t begin = end == ListEnd::left ? 0 : head_.size - count;
  for (uint64_t i = 0; i < count; ++i) {
    txn_.erase_item(Column::items, layout::index_key(head_.object, item_index(head_, begin + i)));
  }
  if (end == ListEnd::left) head_.first = item_index(head_, count);
  head_.size -= count;
  return {};
}

// The old object, with all that is dropped, becomes garbage when the head names the new one.
Result<void> ListWriter::keep_in_new_object(ListRange kept) {
  const ObjectId object = txn_.new_object(key_);
  TRY(move_items(kept, ListEnd::left, object,
                 [&](uint64_t moved) { return static_cast<int64_t>(moved - kept.position); }));
  head_.object = object;
  head_.first = 0;
  head_.size = kept.count;
  return {};
}

// In pages, since nothing may be written under an open cursor. Every item goes one way, and the walk
// begins at the end where they go: so no item is overwritten before it was read.
Result<void> ListWriter::move_items(ListRange range, ListEnd from, ObjectId object, Target target) {
  TRY(check_inline(range.count));
  while (range.count > 0) {
    std::vector<std::pair<int64_t, std::string>> page;
    uint64_t seen = 0;
    size_t bytes = 0;
    TRY(reader().walk(range, from, [&](uint64_t position, std::string_view element) -> Result<bool> {
      ++seen;
      if (auto index = target(position)) {
        page.emplace_back(*index, element);
        bytes += sizeof page.back() + element.size();
      }
      return bytes < kPageBytes;
    }));
    for (const auto& [index, element] : page) {
      txn_.put_item(Column::items, layout::index_key(object, index), element);
    }
    if (from == ListEnd::left) range.position += seen;
    range.count -= seen;
  }
  return {};
}

// The shorter of the two sides of the gaps moves: what is right of the first one, or left of the last.
Result<void> ListWriter::close_gaps(const std::vector<uint64_t>& positions) {
  if (positions.empty()) return {};
  size_t closed = 0;
  if (head_.size - positions.front() <= positions.back() + 1) {
    TRY(move_items({positions.front(), head_.size - positions.front()}, ListEnd::left, head_.object,
                   [&](uint64_t moved) -> std::optional<int64_t> {
                     if (closed < positions.size() && positions[closed] == moved) return ++closed, std::nullopt;
                     return item_index(head_, moved - closed);
                   }));
    return erase_items(ListEnd::right, positions.size());
  }
  TRY(move_items({0, positions.back() + 1}, ListEnd::right, head_.object,
                 [&](uint64_t moved) -> std::optional<int64_t> {
                   if (closed < positions.size() && positions[positions.size() - 1 - closed] == moved)
                     return ++closed, std::nullopt;
                   return item_index(head_, moved + closed);
                 }));
  return erase_items(ListEnd::left, positions.size());
}

}  // namespace basalt
