#include "types/hash/hash_writer.h"

#include <algorithm>
#include <string>
#include <vector>

#include "layout/packed.h"
#include "types/common/limits.h"
#include "types/common/members.h"
#include "types/hash/hash.h"

namespace basalt {

namespace {

// One batch of the field expirer: what is left is due still, and gets the next.
constexpr uint64_t kFieldsPerExpiry = 1000;

int64_t earlier_expiry(int64_t a_ms, int64_t b_ms) {
  if (a_ms == 0 || b_ms == 0) return std::max(a_ms, b_ms);
  return std::min(a_ms, b_ms);
}

Head empty_hash() { return Head{.type = Type::hash, .encoding = Encoding::packed}; }

}  // namespace

HashWriter::HashWriter(Txn& txn, Key key, std::optional<Record> record)
    : txn_(txn), key_(key), record_(std::move(record)), head_(record_ ? record_->head : empty_hash()) {
  no_items_ = !head_.spread();
}

Result<void> HashWriter::unpack() {
  if (unpacked_) return {};
  unpacked_ = true;
  if (head_.spread()) return {};
  return walk_packed_hash(head_.body, [&](const Field& field) -> Result<void> {
    slots_.add({.name = field.name, .value = field.value, .present = true});
    return {};
  });
}

Result<std::optional<layout::FieldValue>> HashWriter::read_item(std::string_view field) {
  if (no_items_) return std::nullopt;
  if (!TRY(txn_.get(Column::items, layout::member_key(head_.object, field), &item_))) return std::nullopt;
  return TRY(decode_field({field, item_.view()})).value;
}

Result<std::optional<layout::FieldValue>> HashWriter::stored(std::string_view field) {
  TRY(unpack());
  const Slot* slot = slots_.find(field);
  if (slot && !slot->present) return std::nullopt;
  if (slot && (slot->changed || no_items_)) return slot->value;
  auto value = TRY(read_item(field));
  if (!slot) {
    const bool there = value.has_value();
    slots_.add({.name = field, .stored_expire_ms = there ? value->expire_ms : 0, .stored = there, .present = there});
  }
  return value;
}

Result<std::optional<layout::FieldValue>> HashWriter::live(std::string_view field) {
  auto value = TRY(stored(field));
  if (!value || !has_expired(*value, txn_.now_ms())) return value;
  TRY(erase(field));
  txn_.touch(key_, EventClass::hash, "hexpired");
  if (head_.size == 0) start_anew();
  return std::nullopt;
}

// The hash with its expiry goes, as Redis deletes a hash whose last field expired.
void HashWriter::start_anew() {
  if (record_) txn_.erase(key_, *record_);
  txn_.touch(key_, EventClass::generic, "del");
  record_.reset();
  head_ = empty_hash();
  slots_.clear();
  no_items_ = true;
  changed_ = false;
}

Result<HashWriter::Slot*> HashWriter::slot_of(std::string_view field) {
  TRY(unpack());
  if (Slot* slot = slots_.find(field)) return slot;
  TRY(stored(field));
  return slots_.find(field);
}

Result<bool> HashWriter::set(std::string_view field, const layout::FieldValue& value) {
  Slot& slot = *TRY(slot_of(field));
  const bool created = !slot.present;
  slot.value = value;
  slot.present = slot.changed = changed_ = true;
  if (created) ++head_.size;
  if (!head_.spread() && too_large_to_pack(field, value.bytes)) spread();
  return created;
}

Result<void> HashWriter::set_expiry(std::string_view field, const layout::FieldValue& value, int64_t expire_ms) {
  // What stored() gives of a spread hash is borrowed until the next call only.
  const std::string_view bytes = head_.spread() ? txn_.keep(value.bytes) : value.bytes;
  TRY(set(field, {bytes, expire_ms}));
  return {};
}

Result<bool> HashWriter::erase(std::string_view field) {
  Slot& slot = *TRY(slot_of(field));
  if (!slot.present) return false;
  if (head_.size == 0) return damaged_record("a hash's size");
  slot.present = false;
  slot.changed = changed_ = true;
  --head_.size;
  return true;
}

bool HashWriter::too_large_to_pack(std::string_view field, std::string_view value) const {
  const PackedLimits& limits = txn_.limits();
  return exceeds(head_.size, limits.hash_max_listpack_entries) ||
         exceeds(std::max(field.size(), value.size()), limits.hash_max_listpack_value);
}

void HashWriter::spread() {
  head_.encoding = Encoding::spread;
  head_.object = txn_.new_object(key_);
  head_.body = {};
  for (Slot& slot : slots_) slot.changed = true;
}

Result<uint64_t> HashWriter::erase_expired(uint64_t limit) {
  TRY(unpack());
  changed_ = true;
  return head_.spread() ? erase_expired_spread(limit) : erase_expired_packed();
}

Result<uint64_t> HashWriter::erase_expired_packed() {
  uint64_t erased = 0;
  for (Slot& slot : slots_) {
    if (has_expired(slot.value, txn_.now_ms()) && TRY(erase(slot.name))) ++erased;
  }
  return erased;
}

Result<uint64_t> HashWriter::erase_expired_spread(uint64_t limit) {
  std::vector<std::pair<std::string_view, int64_t>> due;
  head_.next_field_expiry_ms = 0;
  {
    const KeyBuffer lower = layout::object_prefix(head_.object);
    const KeyBuffer upper = layout::object_prefix(head_.object + 1);
    Cursor cursor = txn_.cursor(Column::scores, CursorBounds{.lower = lower, .upper = upper});
    for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
      auto row = layout::decode_field_expiry_key(cursor.key());
      if (!row) return damaged_record("a hash field's expiry");
      if (row->expire_ms >= txn_.now_ms() || due.size() == limit) {
        head_.next_field_expiry_ms = row->expire_ms;
        break;
      }
      due.emplace_back(txn_.keep(row->field), row->expire_ms);
    }
    TRY(cursor.status());
  }
  uint64_t erased = 0;
  for (const auto& [field, expire_ms] : due) {
    auto value = TRY(stored(field));
    if (value && value->expire_ms == expire_ms) erased += TRY(erase(field));
    else txn_.erase_item(Column::scores, layout::field_expiry_key(head_.object, expire_ms, field));
  }
  return erased;
}

