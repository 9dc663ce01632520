#include "types/common/object_writer.h"

#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "layout/record_key.h"
#include "layout/system_record.h"

namespace basalt {

Result<void> ObjectWriter::put(Column column, std::string_view item_key, std::string_view value) {
  bytes_ += item_key.size() + value.size();
  ++count_;
  if (bytes_ <= in_txn_bytes_) {
    txn_->put_item(column, item_key, value);
    return {};
  }
  if (txn_->access() == Access::inline_) return would_block();
  batch_.put(column, item_key, value);
  return batch_.bytes() < kBatchBytes ? Result<void>() : write_ahead();
}

Result<void> ObjectWriter::write_ahead() {
  if (!ahead_) batch_.put(Column::system, garbage_key(), layout::encode_garbage(type_, count_));
  ahead_ = true;
  TRY(txn_->write_ahead(batch_));
  batch_.clear();
  return {};
}

std::string ObjectWriter::garbage_key() const { return layout::garbage_key(txn_->now_ms() + kAbandonedMs, object_); }

Result<void> ObjectWriter::finish() {
  if (!batch_.empty()) TRY(write_ahead());
  if (ahead_) txn_->erase_item(Column::system, garbage_key());
  return {};
}

Result<void> put_collection(Txn& txn, Key key, Head head, std::optional<ObjectWriter>& items, const Record* previous) {
  if (items) {
    TRY(items->finish());
    head.encoding = Encoding::spread;
    head.object = items->object();
  }
  txn.put(key, head, previous);
  return {};
}

namespace {

struct Page {
  std::vector<std::pair<std::string, std::string>> records;
  bool last = false;
};

// The records after `from` (included) below `upper`, up to kPageBytes of them. Pages, since nothing may be
// written while the cursor is open.
Result<Page> read_page(Txn& txn, Column column, std::string_view from, std::string_view upper) {
  constexpr size_t kPageBytes = 1 << 20;
  Page page;
  size_t bytes = 0;
  Cursor cursor = txn.cursor(column, {.lower = from, .upper = upper, .fill_cache = false});
  for (cursor.seek_to_first(); cursor.valid() && bytes < kPageBytes; cursor.next()) {
    page.records.emplace_back(cursor.key(), cursor.value());
    bytes += cursor.key().size() + cursor.value().size();
  }
  page.last = !cursor.valid();
  TRY(cursor.status());
  return page;
}

Result<void> copy_column(Txn& txn, Column column, ObjectId from, ObjectWriter& writer) {
  const KeyBuffer old_prefix = layout::object_prefix(from);
  const KeyBuffer new_prefix = layout::object_prefix(writer.object());
  const std::string upper = prefix_successor(old_prefix.view()).value_or("");
  std::string position(old_prefix.view());
  for (bool last = false; !last;) {
    Page page = TRY(read_page(txn, column, position, upper));
    last = page.last;
    for (const auto& [key, value] : page.records) {
      std::string copy(new_prefix.view());
      copy.append(key, old_prefix.view().size());
      TRY(writer.put(column, copy, value));
    }
    if (!page.records.empty()) position = page.records.back().first + '\0';
  }
  return {};
}

}  // namespace

Result<ObjectId> copy_object(Txn& txn, ObjectId from, Key target, Type type) {
  ObjectWriter writer(txn, target, type);
  for (Column column : {Column::items, Column::scores, Column::streams}) {
    TRY(copy_column(txn, column, from, writer));
  }
  TRY(writer.finish());
  return writer.object();
}

}  // namespace basalt
