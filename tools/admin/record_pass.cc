#include "tools/admin/record_pass.h"

#include <fmt/format.h>

#include <algorithm>

#include "keyspace/record.h"
#include "tools/admin/packed_check.h"
#include "tools/admin/text.h"
#include "types/hyperloglog/hyperloglog.h"

namespace basalt::tools {

// ---- expiry rows ----

Result<void> ExpiryRows::expect(int64_t due_ms, DbId db, std::string_view name) {
  rows_.emplace_back(layout::expiry_key(due_ms, db, name).view());
  bytes_ += rows_.back().size() + sizeof(std::string);
  return bytes_ >= kRowsBytes ? look() : Result<void>();
}

Result<void> ExpiryRows::look() {
  constexpr int kStepsBeforeSeek = 16;
  std::sort(rows_.begin(), rows_.end());
  Cursor cursor = context_.cursor(Column::expiry);
  bool moved = false;
  for (const std::string& row : rows_) {
    for (int step = 0; moved && step < kStepsBeforeSeek && cursor.valid() && cursor.key() < row; ++step) cursor.next();
    if (!moved || (cursor.valid() && cursor.key() < row)) cursor.seek(row);
    moved = true;
    if (cursor.valid() && cursor.key() == row) ++found_;
    else if (!cursor.valid()) TRY(cursor.status());
    if (!cursor.valid() || cursor.key() != row) missing(row);
    TRY(context_.report.settle());
  }
  rows_.clear();
  bytes_ = 0;
  return {};
}

void ExpiryRows::missing(const std::string& row) {
  const auto parts = *layout::decode_expiry_key(row);
  context_.report.damage(
      fmt::format("{} is due at {}, but has no row in the expiry index: nothing would remove it then",
                  context_.system.key_label("key", parts.record.db, parts.record.name), time_text(parts.expire_ms)));
  if (context_.report.mends()) context_.report.mend().put(Column::expiry, row, {});
}

Result<void> ExpiryRows::finish() {
  TRY(look());
  uint64_t rows = 0;
  Cursor cursor = context_.cursor(Column::expiry);
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
    context_.record_seen();
    ++rows;
    if (layout::decode_expiry_key(cursor.key()) && cursor.value().empty()) continue;
    context_.report.damage("column expiry: the row " + quoted(cursor.key(), 200) + " makes no sense");
    if (context_.report.mends()) context_.report.mend().erase(Column::expiry, cursor.key());
    TRY(context_.report.settle());
  }
  TRY(cursor.status());
  context_.counts.expiry_rows = rows;
  context_.counts.stale_expiry_rows = rows - std::min(rows, found_);
  return {};
}

// ---- records ----

Result<void> RecordPass::run() {
  Cursor strings = context_.cursor(Column::strings);
  Cursor heads = context_.cursor(Column::heads);
  strings.seek_to_first();
  heads.seek_to_first();
  while (strings.valid() || heads.valid()) {
    context_.record_seen();
    const bool string_is_next = strings.valid() && (!heads.valid() || strings.key() <= heads.key());
    if (string_is_next && heads.valid() && strings.key() == heads.key()) check_both(heads.key());
    Cursor& cursor = string_is_next ? strings : heads;
    TRY(check(string_is_next ? Column::strings : Column::heads, cursor.key(), cursor.value()));
    TRY(context_.report.settle());
    cursor.next();
  }
  TRY(strings.status());
  TRY(heads.status());
  context_.spread_keys.sort();
  return expiry_rows_.finish();
}

// Readers look for strings first: the other one is what nobody sees.
void RecordPass::check_both(std::string_view key) {
  const auto parts = layout::decode_record_key(key);
  remove(Column::heads, key,
         fmt::format("{} is both a plain string and something else",
                     parts ? context_.system.key_label("key", parts->db, parts->name) : quoted(key, 200)));
}

void RecordPass::remove(Column column, std::string_view key, std::string_view why) {
  context_.report.damage(why);
  if (context_.report.mends()) context_.report.mend().erase(column, key);
}

Result<void> RecordPass::check(Column column, std::string_view key, std::string_view value) {
  const auto parts = layout::decode_record_key(key);
  if (!parts) {
    remove(column, key, fmt::format("column {}: the key {} makes no sense", column_name(column), quoted(key, 200)));
    return {};
  }
  if (context_.system.purged.contains(parts->db)) return {};
  if (!context_.system.known(parts->db)) {
    ++context_.lost_records[parts->db];
    return {};
  }
  const auto head = column == Column::strings ? layout::decode_string_record(value) : layout::decode_head_record(value);
  if (!head) {
    remove(column, key,
           fmt::format("{}: its record in {} makes no sense", context_.system.key_label("key", parts->db, parts->name),
                       column_name(column)));
    return {};
  }
  ++context_.counts.keys;
  if (const int64_t due = due_ms(*head)) TRY(expiry_rows_.expect(due, parts->db, parts->name));
  if (head->encoding == Encoding::plain) check_plain(*parts, *head);
  else if (head->spread()) check_spread(*parts, *head);
  else check_packed_head(key, *parts, *head);
  return {};
}

// Any string may begin with the four letters; so it is a note.
void RecordPass::check_plain(const layout::RecordKey& key, const Head& head) {
  if (!head.body.starts_with("HYLL")) return;
  const auto hyperloglog = HyperLogLog::from_bytes(head.body);
  auto registers = std::make_unique<HyperLogLog::Registers>();
  if (hyperloglog && hyperloglog->merge_into(*registers)) return;
  context_.report.note(context_.system.key_label("string", key.db, key.name) +
                       " begins as a HyperLogLog does, and is none");
}

void RecordPass::check_packed_head(std::string_view record_key, const layout::RecordKey& key, const Head& head) {
  const auto damage = check_packed(head);
  if (!damage) return;
  const std::string line =
      fmt::format("{}: {}", context_.system.key_label(type_name(head.type), key.db, key.name), damage->what);
  if (damage->size == 0) return remove(Column::heads, record_key, line);
  context_.report.damage(line);
  if (!context_.report.mends()) return;
  Head mended = head;
  mended.body = damage->body;
  mended.size = damage->size;
  mended.next_field_expiry_ms = damage->next_field_expiry_ms;
  std::string record;
  layout::encode_head(mended, record);
  context_.report.mend().put(Column::heads, record_key, record);
}

void RecordPass::check_spread(const layout::RecordKey& key, const Head& head) {
  ++context_.counts.spread_keys;
  if (object_db(head.object) != key.db) {
    context_.report.damage(
        fmt::format("{}: its object {:016x} belongs to the range of another database: flushing that would take its "
                    "items. DUMP and RESTORE the key to put it right",
                    context_.system.key_label(type_name(head.type), key.db, key.name), head.object));
  }
  context_.object_seen(head.object);
  context_.spread_keys.add(key, head);
}

}  // namespace basalt::tools
