#include "server/memory_usage.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "layout/record_key.h"
#include "types/string/string_value.h"

namespace basalt {

namespace {

// Bytes of the records in `column` that belong to `object`: `count` of them, of which `samples` are looked at.
Result<uint64_t> object_bytes(Txn& txn, Column column, ObjectId object, uint64_t count, uint64_t samples) {
  const KeyBuffer prefix = layout::object_prefix(object);
  const auto end = prefix_successor(prefix);
  Cursor cursor = txn.cursor(column, {.lower = prefix, .upper = end ? std::string_view(*end) : std::string_view()});
  uint64_t seen = 0, bytes = 0;
  for (cursor.seek_to_first(); cursor.valid() && (samples == 0 || seen < samples); cursor.next(), ++seen)
    bytes += cursor.key().size() + cursor.value().size();
  TRY(cursor.status());
  if (samples == 0 || seen < samples) return bytes;  // all of them
  return static_cast<uint64_t>(std::llround(double(bytes) / double(seen) * double(std::max(count, seen))));
}

Result<uint64_t> items_bytes(Txn& txn, const Head& head, uint64_t samples) {
  switch (head.type) {
    case Type::string: {
      const uint64_t chunks = (head.size + kChunkBytes - 1) / kChunkBytes;
      return object_bytes(txn, Column::items, head.object, chunks, samples);
    }
    case Type::stream: return object_bytes(txn, Column::streams, head.object, head.size, samples);
    // A zset's rows in score order, or those of the hash fields that expire: there are never more than items.
    case Type::zset:
    case Type::hash: {
      const uint64_t items = TRY(object_bytes(txn, Column::items, head.object, head.size, samples));
      if (head.type == Type::hash && head.next_field_expiry_ms == 0) return items;
      return items + TRY(object_bytes(txn, Column::scores, head.object, head.size, samples));
    }
    case Type::list:
    case Type::set: return object_bytes(txn, Column::items, head.object, head.size, samples);
  }
  return 0;
}

}  // namespace

Result<std::optional<uint64_t>> memory_usage(Txn& txn, Key key, uint64_t samples) {
  txn.freeze();
  const auto record = TRY(txn.find(key));
  if (!record) return std::nullopt;
  const DbId db = txn.db_id(key.db);
  const Head& head = record->head;
  std::string encoded;
  layout::encode_head(head, encoded);
  uint64_t bytes = layout::record_key(db, key.name).view().size() + encoded.size();
  if (const int64_t due = due_ms(head)) bytes += layout::expiry_key(due, db, key.name).view().size();
  if (head.spread()) bytes += TRY(items_bytes(txn, head, samples));
  return bytes;
}

}  // namespace basalt
