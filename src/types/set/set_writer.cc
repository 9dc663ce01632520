#include "types/set/set_writer.h"

#include <algorithm>
#include <vector>

#include "base/number.h"
#include "layout/packed.h"
#include "types/common/limits.h"
#include "types/common/members.h"

namespace basalt {

namespace {

Head empty_set(int64_t expire_ms) {
  return Head{.type = Type::set, .encoding = Encoding::packed_intset, .expire_ms = expire_ms};
}

}  // namespace

SetWriter::SetWriter(Txn& txn, Key key, std::optional<Record> record)
    : txn_(txn), key_(key), record_(std::move(record)), head_(record_ ? record_->head : empty_set(0)) {
  no_items_ = !head_.spread();
}

SetWriter::SetWriter(Txn& txn, Key key, std::optional<Record> previous, Anew anew)
    : txn_(txn),
      key_(key),
      record_(std::move(previous)),
      head_(empty_set(anew.expire_ms)),
      unpacked_(true),
      no_items_(true),
      changed_(true) {}

Result<void> SetWriter::unpack() {
  if (unpacked_) return {};
  unpacked_ = true;
  if (head_.spread()) return {};
  layout::PackedReader reader(head_.body);
  while (auto member = reader.next()) slots_.add({.name = *member, .present = true});
  if (reader.damaged()) return damaged_record("a packed set");
  return {};
}

Result<SetWriter::Slot*> SetWriter::slot_of(std::string_view member) {
  TRY(unpack());
  if (Slot* slot = slots_.find(member)) return slot;
  Slot slot{.name = member};
  if (!no_items_) {
    Value item;
    slot.stored = slot.present = TRY(txn_.get(Column::items, layout::member_key(head_.object, member), &item));
  }
  return &slots_.add(slot);
}

Result<bool> SetWriter::contains(std::string_view member) { return TRY(slot_of(member))->present; }

Result<bool> SetWriter::add(std::string_view member) {
  Slot& slot = *TRY(slot_of(member));
  if (slot.present) return false;
  slot.present = slot.changed = changed_ = true;
  ++head_.size;
  fit_encoding(member);
  return true;
}

Result<bool> SetWriter::erase(std::string_view member) {
  Slot& slot = *TRY(slot_of(member));
  if (!slot.present) return false;
  if (head_.size == 0) return damaged_record("a set's size");
  slot.present = false;
  slot.changed = changed_ = true;
  --head_.size;
  return true;
}

void SetWriter::fit_encoding(std::string_view added) {
  const PackedLimits& limits = txn_.limits();
  if (head_.encoding == Encoding::packed_intset) {
    if (parse_int64(added) && !exceeds(head_.size, limits.set_max_intset_entries)) return;
    head_.encoding = Encoding::packed;
  }
  if (head_.spread()) return;
  if (exceeds(head_.size, limits.set_max_listpack_entries) || exceeds(added.size(), limits.set_max_listpack_value)) {
    spread();
  }
}

void SetWriter::spread() {
  head_.encoding = Encoding::spread;
  head_.object = txn_.new_object(key_);
  head_.body = {};
  for (Slot& slot : slots_) slot.changed = true;
}

Result<void> SetWriter::save() {
  if (!changed_) return {};
  if (head_.size == 0) {
    if (record_) txn_.erase(key_, *record_);
    return {};
  }
  std::string body;
  if (!head_.spread()) {
    body = packed_body();
    if (exceeds(body.size(), txn_.limits().packed_max_bytes)) spread();
    else head_.body = body;
  }
  if (head_.spread()) save_spread();
  const bool head_is_as_stored =
      record_ && head_.spread() && record_->head.object == head_.object && record_->head.size == head_.size;
  if (!head_is_as_stored) txn_.put(key_, head_, record_ ? &*record_ : nullptr);
  head_.body = {};
  return {};
}

std::string SetWriter::packed_body() {
  std::vector<std::string_view> members;
  for (const Slot& slot : slots_) {
    if (slot.present) members.push_back(slot.name);
  }
  if (head_.encoding == Encoding::packed_intset) {
    std::sort(members.begin(), members.end(),
              [](std::string_view a, std::string_view b) { return parse_int64(a) < parse_int64(b); });
  }
  std::string body;
  for (std::string_view member : members) layout::append_packed(body, member);
  return body;
}

void SetWriter::save_spread() {
  for (const Slot& slot : slots_) {
    if (!slot.changed || slot.present == slot.stored) continue;
    const KeyBuffer key = layout::member_key(head_.object, slot.name);
    if (!slot.present) {
      txn_.erase_item(Column::items, key);
      continue;
    }
    txn_.put_item(Column::items, key, {});
    txn_.offer_pop_candidate(head_.object, slot.name, head_.size);
  }
}

}  // namespace basalt
