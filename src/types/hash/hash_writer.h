// Hashes as commands change them: changes are gathered, and save() puts them into the Txn.
//
// Invariants:
// 1. A hash is packed until it has more fields than hash-max-listpack-entries, a field or value longer
//    than hash-max-listpack-value, or a body beyond packed-max-bytes; then it is spread until deleted.
// 2. A spread hash has one row in `scores` for every field that expires (layout::field_expiry_key).
// 3. head.next_field_expiry_ms is not after the earliest time a field expires, and 0 only when none does.
//    It may be before it, when that field was deleted or its expiry cleared, so that this costs no
//    write of the head; the field expirer then puts it right.
//
// Thread rules: those of the Txn, which holds the key's lock. Arguments are borrowed until save().
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "keyspace/txn.h"
#include "layout/head.h"
#include "types/common/slot_table.h"

namespace basalt {

class HashWriter {
 public:
  /// `record` is what Txn::find gave; nullopt: there is no hash yet.
  HashWriter(Txn& txn, Key key, std::optional<Record> record);
  HashWriter(const HashWriter&) = delete;
  HashWriter& operator=(const HashWriter&) = delete;

  /// Fields, expired ones included. 0 after save(): the key is gone.
  uint64_t size() const { return head_.size; }

  /// The field as it is recorded, expired or not; borrowed until the next call.
  Result<std::optional<layout::FieldValue>> stored(std::string_view field);
  /// The field as readers see it. An expired one is removed first, with its events; when it was the only
  /// one, the key is deleted, and what follows makes a new one.
  Result<std::optional<layout::FieldValue>> live(std::string_view field);

  /// True when the field was not recorded before.
  Result<bool> set(std::string_view field, const layout::FieldValue& value);
  /// Changes when a field expires, whose `value` stored() just gave; 0: never.
  Result<void> set_expiry(std::string_view field, const layout::FieldValue& value, int64_t expire_ms);
  /// False when there was no such field recorded.
  Result<bool> erase(std::string_view field);
  /// Erases fields that have expired, at most `limit` of a spread hash; says how many. Afterwards
  /// next_field_expiry_ms is exact.
  Result<uint64_t> erase_expired(uint64_t limit);
  bool some_may_have_expired() const;

  /// Writes to the Txn what changed. A hash left without fields is deleted.
  Result<void> save();

 private:
  struct Slot {
    std::string_view name;
    layout::FieldValue value{};  ///< in a packed hash, and once changed
    int64_t stored_expire_ms = 0;
    bool stored = false;  ///< there is an item on disk
    bool present = false;
    bool changed = false;
  };

  Result<void> unpack();
  Result<std::optional<layout::FieldValue>> read_item(std::string_view field);
  Result<Slot*> slot_of(std::string_view field);
  bool too_large_to_pack(std::string_view field, std::string_view value) const;
  void spread();
  void start_anew();
  Result<uint64_t> erase_expired_packed();
  Result<uint64_t> erase_expired_spread(uint64_t limit);
  bool save_packed();
  void save_spread();
  void save_item(const Slot& slot);

  Txn& txn_;
  Key key_;
  std::optional<Record> record_;
  Head head_;
  SlotTable<Slot> slots_;
  Value item_;
  bool unpacked_ = false;  ///< a packed body's fields are in slots_
  bool no_items_ = true;   ///< spread by this very command: nothing of it is on disk
  bool changed_ = false;
};

/// Removes fields of a hash that have expired; true: more of them are left (Keyspace::set_field_expirer).
Result<bool> expire_hash_fields(Txn& txn, Key key, Record record);

}  // namespace basalt
