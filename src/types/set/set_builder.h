// Makes a set of members that come one after the other, all different, in bounded memory: what
// SUNIONSTORE and its kin store, while they still walk their sources.
//
// Thread rules: belongs to one command and its Txn, which holds the key's lock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "keyspace/txn.h"
#include "types/common/object_writer.h"

namespace basalt {

class SetBuilder {
 public:
  SetBuilder(Txn& txn, Key key) : txn_(txn), key_(key) {}

  /// Cursors of the Txn may be open.
  Result<void> add(std::string_view member);
  /// Puts the set in the place of `previous`, of whatever type; one without members only takes that away. Says
  /// how many members there are. No cursor of the Txn is open.
  Result<uint64_t> save(std::optional<Record> previous, int64_t expire_ms = 0);

 private:
  static constexpr uint64_t kHeldBytes = 1 << 20;
  Result<void> put(std::string_view member);

  Txn& txn_;
  Key key_;
  uint64_t size_ = 0;
  std::vector<std::string> held_;
  uint64_t held_bytes_ = 0;
  std::optional<ObjectWriter> items_;  // once more came than is held
};

}  // namespace basalt