bool HashWriter::some_may_have_expired() const {
  return head_.next_field_expiry_ms != 0 && head_.next_field_expiry_ms < txn_.now_ms();
}

Result<void> HashWriter::save() {
  if (!changed_) return {};
  if (head_.size == 0) {
    if (record_) txn_.erase(key_, *record_);
    return {};
  }
  if (!head_.spread() && save_packed()) return {};
  if (!head_.spread()) spread();
  save_spread();
  return {};
}

// False when the body is too long to be packed.
bool HashWriter::save_packed() {
  std::string body, value;
  head_.next_field_expiry_ms = 0;
  for (const Slot& slot : slots_) {
    if (!slot.present) continue;
    value.clear();
    layout::append_field_value(slot.value, value);
    layout::append_packed(body, slot.name);
    layout::append_packed(body, value);
    head_.next_field_expiry_ms = earlier_expiry(head_.next_field_expiry_ms, slot.value.expire_ms);
  }
  if (exceeds(body.size(), txn_.limits().packed_max_bytes)) return false;
  head_.body = body;
  txn_.put(key_, head_, record_ ? &*record_ : nullptr);
  head_.body = {};
  return true;
}

void HashWriter::save_spread() {
  for (const Slot& slot : slots_) {
    if (!slot.changed) continue;
    save_item(slot);
    if (slot.present) head_.next_field_expiry_ms = earlier_expiry(head_.next_field_expiry_ms, slot.value.expire_ms);
  }
  const bool head_is_as_stored = record_ && record_->head.object == head_.object && record_->head.size == head_.size &&
                                 record_->head.next_field_expiry_ms == head_.next_field_expiry_ms;
  if (!head_is_as_stored) txn_.put(key_, head_, record_ ? &*record_ : nullptr);
}

void HashWriter::save_item(const Slot& slot) {
  const KeyBuffer key = layout::member_key(head_.object, slot.name);
  if (slot.stored_expire_ms != 0 && (!slot.present || slot.stored_expire_ms != slot.value.expire_ms)) {
    txn_.erase_item(Column::scores, layout::field_expiry_key(head_.object, slot.stored_expire_ms, slot.name));
  }
  if (!slot.present) {
    if (slot.stored) txn_.erase_item(Column::items, key);
    return;
  }
  std::string value;
  layout::append_field_value(slot.value, value);
  txn_.put_item(Column::items, key, value);
  if (slot.value.expire_ms != 0 && slot.value.expire_ms != slot.stored_expire_ms) {
    txn_.put_item(Column::scores, layout::field_expiry_key(head_.object, slot.value.expire_ms, slot.name), {});
  }
}

Result<bool> expire_hash_fields(Txn& txn, Key key, Record record) {
  HashWriter hash(txn, key, std::move(record));
  const uint64_t erased = TRY(hash.erase_expired(kFieldsPerExpiry));
  TRY(hash.save());
  if (erased == 0) return false;
  txn.touch(key, EventClass::hash, "hexpired");
  if (hash.size() == 0) txn.touch(key, EventClass::generic, "del");
  return hash.some_may_have_expired();
}

}  // namespace basalt
