#include "keyspace/key_tally.h"

#include <algorithm>

#include "base/bytes.h"
#include "layout/record_key.h"

namespace basalt {
namespace {

// A position is a column's digit and the key to go on from.
constexpr Column kWalked[] = {Column::strings, Column::heads};

constexpr auto larger_first = [](const KeyTally::BigKey& a, const KeyTally::BigKey& b) { return a.bytes > b.bytes; };

Column column_of(std::string_view position) {
  return !position.empty() && position[0] == '1' ? Column::heads : Column::strings;
}

}  // namespace

std::string_view encoding_name(Encoding encoding) {
  switch (encoding) {
    case Encoding::plain: return "plain";
    case Encoding::packed: return "packed";
    case Encoding::packed_intset: return "packed_intset";
    case Encoding::spread: return "spread";
  }
  return "unknown";
}

Result<bool> KeyTally::advance(std::string& position, uint64_t most) {
  uint64_t looked_at = 0;
  for (const Column column : kWalked) {
    if (column < column_of(position)) continue;
    const std::string from = position.empty() ? std::string() : position.substr(1);
    Cursor cursor = store_.cursor(column, {}, {.lower = from, .fill_cache = false});
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
      if (looked_at++ == most) {
        position = (column == Column::heads ? "1" : "0") + std::string(cursor.key());
        return false;
      }
      add(column, cursor.key(), cursor.value());
    }
    TRY(cursor.status());
    position = "1";
  }
  return true;
}

void KeyTally::add(Column column, std::string_view key, std::string_view value) {
  const auto record = layout::decode_record_key(key);
  const auto head = column == Column::strings ? layout::decode_string_record(value) : layout::decode_head_record(value);
  if (!record || !head) {
    ++damaged_;
    return;
  }
  if (!counts_(record->db)) return;
  const uint64_t bytes = key.size() + value.size() + (head->spread() ? object_bytes(*head) : 0);
  Group& group = groups_[{head->type, head->encoding}];
  ++group.keys;
  group.expiring += head->expire_ms != 0;
  group.elements += head->size;
  group.bytes += bytes;
  keep_if_big(*record, *head, bytes);
}

// The tables' indexes know sizes to within a block: of a small object, nothing. So no less than what its elements
// take at least.
uint64_t KeyTally::object_bytes(const Head& head) const {
  constexpr uint64_t kLeastItem = 13;
  constexpr uint64_t kLeastScore = 17;
  const KeyBuffer from = layout::object_prefix(head.object);
  const KeyBuffer to = layout::object_prefix(head.object + 1);
  switch (head.type) {
    case Type::string: return std::max(store_.approximate_size(Column::items, from, to), head.size);
    case Type::stream: return std::max(store_.approximate_size(Column::streams, from, to), head.size * kLeastItem);
    default: break;
  }
  uint64_t bytes = std::max(store_.approximate_size(Column::items, from, to), head.size * kLeastItem);
  if (head.type == Type::zset)
    bytes += std::max(store_.approximate_size(Column::scores, from, to), head.size * kLeastScore);
  return bytes;
}

void KeyTally::keep_if_big(const layout::RecordKey& key, const Head& head, uint64_t bytes) {
  if (big_.size() == most_big_keys_ && (big_.empty() || bytes <= big_.front().bytes)) return;
  if (big_.size() == most_big_keys_) {
    std::pop_heap(big_.begin(), big_.end(), larger_first);
    big_.pop_back();
  }
  big_.push_back({bytes, head.size, head.type, head.encoding, key.db, std::string(key.name)});
  std::push_heap(big_.begin(), big_.end(), larger_first);
}

std::vector<KeyTally::BigKey> KeyTally::big_keys() const {
  auto keys = big_;
  std::sort(keys.begin(), keys.end(), larger_first);
  return keys;
}

}  // namespace basalt
