#include "types/stream/stream_records.h"

#include <string>
#include <vector>

namespace basalt {

Result<void> erase_stream_records(Txn& txn, std::string_view from, std::string_view to, uint64_t count) {
  if (count == 0 || from >= to) return {};
  if (count > kInlineStreamRecords && txn.access() == Access::inline_) return would_block();
  if (count <= kManyStreamRecords) return erase_stream_records_one_by_one(txn, from, to);
  txn.erase_items(Column::streams, from, to);
  return {};
}

// In pages, since nothing may be written while the cursor is open.
Result<void> erase_stream_records_one_by_one(Txn& txn, std::string_view from, std::string_view to) {
  constexpr size_t kPage = 1024;
  std::string position(from);
  std::vector<std::string> keys;
  do {
    keys.clear();
    Cursor cursor = txn.cursor(Column::streams, {.lower = position, .upper = to});
    for (cursor.seek_to_first(); cursor.valid() && keys.size() < kPage; cursor.next()) keys.emplace_back(cursor.key());
    if (!cursor.valid()) TRY(cursor.status());
    for (const std::string& key : keys) txn.erase_item(Column::streams, key);
    if (!keys.empty()) position = keys.back() + '\0';
  } while (keys.size() == kPage);
  return {};
}

}  // namespace basalt
