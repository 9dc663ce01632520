// Writes the items of a new spread collection, of any size, in bounded memory.
//
// The first kInTxnBytes go into the Txn. What comes after them is written ahead of the Txn's commit, batch by
// batch: nobody can see items whose object no head names. A garbage record protects the disk meanwhile: it is
// due in kAbandonedMs, and the commit erases it together with putting the head; when that commit never comes
// (an error, a crash), the collector removes the items once the record is due.
//
// Thread rules: belongs to one command and its Txn.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "keyspace/txn.h"

namespace basalt {

class ObjectWriter {
 public:
  static constexpr uint64_t kInTxnBytes = 4 << 20;
  static constexpr uint64_t kBatchBytes = 4 << 20;
  static constexpr int64_t kAbandonedMs = 24 * 60 * 60 * 1000;

  /// `key` is the one whose head will name the object; its lock is held. Without bytes in the Txn, cursors of the
  /// Txn may be open between the calls of put().
  ObjectWriter(Txn& txn, Key key, Type type, uint64_t in_txn_bytes = kInTxnBytes)
      : txn_(&txn), type_(type), object_(txn.new_object(key)), in_txn_bytes_(in_txn_bytes) {}

  ObjectId object() const { return object_; }
  /// Inline, WouldBlock when there is more than fits into the Txn.
  Result<void> put(Column column, std::string_view item_key, std::string_view value);
  /// Before the head is put. No cursor of the Txn is open.
  Result<void> finish();

 private:
  Result<void> write_ahead();
  std::string garbage_key() const;

  Txn* txn_;
  Type type_;
  ObjectId object_;
  uint64_t in_txn_bytes_;
  uint64_t bytes_ = 0;
  uint64_t count_ = 0;
  bool ahead_ = false;  // some items were written ahead
  Batch batch_;
};

/// The last step of making a whole collection: puts `head` as the key's value in the place of `previous` (what the key
/// has, of whatever type). `items` are those of a spread collection, not yet finished; without them `head` is put as it
/// is. No cursor of the Txn is open.
Result<void> put_collection(Txn& txn, Key key, Head head, std::optional<ObjectWriter>& items, const Record* previous);

/// Copies every record of the object `from` to a new object for `target`: items, scores and stream records,
/// whatever the type, in bounded memory. The caller holds both keys' locks and puts the head.
Result<ObjectId> copy_object(Txn& txn, ObjectId from, Key target, Type type);

}  // namespace basalt
