// Sets as commands change them: changes are gathered, and save() puts them into the Txn.
//
// A new set is a packed intset while it holds integers only and not more than set-max-intset-entries. Else it
// is packed, until it has more members than set-max-listpack-entries, one longer than
// set-max-listpack-value, or (as an intset too) a body beyond packed-max-bytes; then it is spread
// until deleted.
//
// Thread rules: those of the Txn, which holds the key's lock. Arguments are borrowed until save().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "keyspace/txn.h"
#include "layout/head.h"
#include "types/common/slot_table.h"

namespace basalt {

class SetWriter {
 public:
  /// `record` is what Txn::find gave; nullopt: there is no set yet.
  SetWriter(Txn& txn, Key key, std::optional<Record> record);
  /// Replaces whatever is there (`previous`, of any type) by a set that is empty as yet.
  struct Anew {
    int64_t expire_ms = 0;  ///< of the new set; 0: never
  };
  SetWriter(Txn& txn, Key key, std::optional<Record> previous, Anew anew);
  SetWriter(const SetWriter&) = delete;
  SetWriter& operator=(const SetWriter&) = delete;

  /// 0 after save(): the key is gone.
  uint64_t size() const { return head_.size; }
  Result<bool> contains(std::string_view member);
  /// False when it was there already.
  Result<bool> add(std::string_view member);
  /// False when it was not there.
  Result<bool> erase(std::string_view member);

  /// Writes to the Txn what changed. A set left without members is deleted.
  Result<void> save();

 private:
  struct Slot {
    std::string_view name;
    bool stored = false;  ///< there is an item on disk
    bool present = false;
    bool changed = false;
  };
  Result<void> unpack();
  Result<Slot*> slot_of(std::string_view member);
  void fit_encoding(std::string_view added);
  void spread();
  std::string packed_body();
  void save_spread();

  Txn& txn_;
  Key key_;
  std::optional<Record> record_;
  Head head_;
  SlotTable<Slot> slots_;
  bool unpacked_ = false;  ///< a packed body's members are in slots_
  bool no_items_ = false;  ///< nothing of the set as it will be is on disk yet
  bool changed_ = false;
};

}  // namespace basalt
