// One database's keys in order of slot and name, strings and heads merged, all at one moment.
//
// Thread rules: belongs to its Txn's thread, and must be gone before the Txn writes or ends. Inline, it
// gives up with WouldBlock after Txn::kInlineSteps moves.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "keyspace/txn.h"

namespace basalt {

class KeyWalk {
 public:
  /// Nowhere yet: seek first.
  static Result<KeyWalk> begin(Txn& txn, uint16_t db, bool fill_cache);

  /// To the first key at or behind `name` in `slot`, or in a later slot. Only ever forward, after the first.
  void seek(uint16_t slot, std::string_view name);
  /// To the last key of `slot` or of those before it.
  void seek_for_last(uint16_t slot);
  void next();
  /// No more keys: valid() is false from here on.
  void finish() { current_ = nullptr; }
  bool valid() const { return current_ != nullptr; }
  /// Once valid() is false: the end, or what went wrong.
  Result<void> status() const;

  // Of the key it stands on; valid until it moves.
  uint16_t slot() const;
  std::string_view name() const;
  struct Entry {
    Type type = Type::string;
    int64_t expire_ms = 0;
    bool live(int64_t now_ms) const { return expire_ms == 0 || now_ms <= expire_ms; }
  };
  Result<Entry> entry() const;

 private:
  KeyWalk(DbId db, std::unique_ptr<Snapshot> own, Cursor strings, Cursor heads);
  void choose();

  DbId db_;
  std::unique_ptr<Snapshot> own_;  // null when the Txn is frozen; the cursors borrow it
  std::unique_ptr<Cursor> strings_;
  std::unique_ptr<Cursor> heads_;
  const Cursor* current_ = nullptr;  // the one that stands on the smaller key
};

}  // namespace basalt
