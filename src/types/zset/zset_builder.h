// Makes a zset of elements that come one after the other, all different, in any order and in bounded memory: what
// ZUNIONSTORE and its kin store, while they still walk their sources.
//
// Thread rules: belongs to one command and its Txn, which holds the key's lock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "keyspace/txn.h"
#include "types/common/object_writer.h"

namespace basalt {

class ZsetBuilder {
 public:
  ZsetBuilder(Txn& txn, Key key) : txn_(txn), key_(key) {}

  /// Cursors of the Txn may be open.
  Result<void> add(std::string_view member, double score);
  /// Puts the zset in the place of whatever the key has, without an expiry, and fires `event`; one without
  /// elements only deletes the key. Gives how many there are. No cursor of the Txn is open.
  Result<uint64_t> save(std::string_view event);
  /// The same for one that has elements, with an expiry and without an event. `previous` is what the key has.
  Result<void> put_in_place(const Record* previous, int64_t expire_ms);

 private:
  static constexpr uint64_t kHeldBytes = 1 << 20;
  Result<void> put(std::string_view member, double score);
  bool may_be_packed(std::string_view body) const;

  Txn& txn_;
  Key key_;
  uint64_t size_ = 0;
  std::vector<std::pair<std::string, double>> held_;
  uint64_t held_bytes_ = 0;
  std::optional<ObjectWriter> items_;  // once more came than is held
};

}  // namespace basalt
